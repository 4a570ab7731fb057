package meta_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// flowers makes a table: classes of rows that differ in three of eight columns, more faintly than they vary in the others.
func flowers(seed uint64, classes int) []*tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]*tensor.Tensor, classes)
	for c := range out {
		out[c] = tensor.New(40, 8)
		centre := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for i := range out[c].Rows() {
			for j, row := 0, out[c].Row(i); j < len(row); j++ {
				row[j] = float32(2 * rng.NormFloat64())
				if j < len(centre) {
					row[j] = float32(centre[j] + 0.3*rng.NormFloat64())
				}
			}
		}
	}
	return out
}

// rightOf gives the share of query rows of n tasks that a learner judges rightly.
func rightOf(l meta.Learner, src meta.Source, n int) float64 {
	var each []float64
	for i := range n {
		t := src(uint64(i))
		s, err := l.Adapt(context.Background(), t)
		if err != nil {
			panic(err)
		}
		scores := make([]float32, t.Query.Len()*s.Ways())
		s.Score(scores, t.Query.X)
		each = append(each, meta.Accuracy(scores, s.Ways(), t.Query.Y))
	}
	return meta.MeanOf(each).Mean
}

// Train on some classes, and tell five others apart after one row of each.
func Example() {
	known := meta.NWay(flowers(1, 30), meta.Episodes{Ways: 5, Shots: []int{1}})
	unseen := meta.NWay(flowers(2, 30), meta.Episodes{Ways: 5, Shots: []int{1}})

	untrained := &meta.ProtoNet{Model: meta.Model{Hidden: []int{32}, Seed: 1}}
	trained, err := untrained.Train(context.Background(), known, meta.Run{Iterations: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, after := rightOf(untrained, unseen, 50), rightOf(trained, unseen, 50)
	fmt.Println("untrained, more than half right:", before > 0.5)
	fmt.Println("trained, more than half right:", after > 0.5)

	file := filepath.Join(os.TempDir(), "inkling-example.safetensors")
	defer os.Remove(file)
	if err := meta.Save(file, trained, nil); err != nil {
		fmt.Println(err)
		return
	}
	loaded, _, err := meta.Load(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("saved and loaded, the same:", rightOf(loaded, unseen, 50) == after)
	// Output:
	// untrained, more than half right: false
	// trained, more than half right: true
	// saved and loaded, the same: true
}

// Every learner is judged on the same tasks: a task is a function of its number.
func ExampleFind() {
	src := meta.NWay(flowers(2, 30), meta.Episodes{Ways: 5, Shots: []int{5}})
	for _, name := range []string{"nearest-mean", "lda", "random-forest"} {
		e, err := meta.Find(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: better than chance: %v\n", e.Name, rightOf(e.New(1), src, 20) > 0.3)
	}
	fmt.Println(slices.ContainsFunc(meta.Learners, func(e meta.Entry) bool { return e.Name == "maml" }))
	// Output:
	// nearest-mean: better than chance: true
	// lda: better than chance: true
	// random-forest: better than chance: true
	// true
}
