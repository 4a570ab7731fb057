package feature

import "unsafe"

// key is a 128-bit hash of what a table of statistics is kept by.
type key [2]uint64

// lru keeps at most a fixed number of values by key. It is a segmented LRU (Karedla et al. 1994): a key is on
// probation until it is seen a second time, and who makes room is, of those on probation, the one not seen for
// longest. So a flood of keys that come once, such as the sources of a scan, cannot put out what is seen again and
// again. At most three quarters are past probation; of more, the one not seen for longest goes back. Values live in
// blocks: growing does not copy them, and a full table allocates nothing more. They are linked by position, in an array
// of links alone: whoever is moved has two neighbours, which lie anywhere, and of large values each would be a wait for memory.
type lru[T any] struct {
	most      int
	index     keyIndex
	blocks    [][]node[T] // of block nodes each
	links     []link      // of those used
	used      int
	part      [2]queue // probation, proven
	evictions uint64
}

const (
	probation = iota
	proven
)

// queue is a list of nodes by when they were seen; -1 where there is none.
type queue struct {
	newest, oldest int32
	n              int
}

const block = 256

type node[T any] struct {
	key   key
	value T
}

// link says which nodes were seen before and after one.
type link struct {
	older, newer int32
	part         int32
}

func newLRU[T any](most int) *lru[T] {
	return &lru[T]{most: most, index: newKeyIndex(), part: [2]queue{{-1, -1, 0}, {-1, -1, 0}}}
}

// find gives the node of k, -1 if there is none.
func (l *lru[T]) find(tag uint32, k key) int32 {
	for s := l.index.from(tag); ; {
		i := s.next()
		if i < 0 || l.node(i).key == k {
			return i
		}
	}
}

// get gives the value of k, a zero one if there is none, and makes it the
// newest. The pointer is good until a later get puts k out.
func (l *lru[T]) get(k key) *T { return l.at(place{k, l.index.tag(k)}) }

// place is a key, and where it begins to be looked for.
type place struct {
	key key
	tag uint32
}

// ahead has memory fetched where the index tells of k.
func (l *lru[T]) ahead(k key) place {
	tag := l.index.tag(k)
	if slots := l.index.slots; len(slots) > 0 {
		prefetch(unsafe.Pointer(&slots[tag&uint32(len(slots)-1)]))
	}
	return place{k, tag}
}

// fetch has the memory fetched that the value begins in, and gives it, unless there is none; rarely that of another key.
func (l *lru[T]) fetch(p place) *T {
	s := l.index.from(p.tag)
	i := s.next()
	if i < 0 {
		return nil
	}
	n := l.node(i)
	prefetch(unsafe.Pointer(n))
	prefetch(unsafe.Add(unsafe.Pointer(n), 64)) // the next line: of what is looked at first few values are shorter
	prefetch(unsafe.Pointer(&l.links[i]))
	return &n.value
}

// at is get of a key whose place is known.
func (l *lru[T]) at(p place) *T {
	k, tag := p.key, p.tag
	i := l.find(tag, k)
	switch {
	case i >= 0:
		if l.part[proven].newest == i {
			return &l.node(i).value
		}
		l.unlink(i)
		l.push(i, proven)
		if l.part[proven].n > max(1, l.most*3/4) {
			back := l.part[proven].oldest
			l.unlink(back)
			l.push(back, probation)
		}
		return &l.node(i).value
	case l.used < l.most:
		i = int32(l.used)
		if l.used%block == 0 {
			l.blocks = append(l.blocks, make([]node[T], min(block, l.most-l.used)))
		}
		l.used++
		l.links = append(l.links, link{})
		l.node(i).key = k
	default:
		i = l.victim()
		l.unlink(i)
		l.index.remove(l.index.tag(l.node(i).key), i)
		*l.node(i) = node[T]{key: k}
		l.evictions++
	}
	l.index.add(tag, i)
	l.push(i, probation)
	return &l.node(i).value
}

// peek gives the value of k and leaves its place; nil if there is none.
func (l *lru[T]) peek(k key) *T {
	if i := l.find(l.index.tag(k), k); i >= 0 {
		return &l.node(i).value
	}
	return nil
}

// leaving is the value that would make room for k, nil if none would.
func (l *lru[T]) leaving(k key) *T {
	if l.used < l.most || l.find(l.index.tag(k), k) >= 0 {
		return nil
	}
	return &l.node(l.victim()).value
}

// victim is who makes room next.
func (l *lru[T]) victim() int32 {
	if i := l.part[probation].oldest; i >= 0 {
		return i
	}
	return l.part[proven].oldest
}

func (l *lru[T]) node(i int32) *node[T] { return &l.blocks[i/block][i%block] }

// push makes a node the newest of a part.
func (l *lru[T]) push(i int32, part int32) {
	n, q := &l.links[i], &l.part[part]
	n.part, n.older, n.newer = part, q.newest, -1
	if q.newest >= 0 {
		l.links[q.newest].newer = i
	} else {
		q.oldest = i
	}
	q.newest = i
	q.n++
}

func (l *lru[T]) unlink(i int32) {
	n := l.links[i]
	q := &l.part[n.part]
	if n.newer >= 0 {
		l.links[n.newer].older = n.older
	} else {
		q.newest = n.older
	}
	if n.older >= 0 {
		l.links[n.older].newer = n.newer
	} else {
		q.oldest = n.newer
	}
	q.n--
}
