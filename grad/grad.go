package grad

import "github.com/inkling-sec/inkling/tensor"

// Grad gives the gradient of the scalar y with respect to each of wrt, as new
// nodes of their shapes. The slice lives in the tape's memory. Grad walks only
// the nodes between wrt and y.
func Grad(y *Node, wrt ...*Node) []*Node {
	if len(y.value.Data) != 1 {
		panic(&tensor.Error{Op: "Grad", Problem: "is not a scalar", Shapes: [][]int{y.value.Shape}})
	}
	t := y.tape
	first := t.markPaths(y, wrt)
	if y.mark == t.epoch {
		y.grad = t.Fill(1, 1, 1)
	}
	for id := y.id; id >= first; id-- {
		if n := t.at(id); n.mark == t.epoch && n.grad != nil {
			n.pushBack()
		}
	}
	out := t.Nodes(len(wrt))
	for i, w := range wrt {
		if out[i] = w.grad; out[i] == nil {
			out[i] = t.Zeros(w.shape[0], w.shape[1])
		}
	}
	return out
}

// markPaths marks wrt and what depends on them up to y, and gives the first id.
func (t *Tape) markPaths(y *Node, wrt []*Node) int {
	t.epoch++
	first := y.id
	for _, w := range wrt {
		w.mark, w.grad = t.epoch, nil
		first = min(first, w.id)
	}
	for id := first; id <= y.id; id++ {
		n := t.at(id)
		for _, in := range n.in {
			if in != nil && in.mark == t.epoch {
				n.mark, n.grad = t.epoch, nil
			}
		}
	}
	return first
}

// pushBack adds to the gradients of the operands what n's gradient makes of them.
func (n *Node) pushBack() {
	for i, in := range n.in {
		if in == nil || in.mark != n.mark {
			continue
		}
		switch d := n.rule(n, n.grad, i); {
		case d == nil:
		case in.grad == nil:
			in.grad = d
		default:
			in.grad = Add(in.grad, d)
		}
	}
}
