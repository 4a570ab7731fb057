package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Six derived columns tell of a row as a whole, two more of how it stands to known attacks.
const (
	taughtDerived = 6
	derivedSides  = 8
)

// space is that of standardised normal scores, in which derived columns are made.
type space struct {
	mean, dev []float32      // of normal scores, [d]
	middle    []float32      // mean of the standardised logarithm, [d]
	land      *tensor.Tensor // [landmarks, d]
	lands     []int          // pool row of each
	taught    *tensor.Tensor // [k, d], ±6 at most
	known     *tensor.Tensor // [known rows, d], or nil
	centre    []float32      // mean of taught
	share     float32        // 1/√d, of distances
	linear    *tensor.Tensor // [d, 2 or 3]: directions to taught rows, and to known ones
	log       *tensor.Tensor // [d, 1]: the same towards taught rows among logarithms
}

// fitSpace gives the pool's rows [m, d].
func (l *lesson) fitSpace(normal, logs *tensor.Tensor, taught, known *cells, lands []int) *tensor.Tensor {
	d, m := l.d, l.m
	s := &l.space
	s.share = float32(1 / math.Sqrt(float64(d)))
	s.mean, s.dev, s.middle = make([]float32, d), make([]float32, d), make([]float32, d)
	z, zz := tensor.New(m, d), tensor.New(m, d)
	for j := range d {
		s.mean[j], s.dev[j] = columnMoments(normal, j, 2)
		s.dev[j] = max(s.dev[j], .05)
		s.middle[j], _ = columnMoments(logs, j, 3)
	}
	for i := range m {
		for j := range d {
			z.Row(i)[j] = (2*normal.Row(i)[j] - s.mean[j]) / s.dev[j]
			zz.Row(i)[j] = 3*logs.Row(i)[j] - s.middle[j]
		}
	}
	s.lands, s.land = lands, gatherRows(z, lands)
	var logTaught *tensor.Tensor
	s.taught, logTaught = s.of(taught)
	s.centre = meanOf(s.taught.Data, d)
	means := [][]float32{s.centre, s.centre}
	if known.n > 0 && l.withKnown {
		s.known, _ = s.of(known)
		means = append(means, meanOf(s.known.Data, d))
	}
	cov := covariance(z)
	s.linear = tensor.New(d, len(means))
	for i, mean := range means {
		discriminant(s.linear, i, cov, mean, [...]float32{.1, 1, .3}[i])
	}
	s.log = tensor.New(d, 1)
	discriminant(s.log, 0, covariance(zz), meanOf(logTaught.Data, d), .3)
	return z
}

// columnMoments gives mean and standard deviation of f times column j.
func columnMoments(x *tensor.Tensor, j int, f float32) (mean, dev float32) {
	var sum, square float64
	n, d := x.Rows(), x.Cols()
	for i := range n {
		sum += float64(f * x.Data[i*d+j])
	}
	sum /= float64(n)
	for i := range n {
		e := float64(f*x.Data[i*d+j]) - sum
		square += e * e
	}
	return float32(sum), float32(math.Sqrt(square / float64(n)))
}

// covariance gives xᵀ·x/n.
func covariance(x *tensor.Tensor) *tensor.Tensor {
	r := tensor.New(x.Cols(), x.Cols())
	tensor.MatMulATo(r, x, x)
	tensor.ScaleTo(r, r, 1/float32(x.Rows()))
	return r
}

// discriminant writes to column i of to the direction (cov + ridge)⁻¹·mean, of
// unit deviation among benign rows.
func discriminant(to *tensor.Tensor, i int, cov *tensor.Tensor, mean []float32, ridge float32) {
	d := cov.Cols()
	a, w := cov.Clone(), tensor.New(d, 1)
	for j := range d {
		a.Data[j*d+j] += ridge
	}
	copy(w.Data, mean)
	tensor.SolveTo(w, a, w)
	var square float64
	for p := range d {
		for q := range d {
			square += float64(w.Data[p]) * float64(cov.Data[p*d+q]) * float64(w.Data[q])
		}
	}
	f := float32(1 / math.Sqrt(max(square, 0)+1e-9))
	for j, v := range w.Data {
		to.Row(j)[i] = v * f
	}
}

// of gives the rows of cells: standardised normal scores, ±6 at most, and
// logarithms less their mean.
func (s *space) of(c *cells) (z, zz *tensor.Tensor) {
	d := len(s.mean)
	z, zz = tensor.New(c.n, d), tensor.New(c.n, d)
	for j := range d {
		for i := range c.n {
			cell := c.of.Row(j*c.n + i)
			z.Data[i*d+j] = clip32((2*cell[cellNormal]-s.mean[j])/s.dev[j], 6)
			zz.Data[i*d+j] = 3*cell[cellLog] - s.middle[j]
		}
	}
	return z, zz
}

// clip32 cuts x off at by either way; not by min and max, which are slow for minding NaN.
func clip32(x, by float32) float32 {
	switch {
	case x > by:
		return by
	case x < -by:
		return -by
	}
	return x
}

// rowsAre says which rows derived columns are made of.
type rowsAre int

const (
	others rowsAre = iota
	theTaught
	theKnown
)

// derive gives the derived columns of rows. own, where not nil, gives each row the landmark it
// is itself, or −1. No row is its own neighbour.
func (s *space) derive(z, zz *tensor.Tensor, own []int, who rowsAre) *tensor.Tensor {
	n := z.Rows()
	out, linear, log := tensor.New(n, s.sides()), tensor.New(n, s.linear.Cols()), tensor.New(n, 1)
	tensor.MatMulTo(linear, z, s.linear)
	tensor.MatMulTo(log, zz, s.log)
	toLand, toTaught := distances(z, s.land), distances(z, s.taught)
	toKnown := &tensor.Tensor{Shape: []int{n, 0}}
	if s.known != nil {
		toKnown = distances(z, s.known)
	}
	for i := range n {
		skip := [3]int{-1, -1, -1}
		if own != nil {
			skip[0] = own[i]
		}
		if who != others && n > 1 {
			skip[who] = i
		}
		s.rowTo(out.Row(i), linear.Row(i), log.Data[i], z.Row(i), toLand.Row(i), toTaught.Row(i), toKnown.Row(i), skip)
	}
	return out
}

func (s *space) sides() int {
	if s.known != nil {
		return derivedSides
	}
	return taughtDerived
}

// rowTo writes the derived columns of a row at z with those squared distances; skip are the
// places in them that do not count.
func (s *space) rowTo(dst, linear []float32, log float32, z, land, taught, known []float32, skip [3]int) {
	share := s.share
	benign := share * meanNearest(land, 3, skip[0])
	near := share * meanNearest(taught, 1, skip[1])
	dst[0], dst[1], dst[2] = linear[0], linear[1], log
	dst[3], dst[4] = logRatio(benign, near), near
	dst[5] = share*root32(tensor.SquaredDistance(z, s.centre)) - benign
	if s.known != nil {
		dst[6] = linear[2]
		dst[7] = logRatio(benign, share*meanNearest(known, 1, skip[2]))
	}
}

// deriveTo is derive for a block of rows.
func (s *space) deriveTo(dst *tensor.Tensor, r *room, n int) {
	z, zz, linear, log := r.z.rows(n), r.logs.rows(n), r.linear.rows(n), r.log.rows(n)
	tensor.MatMulTo(linear, z, s.linear)
	tensor.MatMulTo(log, zz, s.log)
	land, taught, known := r.land.rows(n), r.taught.rows(n), r.known.rows(n)
	tensor.SquaredDistancesTo(land, z, s.land)
	tensor.SquaredDistancesTo(taught, z, s.taught)
	if s.known != nil {
		tensor.SquaredDistancesTo(known, z, s.known)
	}
	for i := range n {
		s.rowTo(dst.Row(i), linear.Row(i), log.Data[i], z.Row(i), land.Row(i), taught.Row(i), known.Row(i), [3]int{-1, -1, -1})
	}
}

// logRatio tells how much nearer taught than benign rows are.
func logRatio(benign, taught float32) float32 {
	return float32(math.Log(float64(benign+.05) / float64(taught+.05)))
}

func root32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// distances gives the squared distances of rows.
func distances(a, b *tensor.Tensor) *tensor.Tensor {
	out := tensor.New(a.Rows(), b.Rows())
	tensor.SquaredDistancesTo(out, a, b)
	return out
}

// meanNearest gives the mean of the roots of the k least squares, at most [tensor.LeastCount], but that at
// skip; where there is no other, 0.
func meanNearest(squares []float32, k, skip int) float32 {
	var least [tensor.LeastCount]float32
	if skip < 0 {
		tensor.Least(&least, squares)
		return meanOfLeast(least[:k])
	}
	var store [8]near
	best := nearest(store[:0], squares, k, skip)
	for i, b := range best {
		least[i] = b.d2
	}
	return meanOfLeast(least[:len(best)])
}

// meanOfLeast gives the mean root of those that are finite; they rise.
func meanOfLeast(least []float32) (sum float32) {
	n := 0
	for n < len(least) && least[n] <= math.MaxFloat32 {
		sum += root32(least[n])
		n++
	}
	return sum / float32(max(1, n))
}

// derive adds the derived columns to the codes, to the cells of taught and
// known rows and to what is told of columns, and gives the table [m, columns] that columns are compared in.
func (l *lesson) derive(normal, logs, z *tensor.Tensor, taught, known *cells, stats []spread) (*tensor.Tensor, []spread) {
	pool, zz := z.Clone(), tensor.New(l.m, l.d)
	for i, v := range pool.Data {
		pool.Data[i] = clip32(v, 6)
		zz.Data[i] = 3*logs.Data[i] - l.space.middle[i%l.d]
	}
	own := make([]int, l.m)
	for i := range own {
		own[i] = -1
	}
	for i, r := range l.space.lands {
		own[r] = i
	}
	values := l.space.derive(pool, zz, own, others)
	sides := values.Cols()
	column, low, logLow := make([]float32, l.m), tensor.New(l.m, sides), tensor.New(l.m, sides)
	table := tensor.New(l.m, l.d+sides)
	for i := range l.m {
		copy(table.Row(i), z.Row(i))
	}
	for j := range sides {
		for i := range column {
			column[i] = values.Row(i)[j]
		}
		sorted, order := sortedOf(column)
		l.codes = append(l.codes, newCode(sorted))
		stats = append(stats, l.derivedTo(low, logLow, j, order))
		mean, dev := columnMoments(values, j, 1)
		for i, v := range column {
			table.Row(i)[l.d+j] = (v - mean) / (dev + 1e-6)
		}
	}
	l.marked = append(l.marked, make([][]float32, sides)...)
	l.markDerived(taught, l.space.derive(l.space.taught, second(l.space.of(taught)), nil, theTaught))
	if l.space.known != nil {
		l.markDerived(known, l.space.derive(l.space.known, second(l.space.of(known)), nil, theKnown))
	}
	return table, stats
}

// markDerived adds derived columns of taught or of known rows.
func (l *lesson) markDerived(c *cells, values *tensor.Tensor) {
	l.appendDerived(c, values)
	for i := range c.n {
		for j, v := range values.Row(i) {
			l.marked[l.d+j] = append(l.marked[l.d+j], v)
		}
	}
}

// derivedTo is poolTo for a derived column.
func (l *lesson) derivedTo(low, logLow *tensor.Tensor, j int, order []int32) spread {
	part := lesson{codes: l.codes[l.d:]}
	return part.poolTo(low, logLow, j, order)
}

func second(_, b *tensor.Tensor) *tensor.Tensor { return b }
