package feature

import "math/rand/v2"

// keyIndex tells under which numbers keys are kept. Keys are hashes already, and are kept where the numbers point: so open
// addressing with linear probing (Knuth, TAOCP 3, 6.4) looks at one place in memory for a key, where a Go map looks at two or
// three, far apart, with another hash. Where a key falls nobody can foresee, or flood.
type keyIndex struct {
	seed  key
	slots []keySlot // a power of two, at most three quarters of them taken
	n     int
}

// keySlot is a key's tag and its number, plus one: 0 where there is none.
type keySlot struct {
	tag uint32
	at  int32
}

func newKeyIndex() keyIndex { return keyIndex{seed: key{rand.Uint64(), rand.Uint64()}} }

// tag tells most keys apart, and where they begin to be looked for.
func (x *keyIndex) tag(k key) uint32 { return uint32(mix(k[0]^x.seed[0], k[1]^x.seed[1])) }

// keySearch goes through the numbers of keys with one tag.
type keySearch struct {
	slots    []keySlot
	tag, pos uint32
}

func (x *keyIndex) from(tag uint32) keySearch { return keySearch{x.slots, tag, tag} }

// next gives the next number, -1 where there is no more.
func (s *keySearch) next() int32 {
	for len(s.slots) > 0 {
		slot := s.slots[s.pos&uint32(len(s.slots)-1)]
		s.pos++
		if slot.at == 0 || slot.tag == s.tag {
			return slot.at - 1
		}
	}
	return -1
}

// add puts in a number, of a key that has none.
func (x *keyIndex) add(tag uint32, at int32) {
	if 4*(x.n+1) > 3*len(x.slots) {
		old := x.slots
		x.slots = make([]keySlot, max(8, 2*len(old)))
		for _, s := range old {
			if s.at > 0 {
				x.put(s)
			}
		}
	}
	x.put(keySlot{tag, at + 1})
	x.n++
}

func (x *keyIndex) put(s keySlot) {
	mask := uint32(len(x.slots) - 1)
	i := s.tag & mask
	for x.slots[i].at != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// remove takes out a number that is there. Those behind it that would not be found across the gap move up.
func (x *keyIndex) remove(tag uint32, at int32) {
	mask := uint32(len(x.slots) - 1)
	gap := tag & mask
	for x.slots[gap].at != at+1 {
		gap = (gap + 1) & mask
	}
	for i := (gap + 1) & mask; x.slots[i].at != 0; i = (i + 1) & mask {
		if home := x.slots[i].tag & mask; (i-home)&mask >= (i-gap)&mask {
			x.slots[gap], gap = x.slots[i], i
		}
	}
	x.slots[gap] = keySlot{}
	x.n--
}
