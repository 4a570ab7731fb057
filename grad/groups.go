package grad

import "github.com/inkling-sec/inkling/tensor"

// The rows of a [g·n, d] are g groups of n rows that stand together, as of one
// column of n rows of a table; a row of v [g, d] belongs to a group.

// AffineGroups gives a·scale + shift, group by group; scale and shift are [g, d].
func AffineGroups(a, scale, shift *Node) *Node {
	n := like(affineGroupsRule, a, scale)
	n.in[2] = shift
	tensor.AffineGroupsTo(&n.value, &a.value, &scale.value, &shift.value)
	return n
}

func affineGroupsRule(n, g *Node, i int) *Node {
	switch i {
	case 0:
		return MulGroups(g, n.in[1])
	case 1:
		return DotGroups(g, n.in[0], n.in[1].Rows())
	}
	return SumGroups(g, n.in[2].Rows())
}

// MulGroups multiplies the rows of a [g·n, d] by their group's row of v [g, d].
func MulGroups(a, v *Node) *Node {
	n := like(mulGroupsRule, a, v)
	tensor.MulGroupsTo(&n.value, &a.value, &v.value)
	return n
}

func mulGroupsRule(n, g *Node, i int) *Node {
	if i == 0 {
		return MulGroups(g, n.in[1])
	}
	return DotGroups(g, n.in[0], n.in[1].Rows())
}

// DotGroups gives the inner products of the columns of each of so many groups
// of a with those of b, as [groups, d].
func DotGroups(a, b *Node, groups int) *Node {
	n := a.tape.make(groups, a.Cols(), dotGroupsRule, a, b)
	tensor.DotGroupsTo(&n.value, &a.value, &b.value)
	return n
}

func dotGroupsRule(n, g *Node, i int) *Node { return MulGroups(n.in[1-i], g) }

// SumGroups adds up the rows of each of so many groups of a, as [groups, d].
func SumGroups(a *Node, groups int) *Node {
	n := a.tape.make(groups, a.Cols(), sumGroupsRule, a, nil)
	tensor.SumGroupsTo(&n.value, &a.value)
	return n
}

func sumGroupsRule(n, g *Node, i int) *Node { return SpreadGroups(g, n.in[0].Rows()) }

// SpreadGroups gives each row of v [g, d] to all rows of its group, rows in all.
func SpreadGroups(v *Node, rows int) *Node {
	n := v.tape.make(rows, v.Cols(), spreadGroupsRule, v, nil)
	tensor.SpreadGroupsTo(&n.value, &v.value)
	return n
}

func spreadGroupsRule(n, g *Node, i int) *Node { return SumGroups(g, n.in[0].Rows()) }
