package bench

import (
	"context"
	"errors"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
	"github.com/inkling-sec/inkling/tensor"
)

// stream gives five-way tasks with so many rows a class, made beforehand.
func stream(shots, queries, columns int) meta.Source {
	tasks := make([]*meta.Task, 32)
	for i := range tasks {
		tasks[i] = metatest.FiveWays(uint64(i), shots, queries, columns)
	}
	return func(n uint64) *meta.Task { return tasks[n%uint64(len(tasks))] }
}

// model is an MLP 41-64-64-out trained by Adam at a fixed rate.
func model(out int) meta.Model {
	return meta.Model{Hidden: []int{64, 64}, Out: out, NoNorm: true, Seed: 1, Outer: meta.Outer{Rate: 1e-3, Flat: true}}
}

// conv4 is the convolutional network of the few-shot papers.
func conv4(out int) meta.Model {
	return meta.Model{Filters: []int{64, 64, 64, 64}, Image: meta.Image{Height: 28, Width: 28, Channels: 1}, Out: out, Seed: 1, Outer: meta.Outer{Rate: 1e-3, Flat: true}}
}

// trainer is a training step that is measured.
type trainer struct {
	name  string
	batch int // tasks an outer step, as usual for each
	new   func() meta.Trainer
}

// trainers take rows of 41 columns.
var trainers = []trainer{
	{"maml-1-step", 32, func() meta.Trainer { return &meta.MAML{Model: model(5), Steps: 1, Rate: 0.1} }},
	{"maml-5-steps", 32, func() meta.Trainer { return &meta.MAML{Model: model(5), Steps: 5, Rate: 0.1} }},
	{"fomaml-5-steps", 32, func() meta.Trainer {
		return &meta.MAML{Model: model(5), Steps: 5, Rate: 0.1, FirstOrder: true}
	}},
	{"anil-5-steps", 32, func() meta.Trainer {
		return &meta.MAML{Model: model(5), Steps: 5, Rate: 0.1, HeadOnly: true}
	}},
	{"reptile-8-steps", 32, func() meta.Trainer { return &meta.Reptile{Model: model(5), Steps: 8, Rate: 0.1} }},
	{"protonet", 1, func() meta.Trainer { return &meta.ProtoNet{Model: model(64), Prototypes: true} }},
}

// steps trains with run until after, which is called after each outer step, says that it is enough.
func steps(tb testing.TB, l meta.Trainer, src meta.Source, run meta.Run, after func(step int) (enough bool)) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run.Iterations = 1 << 30
	run.Report = func(p meta.Progress) {
		if after(p.Iteration) {
			cancel()
		}
	}
	if _, err := l.Train(ctx, src, run); !errors.Is(err, context.Canceled) {
		tb.Fatal(err)
	}
}

// One iteration is one outer step: all tasks of a meta-batch, on all cores, and
// Adam's step. Tasks are of the usual sizes: 5 shots and 15 query rows a class, and 1 and 1 for MAML on images.
func BenchmarkTrain(b *testing.B) {
	for _, t := range trainers {
		benchTrain(b, t, stream(5, 15, 41))
	}
	benchTrain(b, trainer{"maml-conv4-1-step", 8, func() meta.Trainer { return &meta.MAML{Model: conv4(5), Steps: 1, Rate: 0.1} }}, stream(1, 1, 28*28))
	benchTrain(b, trainer{"protonet-conv4", 1, func() meta.Trainer { return &meta.ProtoNet{Model: conv4(meta.AsConvolved), Prototypes: true} }}, stream(5, 15, 28*28))
}

func benchTrain(b *testing.B, t trainer, src meta.Source) {
	b.Run(t.name, func(b *testing.B) {
		b.ReportAllocs()
		const warm = 3
		n := 0
		steps(b, t.new(), src, meta.Run{MetaBatch: t.batch}, func(step int) bool {
			if step == warm {
				b.ResetTimer()
			}
			n = step - warm
			return n == b.N
		})
		b.StopTimer()
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(n*t.batch), "ms/task")
	})
}

// One iteration scores 4096 rows of 64 columns on one core: by an MLP 64-128-64
// and 32 prototypes, and by the logits of an MLP 64-64-64-2.
func BenchmarkScore(b *testing.B) {
	const rows = 4096
	x := metatest.FiveWays(1, 5, rows/5+1, 64).Query.X.RowRange(0, rows)
	for _, c := range []struct {
		name string
		l    meta.Learner
		ways int
	}{
		{"prototypes-32", &meta.ProtoNet{Prototypes: true, Model: meta.Model{Hidden: []int{128}, Out: 64, NoNorm: true}}, 32},
		{"maml", &meta.MAML{TestSteps: 1}, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			support := meta.Set{X: x.RowRange(0, c.ways)}
			for w := range c.ways {
				support.Y = append(support.Y, w)
			}
			s, err := c.l.Adapt(context.Background(), &meta.Task{Ways: c.ways, Support: support})
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]float32, rows*c.ways)
			s.Score(dst, x)
			b.ReportAllocs()
			for b.Loop() {
				s.Score(dst, x)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N)/rows*1000, "ms/1000rows")
		})
	}
}

// One iteration is one small product, the size of a layer over the query rows of a task.
func BenchmarkMatMul(b *testing.B) {
	x := metatest.FiveWays(1, 5, 15, 64).Query.X // [75, 64]
	w, dst := x.RowRange(0, 64), tensor.New(75, 64)
	for b.Loop() {
		tensor.MatMulTo(dst, x, w)
	}
	b.ReportMetric(2*75*64*64*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
