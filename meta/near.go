package meta

import "math"

// nearBlock is how many rows are compared at a time: their products with 1,000
// rows stay in the second-level cache.
const nearBlock = 32

// nearSpare is how many candidates beyond k are measured exactly.
const nearSpare = 6

// nearIndex finds the nearest of a fixed set of rows, exactly. Candidates come
// from ‖a−b‖² = ‖a‖² + ‖b‖² − 2ab about the set's mean, which is quick but loses
// the small differences to cancellation; the k best and some spare ones are
// then measured again from their differences.
type nearIndex struct {
	n, d   int
	rows   []float32 // [n, d], centre taken off
	square []float32 // ‖row‖²
	centre []float32
}

func newNearIndex(x []float32, d int) *nearIndex {
	ix := &nearIndex{n: len(x) / d, d: d, centre: meanOf(x, d)}
	ix.rows = make([]float32, len(x))
	ix.square = make([]float32, ix.n)
	ix.shift(ix.rows, x)
	for i := range ix.square {
		ix.square[i] = dot(ix.rows[i*d:(i+1)*d], ix.rows[i*d:(i+1)*d])
	}
	return ix
}

func (ix *nearIndex) shift(dst, x []float32) {
	c := ix.centre
	for ; len(x) >= len(c) && len(c) > 0; x, dst = x[len(c):], dst[len(c):] {
		for j, v := range c {
			dst[j] = x[j] - v
		}
	}
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
	ix.each(x, k, self, func(i int, best []near) {
		sum := 0.0
		for _, b := range best {
			sum += math.Sqrt(float64(b.d2))
		}
		dst[i] = float32(sum / float64(max(1, len(best))))
	})
}

// each calls f with the k nearest rows of each row of x, nearest first, equal
// ones in row order; fewer when the index has fewer. f must not keep them.
func (ix *nearIndex) each(x []float32, k, self int, f func(i int, best []near)) {
	d := ix.d
	n := len(x) / d
	buf := borrow(nearBlock * (d + ix.n))
	defer giveBack(buf)
	q, prod := (*buf)[:nearBlock*d], (*buf)[nearBlock*d:]
	var store [64]near
	best := store[:0]
	if k+nearSpare > len(store) {
		best = make([]near, 0, k+nearSpare)
	}
	for lo := 0; lo < n; lo += nearBlock {
		m := min(nearBlock, n-lo)
		ix.shift(q, x[lo*d:(lo+m)*d])
		dotsTo(prod, q[:m*d], ix.rows, d)
		for i := range m {
			skip := -1
			if self >= 0 {
				skip = self + lo + i
			}
			best = ix.candidates(best[:0], prod[i*ix.n:(i+1)*ix.n], k+nearSpare, skip)
			ix.measure(best, q[i*d:(i+1)*d])
			f(lo+i, best[:min(k, len(best))])
		}
	}
}

// candidates keeps the want smallest ‖b‖² − 2ab, which differ from the squared
// distances by the same ‖a‖².
func (ix *nearIndex) candidates(best []near, prod []float32, want, skip int) []near {
	limit := float32(math.Inf(1))
	for j, p := range prod {
		v := ix.square[j] - 2*p
		if v >= limit || j == skip {
			continue
		}
		if len(best) < want {
			best = append(best, near{})
		}
		at := len(best) - 1
		for ; at > 0 && best[at-1].d2 > v; at-- {
			best[at] = best[at-1]
		}
		best[at] = near{v, int32(j)}
		if len(best) == want {
			limit = best[want-1].d2
		}
	}
	return best
}

// measure replaces the estimates by true squared distances and sorts by them.
func (ix *nearIndex) measure(best []near, q []float32) {
	for i, b := range best {
		b.d2 = squaredDistance(q, ix.rows[int(b.row)*ix.d:(int(b.row)+1)*ix.d])
		at := i
		for ; at > 0 && (best[at-1].d2 > b.d2 || best[at-1].d2 == b.d2 && best[at-1].row > b.row); at-- {
			best[at] = best[at-1]
		}
		best[at] = b
	}
}

func squaredDistance(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	j := 0
	for ; j+4 <= len(a); j += 4 {
		u0, u1, u2, u3 := a[j]-b[j], a[j+1]-b[j+1], a[j+2]-b[j+2], a[j+3]-b[j+3]
		s0, s1, s2, s3 = s0+u0*u0, s1+u1*u1, s2+u2*u2, s3+u3*u3
	}
	for ; j < len(a); j++ {
		u := a[j] - b[j]
		s0 += u * u
	}
	return (s0 + s1) + (s2 + s3)
}

func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	j := 0
	for ; j+4 <= len(a); j += 4 {
		s0, s1, s2, s3 = s0+a[j]*b[j], s1+a[j+1]*b[j+1], s2+a[j+2]*b[j+2], s3+a[j+3]*b[j+3]
	}
	for ; j < len(a); j++ {
		s0 += a[j] * b[j]
	}
	return (s0 + s1) + (s2 + s3)
}

// dotsTo writes the products of every row of a with every row of b, both of d
// columns, to dst[i·len(b)+j].
func dotsTo(dst, a, b []float32, d int) {
	n, m := len(a)/d, len(b)/d
	j := 0
	for ; j+4 <= m; j += 4 {
		b0, b1, b2, b3 := b[j*d:(j+1)*d], b[(j+1)*d:(j+2)*d], b[(j+2)*d:(j+3)*d], b[(j+3)*d:(j+4)*d]
		i := 0
		for ; i+2 <= n; i += 2 {
			dots2x4(dst[i*m+j:i*m+j+4], dst[(i+1)*m+j:(i+1)*m+j+4], a[i*d:(i+1)*d], a[(i+1)*d:(i+2)*d], b0, b1, b2, b3)
		}
		for ; i < n; i++ {
			r := a[i*d : (i+1)*d]
			dst[i*m+j], dst[i*m+j+1], dst[i*m+j+2], dst[i*m+j+3] = dot(r, b0), dot(r, b1), dot(r, b2), dot(r, b3)
		}
	}
	for ; j < m; j++ {
		for i := range n {
			dst[i*m+j] = dot(a[i*d:(i+1)*d], b[j*d:(j+1)*d])
		}
	}
}

func dots2x4(p, q, a, c, b0, b1, b2, b3 []float32) {
	n := len(a)
	c, b0, b1, b2, b3 = c[:n], b0[:n], b1[:n], b2[:n], b3[:n]
	var p0, p1, p2, p3, q0, q1, q2, q3 float32
	for k, u := range a {
		v := c[k]
		w := b0[k]
		p0, q0 = p0+u*w, q0+v*w
		w = b1[k]
		p1, q1 = p1+u*w, q1+v*w
		w = b2[k]
		p2, q2 = p2+u*w, q2+v*w
		w = b3[k]
		p3, q3 = p3+u*w, q3+v*w
	}
	p[0], p[1], p[2], p[3] = p0, p1, p2, p3
	q[0], q[1], q[2], q[3] = q0, q1, q2, q3
}
