package meta

import (
	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// taped is a matcher's network on a tape, as [judge] is one without.
type taped struct {
	*lesson
	tape   *grad.Tape
	params []*grad.Node
}

func (p *taped) dense(at int, x *grad.Node) *grad.Node {
	return grad.AddRow(grad.MatMul(x, p.params[at]), p.params[at+1])
}

// scores gives the scores of c's rows, [n, 1].
func (p *taped) scores(c *cells) *grad.Node {
	h := p.read()
	mean := grad.Scale(grad.SumRows(h), 1/float32(h.Rows()))
	about := mean
	if p.votes != nil {
		about = grad.Beside(mean, p.tape.Leaf(tensor.From(p.votes.told, 1, voteContext)))
	}
	pooled := p.dense(pPool1, grad.Gelu(p.dense(pPool0, about)))
	sums := p.sums(h, c)
	additive := grad.Columns(sums, 0, 1)
	additive = grad.MulRow(additive, softplusNode(grad.Offset(grad.Columns(pooled, 0, 1), 1)))
	additive = grad.AddRow(additive, grad.Columns(pooled, 1, 2))
	last, ratios := p.metric(h, c)
	last = beside(last, grad.Columns(sums, 1, 1+evidenceSides))
	last = grad.Beside(last, grad.Scale(clipNode(additive, clipAdditive), .25))
	if p.withRatio {
		told, more := p.plainly(c)
		last, ratios = grad.Beside(last, told), beside(ratios, more)
	} else {
		ratios = nil
	}
	if p.votes != nil {
		cast := p.tape.Leaf(c.votes)
		last, ratios = grad.Beside(last, grad.Scale(cast, 1/voteEase)), beside(ratios, cast)
	}
	score := grad.Add(additive, p.conclude(last, mean))
	if ratios != nil {
		gains := softplusNode(grad.Columns(pooled, 2, pooled.Cols()))
		score = grad.Add(score, grad.MatMulB(ratios, gains))
	}
	return score
}

func beside(a, b *grad.Node) *grad.Node {
	if a == nil {
		return b
	}
	return grad.Beside(a, b)
}

// read gives each token in the network's words.
func (p *taped) read() *grad.Node {
	h := p.dense(pToken1, grad.Gelu(p.dense(pToken0, p.tape.Leaf(p.tokens))))
	h = grad.Add(h, p.dense(pMix1, grad.Gelu(p.dense(pMix0, grad.Gelu(h)))))
	return grad.AffineRows(grad.NormRows(h, layerEps), p.params[pNorm], p.params[pNorm+1])
}

// sums gives the evidence of each row's cells, gated and added up, [n, 1+evidenceSides].
func (p *taped) sums(h *grad.Node, c *cells) *grad.Node {
	both, n, columns := p.dense(pFilm, h), p.form.cell, p.columns()
	scale := grad.Offset(grad.Columns(both, 0, n), 1)
	shift := grad.Add(grad.MulRow(scale, p.params[pCell0+1]), grad.Columns(both, n, 2*n))
	y := grad.AffineGroups(grad.MatMul(p.tape.Leaf(c.of), p.params[pCell0]), scale, shift)
	out := p.dense(pCell2, grad.Gelu(p.dense(pCell1, grad.Gelu(y))))
	gate := grad.Scale(softplusNode(p.dense(pGate, h)), 1/root32(float32(columns)))
	sums := grad.MatMulA(gate, grad.Reshape(out, columns, c.n*(1+evidenceSides)))
	return grad.Reshape(sums, c.n, 1+evidenceSides)
}

// metric gives what the heads tell of the rows, [n, heads·metricSides], and their ratios; nil without heads.
func (p *taped) metric(h *grad.Node, c *cells) (told, ratios *grad.Node) {
	heads := p.form.heads
	if heads == 0 {
		return nil, nil
	}
	shares := grad.Softmax(grad.Transpose(p.dense(pMetric, grad.Slice(h, 0, p.d))))
	for i := range heads {
		w := grad.Beside(grad.Slice(shares, i, i+1), grad.Slice(shares, heads+i, heads+i+1))
		one, ratio := p.head(grad.Sqrt(grad.Offset(grad.Scale(w, .5), 1e-8)), c)
		told, ratios = beside(told, one), beside(ratios, ratio)
	}
	return told, ratios
}

func (p *taped) head(root *grad.Node, c *cells) (told, ratio *grad.Node) {
	at := func(x *tensor.Tensor) *grad.Node { return grad.MulRow(p.tape.Leaf(x), root) }
	x, land, taught := at(c.at), at(p.landAt), at(p.taughtAt)
	between := rootsOfNearest(grad.SquaredDistances(land, land), 5, true)
	per := grad.Div(p.tape.Fill(1, 1, 1), grad.Offset(grad.Scale(grad.Sum(between), 1/float32(len(between.Value().Data))), .02))
	toLand, toTaught := grad.SquaredDistances(x, land), grad.SquaredDistances(x, taught)
	eased := func(d *grad.Node) *grad.Node { return grad.Offset(grad.MulRow(d, per), metricEase) }
	benign, first := eased(rootsOfNearest(toLand, 5, false)), eased(rootsOfNearest(toLand, 1, false))
	closest, mean := eased(rootsOfNearest(toTaught, 1, false)), eased(meanRoots(toTaught))
	far, close := grad.Log(benign), grad.Log(closest)
	ratio = grad.Sub(far, close)
	free := grad.Offset(benign, -metricEase)
	share := grad.Offset(grad.Scale(grad.Div(free, grad.Add(free, closest)), 4), -2)
	told = grad.Beside(grad.Beside(far, close), grad.Beside(ratio, share))
	return grad.Beside(told, grad.Beside(grad.Log(mean), grad.Log(first))), ratio
}

// rootEase keeps the slope of a root finite where rows are the same.
const rootEase = 1e-9

// rootsOfNearest gives the mean of the roots of each row's k least elements, [n, 1];
// others says that element i of row i does not count.
func rootsOfNearest(squares *grad.Node, k int, others bool) *grad.Node {
	n, m := squares.Rows(), squares.Cols()
	if others && m > 1 {
		k = min(k, m-1)
	}
	k = min(k, m)
	at := squares.Tape().Zeros(n*k, 1)
	var store [8]near
	for i := range n {
		skip := -1
		if others && m > 1 {
			skip = i
		}
		for q, b := range nearest(store[:0], squares.Value().Row(i), k, skip) {
			at.Value().Data[i*k+q] = float32(i*m + int(b.row))
		}
	}
	picked := grad.Gather(grad.Reshape(squares, n*m, 1), at)
	return meanRoots(grad.Reshape(picked, n, k))
}

func meanRoots(squares *grad.Node) *grad.Node {
	return grad.Scale(grad.SumCols(grad.Sqrt(grad.Offset(squares, rootEase))), 1/float32(squares.Cols()))
}

// plainly gives the plain distances of rows and their ratios: nothing in them is learned.
func (p *taped) plainly(c *cells) (told, ratios *grad.Node) {
	told, ratios = p.tape.Zeros(c.n, plainSides), p.tape.Zeros(c.n, ratioSides)
	p.lesson.plainly(c, told.Value(), ratios.Value())
	return told, ratios
}

// conclude is what the last layers say, [n, 1].
func (p *taped) conclude(last, mean *grad.Node) *grad.Node {
	w := p.params[pLast0]
	from, to := p.form.heads*metricSides+evidenceSides+1, p.form.heads*metricSides+evidenceSides+1+p.form.width
	own := grad.Slice(w, 0, from)
	if to < w.Rows() {
		own = grad.Concat(own, grad.Slice(w, to, w.Rows()))
	}
	common := grad.Add(grad.MatMul(mean, grad.Slice(w, from, to)), p.params[pLast0+1])
	return p.dense(pLast1, grad.Gelu(grad.AddRow(grad.MatMul(last, own), common)))
}

// softplusNode gives ln(1 + e to the power a).
func softplusNode(a *grad.Node) *grad.Node {
	up := grad.Relu(a)
	size := grad.Add(up, grad.Relu(grad.Neg(a)))
	return grad.Add(up, grad.Log(grad.Offset(grad.Exp(grad.Neg(size)), 1)))
}

// clipNode keeps a within ±by.
func clipNode(a *grad.Node, by float32) *grad.Node {
	return grad.Offset(grad.Sub(grad.Relu(grad.Offset(a, by)), grad.Relu(grad.Offset(a, -by))), -by)
}
