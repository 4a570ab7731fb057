package feature

import (
	"bytes"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling"
)

// The host contract: what is learned of the system calls that a process made. A record has them in the column "calls", in
// order, as numbers or names with spaces or commas between. Runs of one, two and three calls are hashed into a fixed
// number of buckets, so calls that no benign trace has change the row too, and any system's numbers will do.

const (
	hostName    = "host"
	hostVersion = 1
)

// hostBuckets is how many buckets runs of one, two and three calls share.
var hostBuckets = [...]int{64, 32, 8}

// Positions in a row, before the buckets.
const (
	hCalls = iota
	hDistinct
	hEntropy
	hPairs
	hPairEntropy
	hRepeats
	hLongestRun
	hCommonest
	hBuckets
)

var hostContract = makeHost()

func makeHost() *Contract {
	f := []Feature{
		hCalls:       {Name: "calls", Unit: "calls", Doc: "length of the trace"},
		hDistinct:    {Name: "distinct", Unit: "calls", Doc: "different calls"},
		hEntropy:     {Name: "entropy", Unit: "bits", Doc: "Shannon entropy of the calls"},
		hPairs:       {Name: "pairs", Unit: "pairs", Doc: "different pairs of a call and the next"},
		hPairEntropy: {Name: "pair_entropy", Unit: "bits", Doc: "Shannon entropy of these pairs"},
		hRepeats:     {Name: "repeats", Unit: "%", Doc: "calls that are the same as the one before"},
		hLongestRun:  {Name: "longest_run", Unit: "calls", Doc: "most times in a row that one call was made"},
		hCommonest:   {Name: "commonest", Unit: "%", Doc: "calls that are the commonest one"},
	}
	for i, doc := range []string{"calls", "pairs of calls in a row", "three calls in a row"} {
		for b := range hostBuckets[i] {
			f = append(f, Feature{Name: fmt.Sprintf("run%d.%02d", i+1, b), Unit: "%", Doc: fmt.Sprintf("%s whose hash falls into bucket %d of %d", doc, b, hostBuckets[i])})
		}
	}
	for i := range f {
		f[i].Attacker = true // who runs code chooses its calls
	}
	return &Contract{Name: hostName, Version: hostVersion, Features: f}
}

// host makes rows of the host contract. It remembers nothing of earlier records.
type host struct {
	schema *inkling.Schema // that calls is for
	calls  int
	count  [2]map[key]int // of calls and of pairs
}

func newHost() Extractor { return &host{count: [2]map[key]int{{}, {}}} }

func (*host) Contract() *Contract { return hostContract }

func (x *host) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(hostContract, r.Schema, "give it a table with a column calls: the calls of a process in order, with spaces between", "calls")
		if err != nil {
			return err
		}
		if r.Schema.Fields[at[0]].Kind != inkling.Text {
			return inkling.Errorf(inkling.Invalid, "schema "+r.Schema.Name, "contract host needs field calls to be text")
		}
		x.schema, x.calls = r.Schema, at[0]
	}
	clear(dst)
	clear(x.count[0])
	clear(x.count[1])
	var before [2]key // the call before and the one before that
	n, run, longest, repeats := 0, 0, 0, 0
	for call := range bytes.FieldsFuncSeq(r.Text[x.calls], betweenCalls) {
		k := hash128(call)
		run++
		if n > 0 && k == before[0] {
			repeats++
		} else {
			run = 1
		}
		longest = max(longest, run)
		x.count[0][k]++
		at := hBuckets
		dst[at+keyBucket(k, hostBuckets[0])]++
		if n > 0 {
			pair := before[0].with(k)
			x.count[1][pair]++
			at += hostBuckets[0]
			dst[at+keyBucket(pair, hostBuckets[1])]++
			if n > 1 {
				dst[at+hostBuckets[1]+keyBucket(before[1].with(pair), hostBuckets[2])]++
			}
		}
		before[0], before[1] = k, before[0]
		n++
	}
	if n == 0 {
		return unusable(r, "calls: no system call", "leave empty traces out")
	}
	most := 0
	dst[hEntropy], most = entropy(x.count[0], n)
	dst[hPairEntropy], _ = entropy(x.count[1], n-1)
	dst[hCalls], dst[hDistinct], dst[hPairs], dst[hLongestRun] = float64(n), float64(len(x.count[0])), float64(len(x.count[1])), float64(longest)
	dst[hRepeats], dst[hCommonest] = percent(repeats, n-1), percent(most, n)
	at := hBuckets
	for i, buckets := range hostBuckets {
		for b := range buckets {
			dst[at+b] = 100 * share(dst[at+b], float64(max(n-i, 0)))
		}
		at += buckets
	}
	return nil
}

func betweenCalls(r rune) bool {
	return r == ' ' || r == ',' || r == '\t' || r == '\n' || r == '\r' || r == ';'
}

func keyBucket(k key, of int) int { return int(k[0] % uint64(of)) }

func percent(part, whole int) float64 { return 100 * share(float64(part), float64(whole)) }

// entropy gives the bits of counts that add up to n, and the greatest of them. Sums run by size, so that the order of a map does not show.
func entropy[K comparable](counts map[K]int, n int) (bits float64, most int) {
	sizes := map[int]int{}
	for _, c := range counts {
		sizes[c]++
		most = max(most, c)
	}
	for c := 1; c <= most; c++ {
		if k := sizes[c]; k > 0 {
			p := float64(c) / float64(n)
			bits -= float64(k) * p * math.Log2(p)
		}
	}
	return bits, most
}
