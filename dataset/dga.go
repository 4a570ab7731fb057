package dataset

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Campaign gives names of one piece of malware, which has one way to make them and settings of its own.
type Campaign func(rng *rand.Rand) string

// Campaigns are ways in which malware makes names, each of our own code after the idea of published ones (Plohmann et al. 2016 describe
// them): what they give is simulated.
var Campaigns = []struct {
	Kind string
	New  func(rng *rand.Rand) Campaign
}{
	{"dga-letters", letters},
	{"dga-hex", hexed},
	{"dga-syllables", syllables},
	{"dga-words", worded},
	{"dga-mutated", mutated},
	{"tunnel-hex", func(rng *rand.Rand) Campaign {
		return tunnel(rng, func(b []byte) string { return hex.EncodeToString(b) })
	}},
	{"tunnel-base32", func(rng *rand.Rand) Campaign {
		return tunnel(rng, func(b []byte) string {
			return strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString(b), "="))
		})
	}},
}

// Words are of everyday English; names of some campaigns and of example data are made of them.
var Words = strings.Fields(`amber anchor autumn bakery banner barrel basin beacon birch bishop blossom bottle branch bridge bronze butter cabin candle canyon carpet castle
 cedar cellar chapel cherry circle clover cobalt comet copper corner cotton cradle crater crystal dagger dairy desert dinner dolphin dragon drawer eagle ember engine
 falcon feather fender fiddle finger flower forest fossil fountain garden garlic ginger glacier granite gravel hammer harbor harvest hazel helmet hollow honey hunter island
 jacket jasper jungle kettle kitchen ladder lantern laurel lemon linen lizard lumber magnet maple marble meadow mirror monkey morning mountain muffin needle nickel number
 olive orchard otter oyster paddle palace paper pepper pilot pillow planet pocket pony potato powder prairie puzzle quarry quartz rabbit raven ribbon river rocket saddle
 salmon sandal scarlet shadow shelter silver sparrow spider spring stable stone summer sunset tailor temple thimble thunder timber travel tulip turtle valley velvet
 violet walnut wander warden water willow window winter wonder yellow answer borrow carry follow gather happen listen measure notice offer promise question remain settle suffer`)

// letterOf picks one of the letters of s at random.
func letterOf(rng *rand.Rand, s string) byte { return s[rng.IntN(len(s))] }

func oneOf(rng *rand.Rand, s ...string) string { return s[rng.IntN(len(s))] }

// suffixes gives the few that a campaign uses.
func suffixes(rng *rand.Rand) []string {
	all := []string{"com", "com", "com", "net", "org", "info", "biz", "ru", "cc", "eu", "top", "xyz", "co.uk"}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+rng.IntN(4)]
}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

// letters are drawn one by one, as Conficker and Kraken drew them.
func letters(rng *rand.Rand) Campaign {
	least, spread, end, from := 6+rng.IntN(6), 1+rng.IntN(8), suffixes(rng), alphabet[:18+rng.IntN(9)]
	return func(rng *rand.Rand) string {
		b := make([]byte, least+rng.IntN(spread))
		for i := range b {
			b[i] = letterOf(rng, from)
		}
		return string(b) + "." + oneOf(rng, end...)
	}
}

// hexed is the digits of a hash, as in Bamital and some kinds of Gameover.
func hexed(rng *rand.Rand) Campaign {
	n, end := 8+rng.IntN(25), suffixes(rng)
	return func(rng *rand.Rand) string {
		return fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64())[:n] + "." + oneOf(rng, end...)
	}
}

// syllables can be spoken: a consonant, a vowel and so on, as in Pushdo and Simda.
func syllables(rng *rand.Rand) Campaign {
	n, end := 3+rng.IntN(3), suffixes(rng)
	vowels, consonants := oneOf(rng, "aeiou", "aeiouy", "aeiuy"), "bcdfghjklmnpqrstvwxz"[rng.IntN(4):17+rng.IntN(4)]
	open := rng.IntN(2) == 0
	return func(rng *rand.Rand) string {
		var b []byte
		for range n {
			b = append(b, letterOf(rng, consonants), letterOf(rng, vowels))
		}
		if !open {
			b = append(b, letterOf(rng, consonants))
		}
		return string(b) + "." + oneOf(rng, end...)
	}
}

// worded joins words of a list, as in Suppobox and Matsnu.
func worded(rng *rand.Rand) Campaign {
	n, end, between := 2+rng.IntN(2), suffixes(rng), oneOf(rng, "", "", "-")
	own := make([]string, 60)
	for i := range own {
		own[i] = oneOf(rng, Words...)
	}
	return func(rng *rand.Rand) string {
		var w []string
		for range n {
			w = append(w, oneOf(rng, own...))
		}
		return strings.Join(w, between) + "." + oneOf(rng, end...)
	}
}

// mutated changes some letters of one domain again and again, as in Banjori.
func mutated(rng *rand.Rand) Campaign {
	seed, end, changed := []byte(oneOf(rng, Words...)+oneOf(rng, Words...)), suffixes(rng), 3+rng.IntN(3)
	return func(rng *rand.Rand) string {
		for i := range changed {
			seed[i] = letterOf(rng, alphabet)
		}
		return string(seed) + "." + oneOf(rng, end...)
	}
}

// tunnel writes what it carries below one domain, as iodine and dnscat2 do: some settings carry much a query, some little.
func tunnel(rng *rand.Rand, encode func([]byte) string) Campaign {
	domain, most, count := oneOf(rng, Words...)+oneOf(rng, "", oneOf(rng, Words...))+"."+oneOf(rng, suffixes(rng)...), 12+rng.IntN(100), rng.IntN(2) == 0
	n := 0
	return func(rng *rand.Rand) string {
		payload := make([]byte, most/3+rng.IntN(1+2*most/3))
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		text, b := encode(payload), strings.Builder{}
		if n++; count {
			fmt.Fprintf(&b, "%x.", n)
		}
		for len(text) > 0 {
			part := text[:min(len(text), 60)]
			b.WriteString(part + ".")
			text = text[len(part):]
		}
		return b.String() + domain
	}
}
