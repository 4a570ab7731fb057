package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// testTree is a tree as it is defined: a leaf where it has no children.
type testTree struct {
	column      int
	at          float32
	left, right *testTree
	share       [2]float32
}

func (t *testTree) of(row []float32) [2]float32 {
	for t.left != nil {
		if row[t.column] > t.at {
			t = t.right
		} else {
			t = t.left
		}
	}
	return t.share
}

func (t *testTree) addTo(f *Forest, node int) {
	if t.left == nil {
		f.Leaf(node, t.share[0], t.share[1])
		return
	}
	left := f.Branch(node, t.column, t.at)
	t.left.addTo(f, left)
	t.right.addTo(f, left+1)
}

func growTest(rng *rand.Rand, deep, d int, value func() float32) *testTree {
	if deep == 0 || rng.IntN(5) == 0 {
		return &testTree{share: [2]float32{rng.Float32(), rng.Float32()}}
	}
	return &testTree{column: rng.IntN(d), at: value(), left: growTest(rng, deep-1, d, value), right: growTest(rng, deep-1, d, value)}
}

// Rows get the shares of the leaves that they come to, added up tree by tree, to the bit: also values on a threshold,
// and what is no number or infinite; any number of rows; trees that are one leaf.
func TestForest(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(51, 52))
		some := hard(rng, 1, 2, 3)
		value := func() float32 {
			if rng.IntN(2) == 0 {
				return float32(rng.IntN(4))
			}
			return some()
		}
		for _, n := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 200} {
			d, trees := 1+rng.IntN(12), []*testTree{}
			f := NewForest(d)
			for range rng.IntN(30) {
				trees = append(trees, growTest(rng, rng.IntN(7), d, value))
				trees[len(trees)-1].addTo(f, Root)
			}
			for range 2 { // the second time in a room that was used
				x, _ := within(rng, value, n, d)
				dst, kept := within(rng, value, n, 2)
				f.SumTo(dst, x)
				for i := range n {
					var want [2]float32
					for _, tree := range trees {
						share := tree.of(x.Row(i))
						want[0], want[1] = want[0]+share[0], want[1]+share[1]
					}
					if !slices.Equal(dst.Row(i), want[:]) {
						t.Fatalf("row %d of %d, %d trees: %v, want %v", i, n, len(trees), dst.Row(i), want)
					}
				}
				if !kept() {
					t.Fatalf("%d rows: something beside dst was written", n)
				}
			}
		}
	})
}
