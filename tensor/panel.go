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
	if p.m < 8 && p.ldd == p.m && (p.row == 1 || use == avx512) {
		p.narrow()
		return
	}
	p.strips()
}

func (p *panel) strips() {
	for j := 0; j < p.m; {
		j += p.strip(j, p.m-j)
	}
}

// narrow makes a result of few columns: sideways, but for a few rows.
func (p *panel) narrow() {
	block := p.n
	if p.row != 1 {
		block = 128 // so much of a is turned at a time
	}
	for i := 0; i < p.n; i += block {
		q := *p
		q.n, q.a, q.dst = min(block, p.n-i), p.a[i*p.row:], p.dst[i*p.ldd:]
		if q.n < 16 {
			q.strips()
		} else {
			q.sideways()
		}
	}
}

// sideways makes the few columns of the result as rows of its transpose, which
// fill vectors, and turns them. Each element has the same products in the same
// order.
func (p *panel) sideways() {
	size, turned := 8*p.n, 0
	if p.row != 1 {
		turned = p.n * p.k
	}
	room := borrowRoom(size + turned)
	defer returnRoom(room)
	flat := panel{dst: (*room)[:size], a: p.b, b: p.a, n: p.m, k: p.k, m: p.n, row: 1, step: p.ldb, ldb: p.step, ldd: p.n}
	if turned > 0 {
		flat.b, flat.ldb = (*room)[size:], p.n
		transposeSIMD(&flat.b[0], &p.a[0], p.n, p.row, p.n)
	}
	flat.simd()
	turnNarrowSIMD(&p.dst[0], &flat.dst[0], p.m, p.n)
	switch {
	case p.bias == nil:
	case p.relu:
		biasReluSIMD(p.dst, p.dst, p.bias, p.n, p.m)
	default:
		addRowSIMD(p.dst, p.dst, p.bias, p.n, p.m)
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
