package feature

// key is a 128-bit hash of what a table of statistics is kept by.
type key [2]uint64

// lru keeps at most a fixed number of values by key; the one not seen for
// longest makes room. Values live in one slice, linked by position, so that a
// full table allocates nothing more.
type lru[T any] struct {
	most      int
	index     map[key]int32
	nodes     []node[T]
	newest    int32 // -1 when empty
	oldest    int32
	evictions uint64
}

type node[T any] struct {
	key          key
	older, newer int32
	value        T
}

func newLRU[T any](most int) *lru[T] {
	return &lru[T]{most: most, index: map[key]int32{}, newest: -1, oldest: -1}
}

// get gives the value of k, a zero one if there is none, and makes it the
// newest. The pointer is good until the next get.
func (l *lru[T]) get(k key) *T {
	i, ok := l.index[k]
	switch {
	case ok:
		l.unlink(i)
	case len(l.nodes) < l.most:
		i = int32(len(l.nodes))
		l.nodes = append(l.nodes, node[T]{key: k})
		l.index[k] = i
	default:
		i = l.oldest
		l.unlink(i)
		delete(l.index, l.nodes[i].key)
		l.nodes[i] = node[T]{key: k}
		l.index[k] = i
		l.evictions++
	}
	n := &l.nodes[i]
	n.older, n.newer = l.newest, -1
	if l.newest >= 0 {
		l.nodes[l.newest].newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
	return &n.value
}

func (l *lru[T]) unlink(i int32) {
	n := &l.nodes[i]
	if n.newer >= 0 {
		l.nodes[n.newer].older = n.older
	} else {
		l.newest = n.older
	}
	if n.older >= 0 {
		l.nodes[n.older].newer = n.newer
	} else {
		l.oldest = n.newer
	}
}
