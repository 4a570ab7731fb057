package grad

import "github.com/inkling-sec/inkling/tensor"

// Batch norm and pooling in one: what [NormPool] leaves of its input is a
// quarter as large, and so are most of the terms of its derivatives.

// pooling is what the ops on one NormPool's input share.
type pooling struct {
	by         tensor.Pool   // the zero value takes all elements
	which      tensor.Tensor // pixel of each window that is taken
	whichSides [2]int
	eps        float32
	mean, rstd tensor.Tensor // of the columns of the input
	sides      [2]int
}

func (q *pooling) pools() bool { return q.by.High > 0 }

// NormPool takes from each column of x its mean, divides it by
// √(variance + eps), and of each of p's windows takes the largest element where
// sign is 0 or more in its column, the smallest where it is less: so that
// NormPool(x, sign, …)·sign is the max-pool of the batch norm. The zero Pool
// takes all elements. To sign it gives no gradient.
func NormPool(x, sign *Node, eps float32, p tensor.Pool) *Node {
	t := x.tape
	pools := t.pools.take(1)
	q := &pools[0]
	*q = pooling{by: p, eps: eps, sides: [2]int{1, x.Cols()}}
	q.mean = tensor.Tensor{Shape: q.sides[:], Data: t.data.take(x.Cols())}
	q.rstd = tensor.Tensor{Shape: q.sides[:], Data: t.data.take(x.Cols())}
	tensor.MomentsTo(&q.mean, &q.rstd, &x.value, eps, t.Workers)
	rows := x.Rows()
	if q.pools() {
		h, w := p.Out()
		rows = rows / (p.Height * p.Width) * h * w
		q.whichSides = [2]int{rows, x.Cols()}
		q.which = tensor.Tensor{Shape: q.whichSides[:], Data: t.data.take(rows * x.Cols())}
	}
	n := t.make(rows, x.Cols(), normPoolRule, x, sign)
	n.pool = q
	from := &x.value
	if q.pools() {
		tensor.PoolTo(&n.value, &q.which, from, &sign.value, &q.by, t.Workers)
		from = &n.value
	}
	shift := t.make(1, x.Cols(), nil, nil, nil)
	for j, m := range q.mean.Data {
		shift.value.Data[j] = -m * q.rstd.Data[j]
	}
	tensor.AffineRowsTo(&n.value, from, &q.rstd, &shift.value)
	return n
}

func normPoolRule(n, g *Node, i int) *Node {
	if i == 1 {
		return nil
	}
	return normBack(n.in[0], g, n, n.pool)
}

// Below, x [n, d] is NormPool's input, ẑ the input normalised and y its result;
// U puts a small matrix back into the large one's places and J is ẑ's
// derivative, which is symmetric:
//
//	J·v = r·(v − v̄ − ẑ·(ẑ·v)/n), column by column, r being 1/√(variance + eps)
//
// So the derivative of y towards v is Uᵀ·J·v, and its adjoint at g is J·U·g.

// normBack gives J·U·g.
func normBack(x, g, y *Node, q *pooling) *Node {
	n := like(normBackRule, x, g)
	n.in[2], n.pool = y, q
	t, d, rows := x.tape, x.Cols(), float32(x.Rows())
	sums, dots := t.make(1, d, nil, nil, nil), t.make(1, d, nil, nil, nil)
	tensor.SumRowsTo(&sums.value, &g.value)
	tensor.DotColsTo(&dots.value, &g.value, &y.value)
	scale, shift := t.make(1, d, nil, nil, nil), t.make(1, d, nil, nil, nil)
	for j, r := range q.rstd.Data {
		a := -r * r * dots.value.Data[j] / rows
		scale.value.Data[j], shift.value.Data[j] = a, -r*sums.value.Data[j]/rows-a*q.mean.Data[j]
	}
	tensor.AffineRowsTo(&n.value, &x.value, &scale.value, &shift.value)
	small := like(nil, g, nil)
	tensor.MulRowTo(&small.value, &g.value, &q.rstd)
	q.addTo(&n.value, &n.value, &small.value)
	return n
}

// The third operand is the result, a function of the first: all of the
// derivative is told with the first.
func normBackRule(n, h *Node, i int) *Node {
	switch i {
	case 0:
		return normTwice(n.in[0], h, n.in[1], n.in[2], n.pool)
	case 1:
		return normAlong(n.in[0], h, n.in[2], n.pool)
	}
	return nil
}

// normAlong gives Uᵀ·J·h.
func normAlong(x, h, y *Node, q *pooling) *Node {
	n := like(normAlongRule, y, nil)
	n.in, n.pool = [3]*Node{x, h, y}, q
	t, d, rows := x.tape, x.Cols(), float32(x.Rows())
	sums, dots := t.make(1, d, nil, nil, nil), t.make(1, d, nil, nil, nil)
	tensor.SumRowsTo(&sums.value, &h.value)
	tensor.DotColsTo(&dots.value, &h.value, &x.value)
	scale, shift := t.make(1, d, nil, nil, nil), t.make(1, d, nil, nil, nil)
	for j, r := range q.rstd.Data {
		hz := r * (dots.value.Data[j] - q.mean.Data[j]*sums.value.Data[j])
		scale.value.Data[j], shift.value.Data[j] = -r*hz/rows, -r*sums.value.Data[j]/rows
	}
	tensor.AffineRowsTo(&n.value, &y.value, &scale.value, &shift.value)
	picked := &h.value
	if q.pools() {
		small := like(nil, y, nil)
		tensor.PickTo(&small.value, picked, &q.which, &q.by)
		picked = &small.value
	}
	tensor.AddMulRowTo(&n.value, &n.value, picked, &q.rstd)
	return n
}

func normAlongRule(n, g *Node, i int) *Node {
	switch i {
	case 0:
		return normTwice(n.in[0], n.in[1], g, n.in[2], n.pool)
	case 1:
		return normBack(n.in[0], g, n.in[2], n.pool)
	}
	return nil
}

// normTwice gives the derivative of hᵀ·J·U·g with respect to x,
//
//	−r²/n·( (ẑ·Ug)·(h − h̄) + (ẑ·h)·(Ug − ḡ) + ẑ·(h·Ug − n·h̄·ḡ − 3·(ẑ·h)·(ẑ·Ug)/n) ),
//
// made of ops, so that it can be differentiated on.
func normTwice(x, h, g, y *Node, q *pooling) *Node {
	rows := float32(x.Rows())
	mean, r := columnMean(x, q), columnRstd(x, q)
	sumH, sumG := SumRows(h), SumRows(g)
	hz := Mul(r, Sub(DotCols(h, x), Mul(mean, sumH)))
	gz := DotCols(g, y)
	s := Sub(DotCols(pick(h, q), g), Scale(Mul(sumH, sumG), 1/rows))
	f := Scale(Mul(r, r), -1/rows)
	both := Mul(hz, gz)
	ofX := Mul(Mul(f, r), AddScaled(s, both, -3/rows))
	shift := Add(Mul(ofX, mean), Scale(Mul(f, Add(Mul(gz, sumH), Mul(hz, sumG))), 1/rows))
	n := AffineRows(x, ofX, Neg(shift))
	n = AddMulRow(n, h, Mul(f, gz))
	return addUnpool(n, MulRow(g, Mul(f, hz)), q)
}

// columnMean gives the mean of each column of x.
func columnMean(x *Node, q *pooling) *Node {
	n := x.tape.make(1, x.Cols(), columnMeanRule, x, nil)
	copy(n.value.Data, q.mean.Data)
	return n
}

func columnMeanRule(n, g *Node, i int) *Node {
	rows := n.in[0].Rows()
	return SpreadRow(Scale(g, 1/float32(rows)), rows)
}

// columnRstd gives 1/√(variance + eps) of each column of x.
func columnRstd(x *Node, q *pooling) *Node {
	n := x.tape.make(1, x.Cols(), columnRstdRule, x, nil)
	n.pool = q
	copy(n.value.Data, q.rstd.Data)
	return n
}

func columnRstdRule(n, g *Node, i int) *Node {
	x := n.in[0]
	a := Scale(Mul(g, Mul(n, Mul(n, n))), -1/float32(x.Rows()))
	return AffineRows(x, a, Neg(Mul(a, columnMean(x, n.pool))))
}

// pick gives Uᵀ·a.
func pick(a *Node, q *pooling) *Node {
	if !q.pools() {
		return a
	}
	h, w := q.by.Out()
	n := a.tape.make(a.Rows()/(q.by.Height*q.by.Width)*h*w, a.Cols(), pickRule, a, nil)
	n.pool = q
	tensor.PickTo(&n.value, &a.value, &q.which, &q.by)
	return n
}

func pickRule(n, g *Node, i int) *Node {
	a := n.in[0]
	return addUnpool(a.tape.Zeros(a.Rows(), a.Cols()), g, n.pool)
}

// addUnpool gives acc + U·g.
func addUnpool(acc, g *Node, q *pooling) *Node {
	n := like(addUnpoolRule, acc, g)
	n.pool = q
	q.addTo(&n.value, &acc.value, &g.value)
	return n
}

func addUnpoolRule(n, h *Node, i int) *Node {
	if i == 0 {
		return h
	}
	return pick(h, n.pool)
}

// addTo writes acc + U·g to dst.
func (q *pooling) addTo(dst, acc, g *tensor.Tensor) {
	if !q.pools() {
		tensor.AddTo(dst, acc, g)
		return
	}
	tensor.AddUnpoolTo(dst, acc, g, &q.which, &q.by)
}
