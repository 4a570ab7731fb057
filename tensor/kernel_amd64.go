package tensor

import "golang.org/x/sys/cpu"

func fastest() path {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA:
		return plain
	case !x.HasAVX512F || !x.HasAVX512DQ || !x.HasAVX512VL:
		return avx2
	}
	return avx512
}

// lanes has the masks of 8 lanes: that of the first n is at lanes[8-n:].
var lanes = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}

func mask8(n int) *int32 { return &lanes[8-n] }

// strip does at most left columns from j on and tells how many.
func (p *panel) strip(j, left int) int {
	dst, a, b, bias := &p.dst[j], &p.a[0], &p.b[j], (*float32)(nil)
	if p.bias != nil {
		bias = &p.bias[j]
	}
	if use == avx2 {
		return p.strip2(dst, a, b, bias, left)
	}
	return p.strip512(dst, a, b, bias, left)
}

func (p *panel) strip2(dst, a, b, bias *float32, left int) int {
	switch {
	case left >= 16:
		panelAVX2x2(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu)
		return 16
	case left > 8:
		panelAVX2x2masked(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask8(left-8))
	default:
		panelAVX2x1(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask8(left))
	}
	return left
}

func (p *panel) strip512(dst, a, b, bias *float32, left int) int {
	cols := min(left, 64)
	mask := uint32(0xffff) >> (-cols & 15)
	switch {
	case cols > 48:
		panelAVX512x4(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask)
	case cols > 32:
		panelAVX512x3(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask)
	case cols > 16:
		panelAVX512x2(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask)
	default:
		panelAVX512x1(dst, a, b, p.n, p.k, p.row, p.step, p.ldb, p.ldd, bias, p.relu, mask)
	}
	return cols
}

// rowsSIMD writes dst [n, m], the products of each row of a [n, k] with each
// row of b [m, k], or their squared distances.
func rowsSIMD(dst, a, b []float32, n, k, m int, distances bool) {
	g := grid{dst[:n*m], a[:n*k], b[:m*k], k, m, distances}
	if len(dst) == 0 || k == 0 {
		clear(dst)
		return
	}
	// So many rows of b stay in the first-level cache while all of a passes.
	const cached = 6 << 10
	block := max(8, cached/k&^7)
	for j := 0; j < m; j += block {
		w := min(block, m-j)
		if use == avx512 {
			g.avx512(n, j, w)
		} else {
			g.avx2(n, j, w)
		}
	}
}

// grid is the operands of rowsSIMD.
type grid struct {
	dst, a, b []float32
	k, m      int
	distances bool
}

// avx512 does columns j to j+w-1 of the first n rows of dst, 6 rows by 8
// columns at a time. Where those do not come out even the last ones do some
// elements again, which changes no bit of them.
func (g *grid) avx512(n, j, w int) {
	if w < 8 {
		g.avx2(n, j, w)
		return
	}
	for i := 0; i < n; {
		h := 1
		if n >= 6 {
			h, i = 6, min(i, n-6)
		}
		g.eights(h, i, j, w&^7)
		if w&7 != 0 {
			g.eights(h, i, j+w-8, 8)
		}
		i += h
	}
}

func (g *grid) eights(h, i, j, w int) {
	dst, a, b := &g.dst[i*g.m+j], &g.a[i*g.k], &g.b[j*g.k]
	mask := uint32(1)<<(g.k&7) - 1
	switch {
	case g.distances && h == 6:
		distances6AVX512(dst, a, b, g.k, w, g.m, mask)
	case g.distances:
		distances1AVX512(dst, a, b, g.k, w, g.m, mask)
	case h == 6:
		dots6AVX512(dst, a, b, g.k, w, g.m, mask)
	default:
		dots1AVX512(dst, a, b, g.k, w, g.m, mask)
	}
}

// avx2 does columns j to j+w-1 of the first n rows of dst.
func (g *grid) avx2(n, j, w int) {
	mask := mask8(g.k & 7)
	for i := 0; i < n; {
		dst, a, b := &g.dst[i*g.m+j], &g.a[i*g.k], &g.b[j*g.k]
		switch {
		case g.distances && i+2 <= n:
			distances2AVX2(dst, a, b, g.k, w, g.m, mask)
			i += 2
		case g.distances:
			distances1AVX2(dst, a, b, g.k, w, g.m, mask)
			i++
		case i+3 <= n:
			dots3AVX2(dst, a, b, g.k, w, g.m, mask)
			i += 3
		default:
			dots1AVX2(dst, a, b, g.k, w, g.m, mask)
			i++
		}
	}
}
