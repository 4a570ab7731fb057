package feature

// key is a 128-bit hash of what a table of statistics is kept by.
type key [2]uint64

// lru keeps at most a fixed number of values by key; the one not seen for
// longest makes room. Values live in blocks, linked by position: growing copies
// nothing, and a full table allocates nothing more.
type lru[T any] struct {
	most      int
	index     map[key]int32
	blocks    [][]node[T] // of block nodes each
	used      int
	newest    int32 // -1 when empty
	oldest    int32
	evictions uint64
}

const block = 256

type node[T any] struct {
	key          key
	older, newer int32
	value        T
}

func newLRU[T any](most int) *lru[T] {
	return &lru[T]{most: most, index: map[key]int32{}, newest: -1, oldest: -1}
}

// get gives the value of k, a zero one if there is none, and makes it the
// newest. The pointer is good until a later get puts k out.
func (l *lru[T]) get(k key) *T {
	i, ok := l.index[k]
	switch {
	case ok:
		l.unlink(i)
	case l.used < l.most:
		i = int32(l.used)
		if l.used%block == 0 {
			l.blocks = append(l.blocks, make([]node[T], min(block, l.most-l.used)))
		}
		l.used++
		l.at(i).key = k
		l.index[k] = i
	default:
		i = l.oldest
		l.unlink(i)
		delete(l.index, l.at(i).key)
		*l.at(i) = node[T]{key: k}
		l.index[k] = i
		l.evictions++
	}
	n := l.at(i)
	n.older, n.newer = l.newest, -1
	if l.newest >= 0 {
		l.at(l.newest).newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
	return &n.value
}

// peek gives the value of k and leaves its place; nil if there is none.
func (l *lru[T]) peek(k key) *T {
	if i, ok := l.index[k]; ok {
		return &l.at(i).value
	}
	return nil
}

// leaving is the value that would make room for k, nil if none would.
func (l *lru[T]) leaving(k key) *T {
	if _, ok := l.index[k]; ok || l.used < l.most {
		return nil
	}
	return &l.at(l.oldest).value
}

func (l *lru[T]) at(i int32) *node[T] { return &l.blocks[i/block][i%block] }

func (l *lru[T]) unlink(i int32) {
	n := l.at(i)
	if n.newer >= 0 {
		l.at(n.newer).older = n.older
	} else {
		l.newest = n.older
	}
	if n.older >= 0 {
		l.at(n.older).newer = n.newer
	} else {
		l.oldest = n.newer
	}
}
