//go:build !amd64

package tensor

func fastest() path { return plain }

func (p *panel) strip(j, left int) int { panic("tensor: no kernel") }

func rowsSIMD(dst, a, b []float32, n, k, m int, distances bool) { panic("tensor: no kernel") }
