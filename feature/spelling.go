package feature

import (
	_ "embed"
	"math"
	"strings"
	"sync"
)

// words are common English words and names of hosts, one a line, written for this. The rows of the dns contract depend on
// them: another list is another version.
//
//go:embed words.txt
var words string

// Symbols of the model of common names: a to z, a digit, a hyphen or underscore, and what begins and ends a name.
const (
	symbolDigit = 26 + iota
	symbolHyphen
	symbolEdge
	symbolOther
	symbols
)

func symbol(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= '0' && c <= '9':
		return symbolDigit
	case c == '-' || c == '_':
		return symbolHyphen
	}
	return symbolOther
}

// language is what pairs and triples of symbols the words have.
type language struct {
	surprise [symbols][symbols]float64 // bits of the second symbol after the first
	triples  [symbols * symbols * symbols]bool
}

// common is the model of the words: pairs with half a count for those that none of them has.
var common = sync.OnceValue(func() *language {
	l := &language{}
	for w := range strings.Lines(words) {
		before, last := symbolEdge, symbolEdge
		w = strings.TrimSpace(w)
		for i := range len(w) + 1 {
			s := symbolEdge
			if i < len(w) {
				s = symbol(w[i])
			}
			l.surprise[last][s]++
			l.triples[(before*symbols+last)*symbols+s] = true
			before, last = last, s
		}
	}
	for i := range l.surprise {
		row, sum := &l.surprise[i], 0.0
		for s := range row {
			row[s] += 0.5
			sum += row[s]
		}
		for s := range row {
			row[s] = math.Log2(sum / row[s])
		}
	}
	return l
})

// spelling is what the characters of a text tell. Shares are in percent.
type spelling struct {
	length, entropy, distinct float64
	digits, upper, odd        float64 // odd: neither letter nor digit nor hyphen
	vowels                    float64 // of the letters
	consonants                float64 // longest run of letters without a vowel
	changes                   float64 // from letter to digit and back
	surprise                  float64 // bits a symbol under the model of common words
	triples                   float64 // runs of three symbols that a common word has
}

// spell reads a text; one that is empty has no spelling: all but its length is missing.
func spell(b []byte) spelling {
	if len(b) == 0 {
		n := math.NaN()
		return spelling{0, n, n, n, n, n, n, n, n, n, n}
	}
	var s spelling
	var counts [256]int
	l, before, last, run, letters, vowels, known := common(), symbolEdge, symbolEdge, 0, 0, 0, 0
	for i, c := range b {
		counts[c]++
		k := symbol(c)
		if c >= 'A' && c <= 'Z' {
			s.upper++
		}
		run++
		switch {
		case k < 26:
			letters++
			if strings.IndexByte("aeiouy", 'a'+byte(k)) >= 0 {
				vowels++
				run = 0
			}
		case k == symbolDigit:
			s.digits++
			run = 0
		default:
			if k == symbolOther {
				s.odd++
			}
			run = 0
		}
		s.consonants = max(s.consonants, float64(run))
		if i > 0 && (k < 26 && last == symbolDigit || k == symbolDigit && last < 26) {
			s.changes++
		}
		s.surprise += l.surprise[last][k]
		if l.triples[(before*symbols+last)*symbols+k] {
			known++
		}
		before, last = last, k
	}
	s.surprise += l.surprise[last][symbolEdge]
	if l.triples[(before*symbols+last)*symbols+symbolEdge] {
		known++
	}
	n := float64(len(b))
	s.length, s.surprise, s.triples = n, s.surprise/(n+1), percent(known, len(b)+1)
	s.digits, s.upper, s.odd, s.vowels = 100*s.digits/n, 100*s.upper/n, 100*s.odd/n, percent(vowels, letters)
	s.entropy, s.distinct = bytesEntropy(&counts, n)
	s.distinct = 100 * s.distinct / n
	return s
}

// bytesEntropy gives the bits a byte and how many different ones there are.
func bytesEntropy(counts *[256]int, n float64) (bits, distinct float64) {
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / n
			bits -= p * math.Log2(p)
			distinct++
		}
	}
	return bits, distinct
}
