package prior

// factor is a sparse linear map.
type factor struct {
	weight [][]float64 // [feature][latent]
}

func newFactor(g *gen, w *world) mixer {
	density := max(.15, min(1, of(g, 1.5, 3, 8)/float64(w.r)))
	f := &factor{}
	for range w.d {
		f.weight = append(f.weight, g.sparse(w.r, density, 1))
	}
	return f
}

func (f *factor) mix(_ *gen, x, z table) { sums(x, z, f.weight) }

// sums writes to each column of x the sum of the columns of z by its weights.
func sums(x, z table, weight [][]float64) {
	for j, c := range x {
		clear(c)
		for i, a := range weight[j] {
			if a != 0 {
				axpy(a, z[i], c)
			}
		}
	}
}
