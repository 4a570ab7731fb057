package tensor

import "math"

// MomentsTo writes the mean of each column of x [n, d] and 1/√(variance + eps)
// to mean and rstd, each of d elements. Sums are taken over blocks of rows and
// blocks are put together by their means and spreads (Chan, Golub and LeVeque
// 1983), so that nothing cancels.
func MomentsTo(mean, rstd *Tensor, x *Tensor, eps float32) {
	n, d := x.Rows(), x.Cols()
	fit("MomentsTo", len(mean.Data) == d && len(rstd.Data) == d, mean, rstd, x)
	const block = 256
	room := borrowRoom(2 * d)
	defer returnRoom(room)
	m, s := (*room)[:d], (*room)[d:2*d]
	clear(mean.Data)
	clear(rstd.Data) // sums of squared deviations until the end
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		blockMoments(m, s, x.Data[from*d:to*d])
		// k rows join from rows before them.
		k := float32(to - from)
		share := k / float32(to)
		cross := share * float32(from)
		for j := range d {
			delta := m[j] - mean.Data[j]
			mean.Data[j] += delta * share
			rstd.Data[j] += s[j] + delta*delta*cross
		}
	}
	for j, v := range rstd.Data {
		rstd.Data[j] = float32(1 / math.Sqrt(float64(v)/float64(max(n, 1))+float64(eps)))
	}
}

// blockMoments gives the means of the columns and the sums of squared deviations from them.
func blockMoments(m, s, x []float32) {
	d := len(m)
	clear(m)
	clear(s)
	for r := x; len(r) > 0; r = r[d:] {
		addInto(m, r[:d])
	}
	inv := 1 / float32(len(x)/d)
	for j := range m {
		m[j] *= inv
	}
	for r := x; len(r) > 0; r = r[d:] {
		row := r[:d]
		for j, v := range row {
			e := v - m[j]
			s[j] += e * e
		}
	}
}

// DotColsTo writes the inner products of the columns of a [n, d] with those of
// b to dst [1, d], in blocks of rows.
func DotColsTo(dst, a, b *Tensor) {
	same("DotColsTo", a, b)
	d := a.Cols()
	fit("DotColsTo", len(dst.Data) == d, dst, a)
	room := borrowRoom(d)
	defer returnRoom(room)
	sum := *room
	clear(dst.Data)
	const block = 256
	for from := 0; from < a.Rows(); from += block {
		clear(sum)
		for i := from; i < min(from+block, a.Rows()); i++ {
			y := b.Row(i)
			for j, v := range a.Row(i) {
				sum[j] += v * y[j]
			}
		}
		addInto(dst.Data, sum)
	}
}
