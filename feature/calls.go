package feature

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/inkling-sec/inkling"
)

// A sequence of calls is a text of names or numbers, one after the other, with anything but letters, digits
// and "_.:!$@?-" between them. What is made of it: how long and how varied it is, and how often each call and each pair of calls
// comes, each hashed into one of a fixed number of buckets, so that calls need not be known beforehand. Counts,
// many buckets of single calls, few of pairs and none of triples found most on the development families of
// mal-api-2019: shares, and more buckets of longer ones, found less.

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

// sequenceContract is the contract of a family of sequences of calls, by its name; word is what people call one of its calls.
func sequenceContract(name string, version int, word string) *Contract {
	f := []Feature{
		cLength:   {Name: "length", Unit: word + "s", Doc: "in the sequence; " + strconv.Itoa(callsMost) + " at most are looked at", Attacker: true},
		cDistinct: {Name: "distinct", Unit: word + "s", Doc: "different ones"},
		cEntropy:  {Name: "entropy", Unit: "bits", Doc: "of the shares of the different ones"},
		cPairs:    {Name: "pairs", Unit: "%", Doc: "different pairs of one after the other, of all pairs; low in loops", Attacker: true},
		cTop:      {Name: "top", Unit: "%", Doc: "share of the commonest", Attacker: true},
		cRepeated: {Name: "repeated", Unit: "%", Doc: "share of those that are the same as the one before", Attacker: true},
		cRun:      {Name: "run", Unit: word + "s", Doc: "longest run of the same", Attacker: true},
		cLateNew:  {Name: "late_new", Unit: "%", Doc: "of the different ones, those that first come in the second half", Attacker: true},
	}
	for n, buckets := range callGrams {
		gram, doc := [...]string{"one", "pair"}[n], [...]string{word + "s", "pairs of one " + word + " after the other"}[n]
		for b := range buckets {
			f = append(f, Feature{Name: gram + "." + strconv.Itoa(b), Unit: "times", Doc: doc + " whose names hash to this bucket", Attacker: true})
		}
	}
	return &Contract{Name: name, Version: version, Features: f}
}

// sequences makes rows of sequences of calls.
type sequences struct {
	contract *Contract
	field    string // that holds the sequence
	schema   *inkling.Schema
	at       int
	seen     map[uint64]int  // calls
	pairs    map[uint64]bool // of calls
	hashes   []uint64
}

// newSequences makes an extractor of a contract of [sequenceContract], whose records hold a sequence in that field.
func newSequences(c *Contract, field string) Extractor {
	return &sequences{contract: c, field: field, seen: map[uint64]int{}, pairs: map[uint64]bool{}}
}

func (x *sequences) Contract() *Contract { return x.contract }

func (x *sequences) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(x.contract, r.Schema, "name the column of the sequence "+x.field+": calls with spaces or commas between them", x.field)
		if err != nil {
			return err
		}
		if r.Schema.Fields[at[0]].Kind != inkling.Text {
			return &inkling.Error{Code: inkling.Invalid, Place: "schema " + r.Schema.Name, What: x.field + " is no text", Remedy: "give the sequence as text"}
		}
		x.schema, x.at = r.Schema, at[0]
	}
	x.hashes = hashCalls(x.hashes[:0], r.Text[x.at], callsMost)
	if len(x.hashes) == 0 {
		return unusable(r, x.field+": no call", "leave empty sequences out")
	}
	x.whole(dst)
	x.grams(dst[callsFixed:])
	return nil
}

// whole writes what is told of the sequence as a whole.
func (x *sequences) whole(dst []float64) {
	clear(x.seen)
	clear(x.pairs)
	n := len(x.hashes)
	repeated, run, most, top, late := 0, 1, 1, 0, 0
	for i, h := range x.hashes {
		if x.seen[h] == 0 && i >= n/2 {
			late++
		}
		x.seen[h]++
		top = max(top, x.seen[h])
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
		most = max(most, run)
	}
	links := max(1, float64(n-1)) // between calls
	dst[cLength], dst[cDistinct], dst[cRun] = float64(n), float64(len(x.seen)), float64(most)
	dst[cPairs], dst[cRepeated] = 100*float64(len(x.pairs))/links, 100*float64(repeated)/links
	dst[cTop], dst[cLateNew] = 100*float64(top)/float64(n), 100*float64(late)/float64(len(x.seen))
	dst[cEntropy] = x.entropy(n)
}

// entropy gives the entropy of n calls in bits. It sums by rising count: a map's order would change the last digits from run to run.
func (x *sequences) entropy(n int) float64 {
	counts := slices.Sorted(maps.Values(x.seen))
	sum := 0.0
	for _, c := range counts {
		sum += float64(c) * math.Log2(float64(c))
	}
	return max(0, math.Log2(float64(n))-sum/float64(n))
}

// grams counts in the buckets.
func (x *sequences) grams(dst []float64) {
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
