package bench

import (
	"context"
	"errors"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
	"github.com/inkling-sec/inkling/tensor"
)

// stream gives tasks of the usual few-shot benchmark size, 5 ways, 5 shots, 15
// query rows a class and 41 columns, made beforehand.
func stream() meta.Source {
	tasks := make([]*meta.Task, 32)
	for i := range tasks {
		tasks[i] = metatest.FiveWays(uint64(i), 5, 15, 41)
	}
	return func(n uint64) *meta.Task { return tasks[n%uint64(len(tasks))] }
}

// model is an MLP 41-64-64-out trained by Adam at a fixed rate.
func model(out int) meta.Model {
	return meta.Model{Hidden: []int{64, 64}, Out: out, NoNorm: true, Seed: 1, Outer: meta.Outer{Rate: 1e-3, Flat: true}}
}

// trainers are the training steps that are measured.
var trainers = []struct {
	name  string
	batch int // tasks an outer step, as usual for each
	new   func() meta.Trainer
}{
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

// One iteration is one outer step: all tasks of a meta-batch, on all cores, and Adam's step.
func BenchmarkTrain(b *testing.B) {
	src := stream()
	for _, t := range trainers {
		b.Run(t.name, func(b *testing.B) {
			b.ReportAllocs()
			const warm = 5
			n := 0
			steps(b, t.new(), src, meta.Run{MetaBatch: t.batch}, func(step int) bool {
				if step == warm {
					b.ResetTimer()
				}
				if step <= warm {
					return false
				}
				n = step - warm
				return n == b.N
			})
			b.StopTimer()
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(n*t.batch), "ms/task")
		})
	}
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
