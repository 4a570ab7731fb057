package picture

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/inkling-sec/inkling/meta"
)

type canvas = draw.Canvas

// points are rows of one colour in a plane.
type points struct {
	x, y   []float64
	colour color.Color
	radius vg.Length
}

// scatter is points, those that are drawn first at the front.
type scatter []points

// cloud shows a task's rows in a plane: that in which the benign vary most, or
// that in which attacks do, measured by how the benign vary.
func cloud(t *meta.Task, withAttacks bool) scatter {
	d := len(t.Columns)
	pool := matrix(t.Support, d, 0)
	taughtRows, query := matrix(t.Support, d, 1), matrix(t.Query, d, 1)
	var known []*mat.Dense
	for c := 0; t.Known.Len() > 0 && c <= slices.Max(t.Known.Y); c++ {
		known = append(known, matrix(t.Known, d, c))
	}
	mean := meanOf(pool)
	within := spreadOf(mean, pool)
	if !withAttacks {
		p := plane(within, identity(d))
		return scatter{p.show(mean, pool, benign, 1)}
	}
	p := plane(spreadOf(mean, append([]*mat.Dense{query, taughtRows}, known...)...), regular(within))
	out := scatter{p.show(mean, pool, benign, 1)}
	for i, k := range known {
		out = append(out, p.show(mean, k, knowns[i%len(knowns)], 1.3))
	}
	return append(out, p.show(mean, query, attack, 1.4), p.show(mean, taughtRows, taught, 2.2))
}

func matrix(s meta.Set, d, class int) *mat.Dense {
	var data []float64
	for i, y := range s.Y {
		if y == class {
			for _, v := range s.X.Data[i*d : (i+1)*d] {
				data = append(data, float64(v))
			}
		}
	}
	return mat.NewDense(len(data)/d, d, data)
}

func meanOf(x *mat.Dense) []float64 {
	n, d := x.Dims()
	out := make([]float64, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			out[j] += v / float64(n)
		}
	}
	return out
}

// spreadOf gives the mean square of rows about a point.
func spreadOf(about []float64, sets ...*mat.Dense) *mat.SymDense {
	d := len(about)
	out, count := mat.NewSymDense(d, nil), 0
	diff := mat.NewVecDense(d, nil)
	for _, x := range sets {
		n, _ := x.Dims()
		for i := range n {
			for j, v := range x.RawRowView(i) {
				diff.SetVec(j, v-about[j])
			}
			out.SymRankOne(out, 1, diff)
		}
		count += n
	}
	out.ScaleSym(1/float64(max(1, count)), out)
	return out
}

func identity(d int) *mat.SymDense {
	out := mat.NewSymDense(d, nil)
	for j := range d {
		out.SetSym(j, j, 1)
	}
	return out
}

// regular adds a little to the diagonal.
func regular(s *mat.SymDense) *mat.SymDense {
	d := s.SymmetricDim()
	out := mat.NewSymDense(d, nil)
	out.CopySym(s)
	for j := range d {
		out.SetSym(j, j, s.At(j, j)+.05*mat.Trace(s)/float64(d)+1e-6)
	}
	return out
}

// axes are two directions.
type axes [2]*mat.VecDense

// plane gives the two directions in which the spread of is largest against that of by.
func plane(of, by *mat.SymDense) axes {
	d := of.SymmetricDim()
	var root mat.EigenSym
	root.Factorize(by, true)
	var v mat.Dense
	root.VectorsTo(&v)
	for j, e := range root.Values(nil) { // V/√e: columns that whiten
		for i := range d {
			v.Set(i, j, v.At(i, j)/math.Sqrt(max(e, 1e-9)))
		}
	}
	var half, white mat.Dense
	half.Mul(of, &v)
	white.Mul(v.T(), &half)
	sym := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			sym.SetSym(i, j, (white.At(i, j)+white.At(j, i))/2)
		}
	}
	var top mat.EigenSym
	top.Factorize(sym, true)
	var u mat.Dense
	top.VectorsTo(&u)
	var out axes
	for k := range out {
		out[k] = mat.NewVecDense(d, nil)
		out[k].MulVec(&v, u.ColView(max(0, d-1-k)))
	}
	return out
}

func (a axes) show(mean []float64, x *mat.Dense, c color.Color, radius vg.Length) points {
	p := points{colour: c, radius: radius}
	n, _ := x.Dims()
	for i := range n {
		var at [2]float64
		for k, axis := range a {
			for j, v := range x.RawRowView(i) {
				at[k] += (v - mean[j]) * axis.AtVec(j)
			}
		}
		p.x, p.y = append(p.x, at[0]), append(p.y, at[1])
	}
	return p
}

func (s scatter) fill(c canvas) {
	var x, y []float64
	for _, p := range s {
		x, y = append(x, p.x...), append(y, p.y...)
	}
	across, up := scale(x, c.Min.X, c.Max.X), scale(y, c.Min.Y, c.Max.Y)
	for _, p := range s {
		for i := range p.x {
			dot(c, vg.Point{X: across(p.x[i]), Y: up(p.y[i])}, p.radius, p.colour)
		}
	}
}

// scale maps the middle 99 % of values, and some space, to lo to hi; what lies beyond stays at the edge.
func scale(values []float64, lo, hi vg.Length) func(v float64) vg.Length {
	v := slices.Sorted(slices.Values(values))
	from, to := v[len(v)/200], v[len(v)-1-len(v)/200]
	space := .08*(to-from) + 1e-9
	from, to = from-space, to+space
	return func(v float64) vg.Length {
		share := min(max((v-from)/(to-from), .02), .98)
		return lo + vg.Length(share)*(hi-lo)
	}
}
