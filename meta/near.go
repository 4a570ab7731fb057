package meta

import (
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"unsafe"

	"github.com/inkling-sec/inkling/tensor"
)

// nearBlock is how many rows are compared at a time: their distances to 1,000
// rows stay in the second-level cache.
const nearBlock = 32

// nearIndex finds the nearest of a fixed set of rows, exactly: by sums of
// squared differences, which keep the small distances that ‖a‖²+‖b‖²−2ab loses
// to cancellation.
type nearIndex struct {
	n, d int
	rows *tensor.Tensor
	once sync.Once
	by   *byColumn // see turned
}

// newNearIndex keeps x, which is rows of d columns.
func newNearIndex(x []float32, d int) *nearIndex {
	return &nearIndex{n: len(x) / d, d: d, rows: &tensor.Tensor{Shape: []int{len(x) / d, d}, Data: x}}
}

// near is a neighbour: its squared distance and its row.
type near struct {
	d2  float32
	row int32
}

// meanTo writes to dst the mean distance of each row of x ([n, d]) to its k
// nearest. self, when not negative, says that x are the index's own rows from
// that one on: each is then no neighbour of itself.
func (ix *nearIndex) meanTo(dst, x []float32, k, self int) {
	switch few := self < 0 && k <= tensor.LeastCount; {
	case few && ix.n >= manyNear && ix.d >= variantWide:
		ix.variantsTo(dst, x, k)
		return
	case few:
		ix.wholeTo(dst, x, k)
		return
	}
	ix.each(x, k, self, func(i int, best []near) {
		sum := 0.0
		for _, b := range best {
			sum += math.Sqrt(float64(b.d2))
		}
		dst[i] = float32(sum / float64(max(1, len(best))))
	})
}

// wholeTo is meanTo of other rows, for k of at most [tensor.LeastCount]: all distances are measured.
func (ix *nearIndex) wholeTo(dst, x []float32, k int) {
	ix.blocks(x, func(lo int, from, to *tensor.Tensor) {
		for i := range from.Rows() {
			dst[lo+i] = meanNear(to.Row(i), from.Row(i), k)
		}
	})
}

// meanNear gives the mean distance of a row to its k nearest, whose squares are told.
func meanNear(squares, row []float32, k int) float32 {
	if mean, ok := meanRoot(squares, k); ok {
		return mean
	}
	return root32(beyond(row))
}

// meanRoot gives the mean of the roots of the k least squares, at most [tensor.LeastCount], or of so many as are
// numbers; false where none is.
func meanRoot(squares []float32, k int) (mean float32, ok bool) {
	var least [tensor.LeastCount]float32
	tensor.Least(&least, squares)
	sum, n := 0.0, 0
	for _, v := range least[:k] {
		if v <= math.MaxFloat32 {
			sum += math.Sqrt(float64(v))
			n++
		}
	}
	return float32(sum / float64(max(1, n))), n > 0
}

// selfMeans gives the mean distance of each of the index's own rows to its k
// nearest others. A benign pool is asked this at every teaching and every
// example left out, always with the same answer, so the last few are kept.
func (ix *nearIndex) selfMeans(k int) []float32 {
	key := selfKey{maphash.Bytes(selfSeed[0], rawBytes(ix.rows.Data)), maphash.Bytes(selfSeed[1], rawBytes(ix.rows.Data)), ix.d, k}
	known.Lock()
	i := slices.IndexFunc(known.pools, func(p *selfPool) bool { return p.key == key })
	if i < 0 {
		i = 0
		known.pools = append([]*selfPool{{key: key}}, known.pools[:min(len(known.pools), maxPools-1)]...)
	}
	pool := known.pools[i]
	known.Unlock()
	pool.once.Do(func() {
		pool.means = make([]float32, ix.n)
		ix.meanTo(pool.means, ix.rows.Data, k, 0)
	})
	return pool.means
}

// maxPools is how many pools' distances to themselves are kept: 4 kB each.
const maxPools = 16

type selfKey struct {
	a, b uint64
	d, k int
}

type selfPool struct {
	key   selfKey
	once  sync.Once
	means []float32
}

var (
	selfSeed = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	known    struct {
		sync.Mutex
		pools []*selfPool // the latest first
	}
)

func rawBytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}

// each calls f with the k nearest rows of each row of x, nearest first, equal
// ones in row order; fewer when the index has fewer, or when others are farther than float32 can tell. If all are, one
// stands for them, as far as it can. f must not keep them.
func (ix *nearIndex) each(x []float32, k, self int, f func(i int, best []near)) {
	var store [16]near
	best := store[:0]
	var f8 fold
	if ix.n >= manyNear {
		room := borrow(ix.n / foldBy * 4)
		defer giveBack(room)
		f8 = newFold(ix.n, *room)
	}
	ix.blocks(x, func(lo int, from, to *tensor.Tensor) {
		for i := range from.Rows() {
			skip := -1
			if self >= 0 {
				skip = self + lo + i
			}
			if row := to.Row(i); ix.n >= manyNear {
				best = f8.nearest(best[:0], row, k, skip)
			} else {
				best = nearest(best[:0], row, k, skip)
			}
			if len(best) == 0 && (skip < 0 || ix.n > 1) {
				best = append(best, near{beyond(from.Row(i)), 0})
			}
			f(lo+i, best)
		}
	})
}

// blocks calls f for some rows of x after others, from row lo on, with their squared distances to the index's rows.
func (ix *nearIndex) blocks(x []float32, f func(lo int, from, to *tensor.Tensor)) {
	n := len(x) / ix.d
	buf := borrow(nearBlock * ix.n)
	defer giveBack(buf)
	from, to := tensor.Tensor{Shape: []int{0, ix.d}}, tensor.Tensor{Shape: []int{0, ix.n}}
	for lo := 0; lo < n; lo += nearBlock {
		m := min(nearBlock, n-lo)
		from.Shape[0], to.Shape[0] = m, m
		from.Data, to.Data = x[lo*ix.d:(lo+m)*ix.d], (*buf)[:m*ix.n]
		tensor.SquaredDistancesTo(&to, &from, ix.rows)
		f(lo, &from, &to)
	}
}

// beyond is the squared distance of a row that is so far from all others that float32 has no number for it; NaN where the
// row has one.
func beyond(row []float32) float32 {
	for _, v := range row {
		if v != v {
			return v
		}
	}
	return math.MaxFloat32
}

// fold finds the nearest of many: the least of eight elements each, spaced evenly, tell which to look at.
type fold struct {
	n    int              // groups of eight
	into [3]tensor.Tensor // the minima of two, four and eight
}

const (
	manyNear = 256
	foldBy   = 8
)

// newFold takes room for half of n elements.
func newFold(n int, room []float32) (f fold) {
	f.n = n / foldBy
	for i := range f.into {
		size := f.n << (2 - i)
		f.into[i] = tensor.Tensor{Shape: []int{1, size}, Data: room[:size]}
	}
	return f
}

// least writes the minima.
func (f *fold) least(d2 []float32) []float32 {
	for i := range f.into {
		size := f.n << (2 - i)
		a, b := f.into[i], f.into[i]
		a.Data, b.Data = d2[:size], d2[size:2*size]
		tensor.MinTo(&f.into[i], &a, &b)
		d2 = f.into[i].Data
	}
	return d2
}

// nearest is that of the same name.
func (f *fold) nearest(best []near, d2 []float32, k, skip int) []near {
	least := f.least(d2)
	limit := float32(math.MaxFloat32)
	if best = nearest(best, least, k+1, -1); len(best) > k { // one may be skip
		limit = best[k].d2
	}
	best = best[:0]
	look := func(j int) {
		v := d2[j]
		if !(v <= limit) || j == skip {
			return
		}
		at := len(best)
		if at == k {
			if last := best[k-1]; last.d2 < v || last.d2 == v && int(last.row) < j {
				return
			}
			at--
		} else {
			best = append(best, near{})
		}
		for ; at > 0 && (best[at-1].d2 > v || best[at-1].d2 == v && int(best[at-1].row) > j); at-- {
			best[at] = best[at-1]
		}
		best[at] = near{v, int32(j)}
	}
	for g, v := range least {
		if v <= limit {
			for j := g; j < foldBy*f.n; j += f.n {
				look(j)
			}
		}
	}
	for j := foldBy * f.n; j < len(d2); j++ {
		look(j)
	}
	return best
}

// nearest appends the k smallest distances but that of row skip.
func nearest(best []near, d2 []float32, k, skip int) []near {
	limit := float32(math.Inf(1))
	for j, v := range d2 {
		if !(v < limit) || j == skip { // so is NaN
			continue
		}
		if len(best) < k {
			best = append(best, near{})
		}
		at := len(best) - 1
		for ; at > 0 && best[at-1].d2 > v; at-- {
			best[at] = best[at-1]
		}
		best[at] = near{v, int32(j)}
		if len(best) == k {
			limit = best[k-1].d2
		}
	}
	return best
}
