package meta

import (
	"math"
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// A judge is a matcher that was taught: the lesson as the network sees it.
type judge struct {
	*lesson
	params       []*tensor.Tensor
	scale, shift *tensor.Tensor // [columns, cell]: of the first layer of cells, column by column
	gate         []float32      // weight of each column's evidence
	gain, offset float32        // of the additive score
	gains        []float32      // of the ratios
	heads        []metricHead
	common       *tensor.Tensor // what the first of the last layers gives for all rows, [last]
	last         *tensor.Tensor // the rest of that layer's weights
	tables       []table
	rooms        sync.Pool // of *room
}

// metricHead is a learned metric: a weight for each coordinate of where a row lies.
type metricHead struct {
	root         *tensor.Tensor // [1, 2d], square roots of the weights
	land, taught *tensor.Tensor // weighted
	unit         float32        // mean distance between benign neighbours
}

// dense gives x·w + bias by the layer at p.
func dense(params []*tensor.Tensor, p int, x *tensor.Tensor) *tensor.Tensor {
	y := tensor.New(x.Rows(), params[p].Cols())
	tensor.DenseTo(y, x, params[p], params[p+1], false)
	return y
}

func geluOf(x *tensor.Tensor) *tensor.Tensor {
	tensor.GeluTo(x, x)
	return x
}

// newJudge shows the network the lesson.
func newJudge(l *lesson, params []*tensor.Tensor) *judge {
	g := &judge{lesson: l, params: params}
	h := g.read()
	g.film(h)
	mean := tensor.From(meanOf(h.Data, h.Cols()), 1, h.Cols())
	about := mean
	if l.votes != nil {
		about = tensor.From(append(append([]float32{}, mean.Data...), l.votes.told...), 1, l.form.pooledSides())
	}
	pooled := dense(params, pPool1, geluOf(dense(params, pPool0, about))).Data
	g.gain, g.offset = softplus(pooled[0]+1), pooled[1]
	for _, v := range pooled[2:] {
		g.gains = append(g.gains, softplus(v))
	}
	for _, v := range dense(params, pGate, h).Data {
		g.gate = append(g.gate, softplus(v)/root32(float32(l.columns())))
	}
	if l.form.heads > 0 {
		g.weigh(dense(params, pMetric, h.RowRange(0, l.d)))
	}
	g.common = params[pLast0+1].Clone()
	from := l.form.heads*metricSides + evidenceSides + 1
	for i, v := range mean.Data {
		for k, w := range params[pLast0].Row(from + i) {
			g.common.Data[k] += v * w
		}
	}
	g.last = g.lastWeights()
	return g
}

// read gives each token in the network's words, [columns, width].
func (g *judge) read() *tensor.Tensor {
	h := dense(g.params, pToken1, geluOf(dense(g.params, pToken0, g.tokens)))
	mixed := dense(g.params, pMix1, geluOf(dense(g.params, pMix0, geluOf(h.Clone()))))
	tensor.AddTo(h, h, mixed)
	tensor.NormRowsTo(h, h, layerEps)
	tensor.AffineRowsTo(h, h, g.params[pNorm], g.params[pNorm+1])
	return h
}

const layerEps = 1e-5

// film turns each token into scale and shift of the cells' first layer (Perez et al. 2018).
func (g *judge) film(h *tensor.Tensor) {
	both, n := dense(g.params, pFilm, h), g.form.cell
	g.scale, g.shift = tensor.New(h.Rows(), n), tensor.New(h.Rows(), n)
	bias := g.params[pCell0+1].Data
	for j := range h.Rows() {
		for i := range n {
			f := 1 + both.Row(j)[i]
			g.scale.Row(j)[i] = f
			g.shift.Row(j)[i] = bias[i]*f + both.Row(j)[n+i]
		}
	}
}

// weigh makes the learned metrics of logits [d, 2·heads]: column 0 and on for
// normal scores, then for logarithms.
func (g *judge) weigh(logits *tensor.Tensor) {
	heads, d := g.form.heads, g.d
	shares := tensor.New(2*heads, d)
	tensor.TransposeTo(shares, logits)
	tensor.SoftmaxTo(shares, shares)
	for i := range heads {
		w := metricHead{root: tensor.New(1, 2*d)}
		for j := range d {
			w.root.Data[j] = root32(shares.Row(i)[j]/2 + 1e-8)
			w.root.Data[d+j] = root32(shares.Row(heads + i)[j]/2 + 1e-8)
		}
		w.land, w.taught = w.at(g.landAt), w.at(g.taughtAt)
		w.unit = spacing(w.land, 5)
		g.heads = append(g.heads, w)
	}
}

func (w *metricHead) at(x *tensor.Tensor) *tensor.Tensor {
	y := tensor.New(x.Rows(), x.Cols())
	tensor.MulRowTo(y, x, w.root)
	return y
}

// tell writes a head's distances of a row: logarithms of that to the five
// nearest benign rows and to the nearest taught one, their ratio, the same as
// a share, the mean taught one and the nearest benign one.
func (w *metricHead) tell(dst, land, taught []float32) {
	var nearest [tensor.LeastCount]float32
	tensor.Least(&nearest, land)
	benign, first := meanOfLeast(nearest[:])/w.unit, root32(nearest[0])/w.unit
	least, mean := taught[0], float32(0)
	for _, v := range taught {
		least = min(least, v)
		mean += root32(v)
	}
	closest := root32(least) / w.unit
	mean /= float32(len(taught)) * w.unit
	dst[0], dst[1] = log32(benign+metricEase), log32(closest+metricEase)
	dst[2] = dst[0] - dst[1]
	dst[3] = 4*benign/(benign+closest+metricEase) - 2
	dst[4], dst[5] = log32(mean+metricEase), log32(first+metricEase)
}

func softplus(x float32) float32 {
	v := float64(x)
	return float32(max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))))
}

// lastWeights gives the first of the last layers' weights, without the rows
// that take what all rows have in common.
func (g *judge) lastWeights() *tensor.Tensor {
	all := g.params[pLast0]
	from := g.form.heads*metricSides + evidenceSides + 1
	w := tensor.New(all.Rows()-g.form.width, all.Cols())
	n := copy(w.Data, all.Data[:from*all.Cols()])
	copy(w.Data[n:], all.Data[(from+g.form.width)*all.Cols():])
	return w
}
