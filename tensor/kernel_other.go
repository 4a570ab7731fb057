//go:build !amd64

package tensor

func fastest() path { return plain }

func panelSIMD(dst, a, b []float32, n, k, m, row, step int) { panic("tensor: no kernel") }

func rowsSIMD(dst, a, b []float32, n, k, m int, distances bool) { panic("tensor: no kernel") }
