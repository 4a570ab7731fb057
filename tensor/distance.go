package tensor

// SquaredDistancesTo writes the squared Euclidean distance of each row of
// a [n, d] from each row of b [m, d] to dst [n, m]. It sums the squares of
// differences, so that close rows lose no digits.
func SquaredDistancesTo(dst, a, b *Tensor) {
	n, d, m := a.Rows(), a.Cols(), b.Rows()
	fit("SquaredDistancesTo", b.Cols() == d && dst.Rows() == n && dst.Cols() == m, dst, a, b)
	if use != plain {
		rowsSIMD(dst.Data, a.Data, b.Data, n, d, m, true)
		return
	}
	for i := range n {
		x, out := a.Data[i*d:][:d], dst.Data[i*m:][:m]
		j := 0
		for ; j+4 <= m; j += 4 {
			y := b.Data[j*d:]
			out[j], out[j+1], out[j+2], out[j+3] = distance4(x, y[:d], y[d:][:d], y[2*d:][:d], y[3*d:][:d])
		}
		for ; j < m; j++ {
			out[j] = SquaredDistance(x, b.Data[j*d:][:d])
		}
	}
}

// SquaredDistance gives the squared Euclidean distance of two rows of one
// length, to the last bit as SquaredDistancesTo does.
func SquaredDistance(x, y []float32) (s float32) {
	y = y[:len(x)]
	if use != plain {
		var out [1]float32
		rowsSIMD(out[:], x, y, 1, len(x), 1, true)
		return out[0]
	}
	for j, v := range x {
		e := v - y[j]
		s += e * e
	}
	return s
}

func distance4(x, y0, y1, y2, y3 []float32) (s0, s1, s2, s3 float32) {
	y0, y1, y2, y3 = y0[:len(x)], y1[:len(x)], y2[:len(x)], y3[:len(x)]
	for j, v := range x {
		e0, e1, e2, e3 := v-y0[j], v-y1[j], v-y2[j], v-y3[j]
		s0 += e0 * e0
		s1 += e1 * e1
		s2 += e2 * e2
		s3 += e3 * e3
	}
	return
}
