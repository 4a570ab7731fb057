package tensor

// A panel is a product as the kernels make it: element i, j of dst is the sum
// over q < k of a[i·row+q·step]·b[q·ldb+j], for i < n and j < m. The rows of dst
// begin ldd apart.
type panel struct {
	dst, a, b []float32
	n, k, m   int
	row, step int
	ldb, ldd  int

	bias []float32 // added to every row, unless nil
	relu bool      // with bias: what is then below 0 becomes 0
}

// simd writes dst, by kernels.
func (p panel) simd() {
	if p.n == 0 || p.m == 0 {
		return
	}
	p.dst = p.dst[:(p.n-1)*p.ldd+p.m]
	if p.bias != nil {
		p.bias = p.bias[:p.m]
	}
	if p.k == 0 {
		p.empty()
		return
	}
	p.a, p.b = p.a[:(p.n-1)*p.row+(p.k-1)*p.step+1], p.b[:(p.k-1)*p.ldb+p.m]
	for j := 0; j < p.m; {
		j += p.strip(j, p.m-j)
	}
}

// empty writes sums of nothing.
func (p *panel) empty() {
	for i := range p.n {
		row := p.dst[i*p.ldd:][:p.m]
		clear(row)
		for j, v := range p.bias {
			row[j] += v
			if p.relu {
				row[j] = max(row[j], 0)
			}
		}
	}
}

// wideB is the number of rows from which on a·bᵀ is made by turning b.
const wideB = 16

// simdB writes a·bᵀ, b [m, k] having wideB rows or more: strip by strip it
// turns b and goes on as if for a·b.
func (p panel) simdB() {
	if p.n == 0 || p.k == 0 {
		p.simd()
		return
	}
	const width = 64
	room := borrowRoom(p.k * width)
	defer returnRoom(room)
	for j := 0; j < p.m; {
		w := min(width, p.m-j)
		if left := p.m - j - w; left > 0 && left < 8 {
			w -= 8 // no strip is too narrow to turn
		}
		transposeSIMD(&(*room)[0], &p.b[j*p.k:][:w*p.k][0], w, p.k, width)
		s := p
		s.dst, s.b, s.m, s.ldb = p.dst[j:], *room, w, width
		s.simd()
		j += w
	}
}
