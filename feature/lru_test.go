package feature

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a segmented LRU by slices, newest first.
type model struct {
	most int
	part [2][]key
}

func (m *model) get(k key) (had bool) {
	for p := range m.part {
		if i := slices.Index(m.part[p], k); i >= 0 {
			m.part[p] = slices.Delete(m.part[p], i, i+1)
			m.part[proven] = slices.Insert(m.part[proven], 0, k)
			if n := len(m.part[proven]); n > max(1, m.most*3/4) {
				m.part[probation] = slices.Insert(m.part[probation], 0, m.part[proven][n-1])
				m.part[proven] = m.part[proven][:n-1]
			}
			return true
		}
	}
	if len(m.part[0])+len(m.part[1]) == m.most {
		p := probation
		if len(m.part[p]) == 0 {
			p = proven
		}
		m.part[p] = m.part[p][:len(m.part[p])-1]
	}
	m.part[probation] = slices.Insert(m.part[probation], 0, k)
	return false
}

// A table of any size keeps what its description says, in that order, before and after it is saved; a key that was put out begins anew.
func TestLRU(t *testing.T) {
	for _, most := range []int{1, 2, 3, 4, 7, 256, 257} {
		r := rand.New(rand.NewPCG(uint64(most), 2))
		l, m := newLRU[int64](most), &model{most: most}
		for step := range 6 * most * 20 {
			k := key{r.Uint64N(uint64(2*most + 1)), uint64(r.IntN(2))}
			if r.IntN(3) == 0 {
				k[0] = uint64(r.IntN(1 + most/2))
			}
			leaving := l.leaving(k)
			v, had := l.get(k), m.get(k)
			if leaving != nil && leaving != v {
				t.Fatalf("most %d, step %d: another made room than was said", most, step)
			}
			if had != (*v == int64(k[0]+1)) || !had && *v != 0 {
				t.Fatalf("most %d, step %d: %v had: %v, value %d", most, step, k, had, *v)
			}
			*v = int64(k[0] + 1)
			if step%37 == 0 {
				saved := l.save(nil)
				again := newLRU[int64](most)
				if rest, ok := again.load(saved); !ok || len(rest) > 0 || !slices.Equal(again.save(nil), saved) {
					t.Fatalf("most %d, step %d: not loaded as saved", most, step)
				}
				l = again
			}
			if l.index.n != l.used || l.used > most || len(l.blocks) != (l.used+block-1)/block {
				t.Fatalf("most %d, step %d: %d keys, %d used in %d blocks", most, step, l.index.n, l.used, len(l.blocks))
			}
			for p := range l.part {
				if got := keysOf(l, p); !slices.Equal(got, m.part[p]) || l.part[p].n != len(got) {
					t.Fatalf("most %d, step %d, part %d: %v, want %v", most, step, p, got, m.part[p])
				}
			}
		}
	}
}

// keysOf gives the keys of a part, newest first, as both directions of its list have them.
func keysOf[T any](l *lru[T], part int) (keys []key) {
	for i := l.part[part].newest; i >= 0; i = l.links[i].older {
		keys = append(keys, l.node(i).key)
	}
	var back []key
	for i := l.part[part].oldest; i >= 0; i = l.links[i].newer {
		back = append(back, l.node(i).key)
	}
	slices.Reverse(back)
	if !slices.Equal(keys, back) {
		return nil
	}
	return keys
}

// A copy in which any one byte is another is refused, or the table works on: counts, links and parts that lie are told.
func TestLRULoadsWhole(t *testing.T) {
	const most = 6
	l := newLRU[recent](most)
	for _, k := range []uint64{1, 2, 3, 1, 2, 4, 5, 1, 6, 7} {
		l.get(key{k}).add(key{k}, 1)
	}
	saved := l.save(nil)
	if rest, ok := newLRU[recent](most).load(saved); !ok || len(rest) > 0 {
		t.Fatal("not loaded as saved")
	}
	refused := 0
	for i := range saved {
		for _, v := range []byte{0, 1, 2, 5, 6, 7, 32, 33, 127, 128, 255} {
			b := slices.Clone(saved)
			b[i] = v
			again := newLRU[recent](most)
			if rest, ok := again.load(b); !ok || len(rest) > 0 {
				refused++
				continue
			}
			if len(keysOf(again, probation))+len(keysOf(again, proven)) != again.used || again.index.n != again.used {
				t.Fatalf("byte %d is %d: a list is cut, or a key is there twice", i, v)
			}
			for k := range uint64(20) {
				again.get(key{k % 9}).add(key{k}, 2)
			}
		}
	}
	for part := range 2 {
		b := slices.Clone(saved)
		copy(b[16+12*part:], []byte{255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0})
		if _, ok := newLRU[recent](most).load(b); ok {
			t.Errorf("part %d is empty, and its nodes are in none: taken", part)
		}
	}
	if refused < 1000 {
		t.Errorf("only %d were refused", refused)
	}
}

// Values of which a part would be looked for beyond them are told from those that extractors leave.
func TestSound(t *testing.T) {
	late := recent{n: recents + 1}
	rising := track{n: 2}
	rising.frames[0].Number, rising.frames[1].Number = 3, 4
	for i, v := range []placing{
		&track{}, &rising, &points{}, &points{n: 7}, &seriesState{}, &seriesState{met: true, year: yearMonths}, &recent{}, &recent{n: recents, pos: recents - 1},
		&customerState{}, &terminalState{}, &holderState{}, &networkState{},
	} {
		if !v.sound() {
			t.Errorf("%d: %T is refused", i, v)
		}
	}
	for i, v := range []placing{
		&track{n: -1}, &track{n: TrackFrames + 1}, &track{n: math.MaxInt}, &track{n: 2}, &points{n: -1}, &points{n: math.MaxInt},
		&seriesState{met: true}, &seriesState{met: true, year: math.MaxInt}, &seriesState{met: true, year: yearWeeks, now: -1}, &seriesState{met: true, year: yearWeeks, now: math.MaxInt},
		&late, &recent{n: -1}, &recent{pos: -1}, &recent{pos: recents}, &customerState{places: late}, &terminalState{customers: late},
		&holderState{devices: late}, &holderState{networks: late}, &holderState{countries: late}, &networkState{accounts: late},
	} {
		if v.sound() {
			t.Errorf("%d: %T is taken", i, v)
		}
	}
}

// FuzzLoadMemory takes over copies whose checksum is right and nothing else need be: they are refused, or rows are made with them.
func FuzzLoadMemory(f *testing.F) {
	for i := range Families {
		x, records := Families[i].New(), some(&Families[i], 40)
		row := make([]float64, len(x.Contract().Features))
		for k := range records {
			x.Extract(row, &records[k])
		}
		if saved := SaveMemory(x); saved != nil {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range 60 {
				f.Add(uint8(i), r.Uint32(), r.Uint64(), uint8(r.IntN(8)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, family uint8, at uint32, value uint64, width uint8) {
		fam := &Families[int(family)%len(Families)]
		x, records := fam.New(), some(fam, 80)
		row := make([]float64, len(x.Contract().Features))
		for k := range records[:40] {
			x.Extract(row, &records[k])
		}
		saved := SaveMemory(x)
		if saved == nil {
			return
		}
		b := saved[8:]
		from := int(at) % len(b)
		var v [8]byte
		binary.LittleEndian.PutUint64(v[:], value)
		copy(b[from:], v[:1+width%8])
		two := fam.New()
		if LoadMemory(two, summed(saved)) != nil {
			return
		}
		for k := range records[40:] {
			two.Extract(row, &records[40+k])
		}
		SaveMemory(two)
	})
}

// An index finds what a map finds, whatever comes and goes, also where many keys fall in one place.
func TestKeyIndex(t *testing.T) {
	for _, places := range []uint64{1, 3, 1 << 40} {
		r := rand.New(rand.NewPCG(places, 3))
		x, want, keys, free := newKeyIndex(), map[key]int32{}, []key{}, []int32{}
		tag := func(k key) uint32 { return x.tag(key{k[0] % places}) }
		for step := range 20_000 {
			k := key{r.Uint64N(500), 1}
			at, had := want[k]
			got, s := int32(0), x.from(tag(k))
			for got = s.next(); got >= 0 && keys[got] != k; got = s.next() {
			}
			if had != (got >= 0) || had && got != at {
				t.Fatalf("step %d: %v is at %d, want %d, %v", step, k, got, at, had)
			}
			switch {
			case had && r.IntN(2) == 0:
				x.remove(tag(k), at)
				free = append(free, at)
				delete(want, k)
			case !had && len(free) > 0:
				at, free = free[0], free[1:]
				keys[at], want[k] = k, at
				x.add(tag(k), at)
			case !had:
				want[k] = int32(len(keys))
				x.add(tag(k), want[k])
				keys = append(keys, k)
			}
			if x.n != len(want) {
				t.Fatalf("step %d: %d keys, want %d", step, x.n, len(want))
			}
		}
	}
}
