package grad

import "github.com/inkling-sec/inkling/tensor"

// Sum adds all elements to a scalar.
func Sum(a *Node) *Node {
	n := a.tape.make(1, 1, sumRule, a, nil)
	n.value.Data[0] = float32(tensor.Sum(&a.value))
	return n
}

func sumRule(n, g *Node, i int) *Node { return Spread(g, n.in[0].Rows(), n.in[0].Cols()) }

// Spread gives [rows, cols] of the scalar a.
func Spread(a *Node, rows, cols int) *Node {
	n := a.tape.make(rows, cols, spreadRule, a, nil)
	tensor.SpreadTo(&n.value, &a.value)
	return n
}

func spreadRule(n, g *Node, i int) *Node { return Sum(g) }

// SumRows adds the rows of a [n, d] to one row [1, d].
func SumRows(a *Node) *Node {
	n := a.tape.make(1, a.Cols(), sumRowsRule, a, nil)
	tensor.SumRowsTo(&n.value, &a.value)
	return n
}

func sumRowsRule(n, g *Node, i int) *Node { return SpreadRow(g, n.in[0].Rows()) }

// SpreadRow gives [rows, d] of the row v [1, d].
func SpreadRow(v *Node, rows int) *Node {
	n := v.tape.make(rows, v.Cols(), spreadRowRule, v, nil)
	tensor.SpreadRowTo(&n.value, &v.value)
	return n
}

func spreadRowRule(n, g *Node, i int) *Node { return SumRows(g) }

// SumCols adds the columns of a [n, d] to one column [n, 1].
func SumCols(a *Node) *Node {
	n := a.tape.make(a.Rows(), 1, sumColsRule, a, nil)
	tensor.SumColsTo(&n.value, &a.value)
	return n
}

func sumColsRule(n, g *Node, i int) *Node { return SpreadCol(g, n.in[0].Cols()) }

// SpreadCol gives [n, cols] of the column v [n, 1].
func SpreadCol(v *Node, cols int) *Node {
	n := v.tape.make(v.Rows(), cols, spreadColRule, v, nil)
	tensor.SpreadColTo(&n.value, &v.value)
	return n
}

func spreadColRule(n, g *Node, i int) *Node { return SumCols(g) }

// AddRow adds the row v [1, d] to every row of a [n, d].
func AddRow(a, v *Node) *Node {
	n := like(addRowRule, a, v)
	tensor.AddRowTo(&n.value, &a.value, &v.value)
	return n
}

func addRowRule(n, g *Node, i int) *Node {
	if i == 0 {
		return g
	}
	return SumRows(g)
}

// MulRow multiplies every row of a [n, d] by the row v [1, d].
func MulRow(a, v *Node) *Node {
	n := like(mulRowRule, a, v)
	tensor.MulRowTo(&n.value, &a.value, &v.value)
	return n
}

func mulRowRule(n, g *Node, i int) *Node {
	if i == 0 {
		return MulRow(g, n.in[1])
	}
	return DotCols(g, n.in[0])
}

// AddCol adds the column v [n, 1] to every column of a [n, d].
func AddCol(a, v *Node) *Node {
	n := like(addColRule, a, v)
	tensor.AddColTo(&n.value, &a.value, &v.value)
	return n
}

func addColRule(n, g *Node, i int) *Node {
	if i == 0 {
		return g
	}
	return SumCols(g)
}

// MulCol multiplies every column of a [n, d] by the column v [n, 1].
func MulCol(a, v *Node) *Node {
	n := like(mulColRule, a, v)
	tensor.MulColTo(&n.value, &a.value, &v.value)
	return n
}

func mulColRule(n, g *Node, i int) *Node {
	if i == 0 {
		return MulCol(g, n.in[1])
	}
	return DotRows(g, n.in[0])
}

// DotRows gives the inner products of the rows of a [n, d] with those of b, as
// a column [n, 1].
func DotRows(a, b *Node) *Node {
	n := a.tape.make(a.Rows(), 1, dotRowsRule, a, b)
	tensor.DotRowsTo(&n.value, &a.value, &b.value)
	return n
}

func dotRowsRule(n, g *Node, i int) *Node { return MulCol(n.in[1-i], g) }

// AffineRows gives a·scale + shift, row by row of a [n, d].
func AffineRows(a, scale, shift *Node) *Node {
	n := like(affineRowsRule, a, scale)
	n.in[2] = shift
	tensor.AffineRowsTo(&n.value, &a.value, &scale.value, &shift.value)
	return n
}

func affineRowsRule(n, g *Node, i int) *Node {
	switch i {
	case 0:
		return MulRow(g, n.in[1])
	case 1:
		return DotCols(g, n.in[0])
	}
	return SumRows(g)
}

// AddMulRow gives acc + a·v, row by row of a [n, d].
func AddMulRow(acc, a, v *Node) *Node {
	n := like(addMulRowRule, acc, a)
	n.in[2] = v
	tensor.AddMulRowTo(&n.value, &acc.value, &a.value, &v.value)
	return n
}

func addMulRowRule(n, g *Node, i int) *Node {
	switch i {
	case 1:
		return MulRow(g, n.in[2])
	case 2:
		return DotCols(g, n.in[1])
	}
	return g
}

// DotCols gives the inner products of the columns of a [n, d] with those of b,
// as a row [1, d].
func DotCols(a, b *Node) *Node {
	n := a.tape.make(1, a.Cols(), dotColsRule, a, b)
	tensor.DotColsTo(&n.value, &a.value, &b.value)
	return n
}

func dotColsRule(n, g *Node, i int) *Node { return MulRow(n.in[1-i], g) }
