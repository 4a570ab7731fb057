package tensor

import "math"

// MomentsTo writes the mean of each column of x [n, d] and 1/√(variance + eps)
// to mean and rstd, each of d elements. Sums are taken over blocks of rows and
// blocks are put together by their means and spreads (Chan, Golub and LeVeque
// 1983), so that nothing cancels. The work is shared out over so many workers;
// that changes no bit.
func MomentsTo(mean, rstd *Tensor, x *Tensor, eps float32, workers int) {
	n, d := x.Rows(), x.Cols()
	fit("MomentsTo", len(mean.Data) == d && len(rstd.Data) == d, mean, rstd, x)
	const block = 256
	blocks := (n + block - 1) / block
	room := borrowRoom(2 * d * blocks)
	defer returnRoom(room)
	if workers <= 1 {
		for i := range blocks {
			blockMoments((*room)[2*d*i:][:2*d], x.Data[i*block*d:min((i+1)*block, n)*d])
		}
	} else {
		moments := *room
		inParallel(workers, n, block, func(from, to int) {
			blockMoments(moments[2*d*(from/block):][:2*d], x.Data[from*d:to*d])
		})
	}
	clear(mean.Data)
	clear(rstd.Data) // sums of squared deviations until the end
	for from, at := 0, *room; from < n; from, at = from+block, at[2*d:] {
		to := min(from+block, n)
		// Some rows join those before them.
		share := float32(to-from) / float32(to)
		cross := share * float32(from)
		for j, m := range at[:d] {
			delta := m - mean.Data[j]
			mean.Data[j] += delta * share
			rstd.Data[j] += at[d+j] + delta*delta*cross
		}
	}
	for j, v := range rstd.Data {
		rstd.Data[j] = float32(1 / math.Sqrt(float64(v)/float64(max(n, 1))+float64(eps)))
	}
}

// blockMoments writes the means of the columns of x and then the sums of squared deviations from them.
func blockMoments(moments, x []float32) {
	d := len(moments) / 2
	m, s := moments[:d], moments[d:]
	n := len(x) / d
	if use != plain {
		off := borrowRoom(len(x))
		defer returnRoom(off)
		sumRowsSIMD(m, x, n, d)
		scaleSIMD(m, m, -1/float32(n))
		addRowSIMD(*off, x, m, n, d)
		dotColsSIMD(s, *off, *off, n, d)
		scaleSIMD(m, m, -1)
		return
	}
	clear(moments)
	for r := x; len(r) > 0; r = r[d:] {
		addInto(m, r[:d])
	}
	for j := range m {
		m[j] *= 1 / float32(n)
	}
	for r := x; len(r) > 0; r = r[d:] {
		for j, v := range r[:d] {
			e := v - m[j]
			s[j] += e * e
		}
	}
}
