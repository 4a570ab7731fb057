package feature

import (
	"math/bits"
	"strconv"

	"github.com/inkling-sec/inkling"
)

// The contract of a program's calls of the operating system's functions, as a sandbox writes them down: a text of names or numbers,
// one after the other, with anything but letters, digits and "_.:!$@?-" between them. What is made of it: how long and how varied
// it is, and how often each call and each pair of calls comes, each hashed into one of a fixed number of buckets, so that calls need
// not be known beforehand. Counts, many buckets of single calls, few of pairs and none of triples found most on the development
// families of mal-api-2019: shares, and more buckets of longer ones, found less. Never an input: what the program is called, when it ran.

const (
	apiName    = "api"
	apiVersion = 1
)

// callsMost is the most calls of a sequence that are looked at.
const callsMost = 1 << 16

// callGrams are the buckets of single calls and of pairs of them.
var callGrams = [...]int{256, 64}

// Positions in a row before the buckets.
const (
	cLength = iota
	cDistinct
	cEntropy
	cPairs
	cTop
	cRepeated
	cRun
	cLateNew
	callsFixed
)

var apiContract = makeAPI()

func makeAPI() *Contract {
	f := []Feature{
		cLength:   {Name: "length", Unit: "calls", Doc: "in the sequence; " + strconv.Itoa(callsMost) + " at most are looked at", Attacker: true},
		cDistinct: {Name: "distinct", Unit: "calls", Doc: "different ones"},
		cEntropy:  {Name: "entropy", Unit: "bits", Doc: "of the shares of the different ones"},
		cPairs:    {Name: "pairs", Unit: "%", Doc: "different pairs of one after the other, of all pairs; low in loops", Attacker: true},
		cTop:      {Name: "top", Unit: "%", Doc: "share of the commonest", Attacker: true},
		cRepeated: {Name: "repeated", Unit: "%", Doc: "share of those that are the same as the one before", Attacker: true},
		cRun:      {Name: "run", Unit: "calls", Doc: "longest run of the same", Attacker: true},
		cLateNew:  {Name: "late_new", Unit: "%", Doc: "of the different ones, those that first come in the second half", Attacker: true},
	}
	for n, buckets := range callGrams {
		gram, doc := [...]string{"one", "pair"}[n], [...]string{"calls", "pairs of one call after the other"}[n]
		for b := range buckets {
			f = append(f, Feature{Name: gram + "." + strconv.Itoa(b), Unit: "times", Doc: doc + " whose names hash to this bucket", Attacker: true})
		}
	}
	return &Contract{Name: apiName, Version: apiVersion, Features: f}
}

// api makes rows of the contract. It remembers nothing of earlier records.
type api struct {
	schema *inkling.Schema
	at     int             // of the field "calls"
	seen   map[uint64]int  // calls
	pairs  map[uint64]bool // of calls
	hashes []uint64
}

func newAPI() Extractor { return &api{seen: map[uint64]int{}, pairs: map[uint64]bool{}} }

func (*api) Contract() *Contract { return apiContract }

func (x *api) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(apiContract, r.Schema, "name the column of the sequence calls: calls with spaces or commas between them", "calls")
		if err != nil {
			return err
		}
		if r.Schema.Fields[at[0]].Kind != inkling.Text {
			return &inkling.Error{Code: inkling.Invalid, Place: "schema " + r.Schema.Name, What: "calls is no text", Remedy: "give the sequence as text"}
		}
		x.schema, x.at = r.Schema, at[0]
	}
	x.hashes = hashCalls(x.hashes[:0], r.Text[x.at], callsMost)
	if len(x.hashes) == 0 {
		return unusable(r, "calls: no call", "leave empty sequences out")
	}
	x.whole(dst)
	x.grams(dst[callsFixed:])
	return nil
}

// whole writes what is told of the sequence as a whole.
func (x *api) whole(dst []float64) {
	clear(x.seen)
	clear(x.pairs)
	n := len(x.hashes)
	repeated, run, longest, late := 0, 1, 1, 0
	for i, h := range x.hashes {
		if x.seen[h] == 0 && i >= n/2 {
			late++
		}
		x.seen[h]++
		if i == 0 {
			continue
		}
		before := x.hashes[i-1]
		x.pairs[gram(before, h)] = true
		if run++; before != h {
			run = 1
		} else {
			repeated++
		}
		longest = max(longest, run)
	}
	bits, most := entropy(x.seen, n)
	dst[cLength], dst[cDistinct], dst[cRun] = float64(n), float64(len(x.seen)), float64(longest)
	dst[cPairs], dst[cRepeated] = percent(len(x.pairs), n-1), percent(repeated, n-1)
	dst[cEntropy], dst[cTop], dst[cLateNew] = bits, percent(most, n), percent(late, len(x.seen))
}

// grams counts in the buckets.
func (x *api) grams(dst []float64) {
	clear(dst)
	for n, buckets := range callGrams {
		for i := range max(0, len(x.hashes)-n) {
			h := x.hashes[i]
			for _, next := range x.hashes[i+1 : i+1+n] {
				h = gram(h, next)
			}
			dst[bucket(h, buckets)]++
		}
		dst = dst[buckets:]
	}
}

// hashCalls appends the hashes of at most most calls of a text to dst.
func hashCalls(dst []uint64, text []byte, most int) []uint64 {
	h, in := uint64(fnvOffset), false
	for i := 0; i <= len(text) && len(dst) < most; i++ {
		switch {
		case i < len(text) && ofCall[text[i]]:
			h, in = (h^uint64(text[i]))*fnvPrime, true
		case in:
			dst = append(dst, h)
			h, in = fnvOffset, false
		}
	}
	return dst
}

// ofCall says which bytes names of calls are made of.
var ofCall = func() (of [256]bool) {
	for c := range of {
		of[c] = c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for _, c := range []byte("_.:!$@?-") {
		of[c] = true
	}
	return of
}()

// FNV-1a of 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// gram hashes two hashes in that order.
func gram(a, b uint64) uint64 { return (bits.RotateLeft64(a, 23)*0x9e3779b97f4a7c15 ^ b) * fnvPrime }

// bucket gives one of n buckets. The finalizer is that of MurmurHash3: FNV's low bits are poor.
func bucket(h uint64, n int) int {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return int((h ^ h>>33) % uint64(n))
}
