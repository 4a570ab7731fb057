package tensor

// MatMulTo writes a·b, with a [n, k] and b [k, m], to dst [n, m].
func MatMulTo(dst, a, b *Tensor) {
	n, k, m := a.Rows(), a.Cols(), b.Cols()
	fit("MatMulTo", b.Rows() == k && dst.Rows() == n && dst.Cols() == m, dst, a, b)
	if use != plain {
		panel{dst: dst.Data, a: a.Data, b: b.Data, n: n, k: k, m: m, row: k, step: 1, ldb: m, ldd: m}.simd()
		return
	}
	clear(dst.Data)
	for i := range n {
		matVec(dst.Data[i*m:][:m], a.Data[i*k:][:k], 1, b.Data)
	}
}

// DenseTo writes x·w + bias, with x [n, k] and w [k, m], the row bias [m] being
// added to every row, and with relu the larger of that and 0. It gives the bits
// of MatMulTo and AddRowTo, or BiasReluTo, one after the other.
func DenseTo(dst, x, w, bias *Tensor, relu bool) {
	n, k, m := x.Rows(), x.Cols(), w.Cols()
	fit("DenseTo", w.Rows() == k && dst.Rows() == n && dst.Cols() == m && len(bias.Data) == m, dst, x, w, bias)
	switch {
	case use != plain:
		panel{dst: dst.Data, a: x.Data, b: w.Data, n: n, k: k, m: m, row: k, step: 1, ldb: m, ldd: m,
			bias: bias.Data, relu: relu}.simd()
	case relu:
		MatMulTo(dst, x, w)
		BiasReluTo(dst, dst, bias)
	default:
		MatMulTo(dst, x, w)
		AddRowTo(dst, dst, bias)
	}
}

// MatMulATo writes aᵀ·b, with a [k, n] and b [k, m], to dst [n, m].
func MatMulATo(dst, a, b *Tensor) {
	k, n, m := a.Rows(), a.Cols(), b.Cols()
	fit("MatMulATo", b.Rows() == k && dst.Rows() == n && dst.Cols() == m, dst, a, b)
	if use != plain {
		panel{dst: dst.Data, a: a.Data, b: b.Data, n: n, k: k, m: m, row: 1, step: n, ldb: m, ldd: m}.simd()
		return
	}
	clear(dst.Data)
	// Blocks of eight rows of a and b stay in the cache while dst is swept.
	for p := 0; p < k; p += 8 {
		q := min(p+8, k)
		for i := range n {
			matVec(dst.Data[i*m:][:m], a.Data[p*n+i:(q-1)*n+i+1], n, b.Data[p*m:q*m])
		}
	}
}

// MatMulBTo writes a·bᵀ, with a [n, k] and b [m, k], to dst [n, m].
func MatMulBTo(dst, a, b *Tensor) {
	n, k, m := a.Rows(), a.Cols(), b.Rows()
	fit("MatMulBTo", b.Cols() == k && dst.Rows() == n && dst.Cols() == m, dst, a, b)
	switch {
	case use != plain && m >= wideB:
		panel{dst: dst.Data, a: a.Data, b: b.Data, n: n, k: k, m: m, row: k, step: 1, ldd: m}.simdB()
		return
	case use != plain:
		rowsSIMD(dst.Data, a.Data, b.Data, n, k, m, false)
		return
	}
	for i := range n {
		x, out := a.Data[i*k:][:k], dst.Data[i*m:][:m]
		j := 0
		for ; j+4 <= m; j += 4 {
			y := b.Data[j*k:]
			out[j], out[j+1], out[j+2], out[j+3] = dot4(x, y[:k], y[k:][:k], y[2*k:][:k], y[3*k:][:k])
		}
		for ; j < m; j++ {
			out[j] = dot(x, b.Data[j*k:][:k])
		}
	}
}

// matVec adds to dst the rows of b, each len(dst) long, weighted by a[0],
// a[stride], a[2·stride] and so on.
func matVec(dst, a []float32, stride int, b []float32) {
	m := len(dst)
	i := 0
	for ; i+3*stride < len(a); i += 4 * stride {
		axpy4(dst, a[i], a[i+stride], a[i+2*stride], a[i+3*stride], b[:m], b[m:][:m], b[2*m:][:m], b[3*m:][:m])
		b = b[4*m:]
	}
	for ; i < len(a); i += stride {
		axpy(dst, a[i], b[:m])
		b = b[m:]
	}
}

func axpy4(dst []float32, f0, f1, f2, f3 float32, x0, x1, x2, x3 []float32) {
	x0, x1, x2, x3 = x0[:len(dst)], x1[:len(dst)], x2[:len(dst)], x3[:len(dst)]
	for j, d := range dst {
		dst[j] = d + (f0*x0[j] + f1*x1[j]) + (f2*x2[j] + f3*x3[j])
	}
}

func axpy(dst []float32, f float32, x []float32) {
	x = x[:len(dst)]
	for j, d := range dst {
		dst[j] = d + f*x[j]
	}
}

// dot sums in the same order as MatMulBTo.
func dot(x, y []float32) (s float32) {
	y = y[:len(x)]
	if use != plain {
		var out [1]float32
		rowsSIMD(out[:], x, y, 1, len(x), 1, false)
		return out[0]
	}
	for j, v := range x {
		s += v * y[j]
	}
	return s
}

func dot4(x, y0, y1, y2, y3 []float32) (s0, s1, s2, s3 float32) {
	y0, y1, y2, y3 = y0[:len(x)], y1[:len(x)], y2[:len(x)], y3[:len(x)]
	for j, v := range x {
		s0 += v * y0[j]
		s1 += v * y1[j]
		s2 += v * y2[j]
		s3 += v * y3[j]
	}
	return
}
