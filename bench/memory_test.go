package bench

import (
	"math"
	"runtime"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
)

// allocated gives how many objects n outer steps put on the heap, after a warm-up in which the tapes take their memory.
// It is the least of several runs of n: on a busy machine the Go runtime itself takes some now and then, for goroutines
// that wait, and what our code takes is in every run.
func allocated(t *testing.T, l meta.Trainer, src meta.Source, batch, workers, n int) uint64 {
	t.Helper()
	const warm, runs = 10, 3
	var from, to runtime.MemStats
	least := uint64(math.MaxUint64)
	steps(t, l, src, meta.Run{MetaBatch: batch, Workers: workers}, func(step int) bool {
		if step < warm || (step-warm)%n != 0 {
			return false
		}
		runtime.ReadMemStats(&to)
		if step > warm {
			least = min(least, to.Mallocs-from.Mallocs)
		}
		from = to
		return step == warm+runs*n
	})
	return least
}

// What else an outer step allocates is for starting its workers: it does not
// grow with the number of tasks.
func TestTrainingAllocatesNothingPerTask(t *testing.T) {
	rows, images := stream(5, 15, 41), stream(5, 15, 8*8)
	for _, c := range trainers {
		perTaskOf(t, c, rows)
	}
	small := meta.Model{Filters: []int{8, 8}, Image: meta.Image{Height: 8, Width: 8, Channels: 1}, Seed: 1}
	perTaskOf(t, trainer{name: "maml, images", new: func() meta.Trainer { return &meta.MAML{Model: small, Steps: 1} }}, images)
	perTaskOf(t, trainer{name: "protonet, images", new: func() meta.Trainer { return &meta.ProtoNet{Model: small, Prototypes: true} }}, images)
}

// perTaskOf compares outer steps of 8 tasks with those of 16.
func perTaskOf(t *testing.T, c trainer, src meta.Source) {
	const n = 20
	for _, workers := range []int{1, 2} {
		small, large := allocated(t, c.new(), src, 8, workers, n), allocated(t, c.new(), src, 16, workers, n)
		t.Logf("%s, workers: %d: an outer step of 8 tasks allocates %.2f objects, of 16 %.2f", c.name, workers, float64(small)/n, float64(large)/n)
		per := (float64(large) - float64(small)) / (8 * n)
		if math.Abs(per) > 0.1 {
			t.Errorf("%s, workers: %d: %.3f objects a task, want none", c.name, workers, per)
		}
		if rest := float64(small)/n - 8*per; rest > float64(4+4*workers) {
			t.Errorf("%s, workers: %d: %.1f objects an outer step for starting the workers", c.name, workers, rest)
		}
	}
}

// bytesOf gives how many bytes a run of second-order MAML takes from the heap in all.
func bytesOf(t *testing.T, inner, outer int) float64 {
	t.Helper()
	src := stream(5, 15, 41)
	l := &meta.MAML{Model: model(5), Steps: inner, Rate: 0.1}
	var from, to runtime.MemStats
	runtime.ReadMemStats(&from)
	steps(t, l, src, meta.Run{MetaBatch: 1, Workers: 1}, func(step int) bool { return step == outer })
	runtime.ReadMemStats(&to)
	return float64(to.TotalAlloc - from.TotalAlloc)
}

// The tape of second-order MAML holds every inner step, so it grows with their
// number and by the same for each. The ceiling is half again of
// what was measured, 390 kB: an array of the parameters takes 29 kB, and both orders of a step make about ten.
func TestMemoryGrowsWithInnerSteps(t *testing.T) {
	const ceiling = 600e3 // bytes an inner step
	var each []float64
	last := bytesOf(t, 8, 1)
	for _, inner := range []int{16, 32, 64} {
		now := bytesOf(t, inner, 1)
		each = append(each, (now-last)/float64(inner/2))
		t.Logf("%d inner steps: %.2f MB, %.0f kB for each further one", inner, now/1e6, each[len(each)-1]/1e3)
		last = now
	}
	for _, e := range each {
		if e < 0.8*each[0] || e > 1.25*each[0] {
			t.Errorf("not the same for each inner step: %.0f", each)
		}
		if e > ceiling {
			t.Errorf("%.0f bytes an inner step, at most %.0f", e, ceiling)
		}
	}
}

// A run of many outer steps takes the memory of one.
func TestMemoryIsUsedAgain(t *testing.T) {
	const inner = 5
	few, many := bytesOf(t, inner, 2), bytesOf(t, inner, 300)
	t.Logf("2 outer steps take %.2f MB, 300 take %.2f MB", few/1e6, many/1e6)
	if per := (many - few) / 298; per > 1000 {
		t.Errorf("%.0f bytes a further outer step", per)
	}
}

// Scoring takes a few headers of arrays a call and nothing for rows.
func TestScoringAllocatesNothingPerRow(t *testing.T) {
	task := metatest.FiveWays(1, 5, 200, 41)
	s, err := (&meta.ProtoNet{Model: model(64)}).Adapt(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, task.Query.Len()*s.Ways())
	for _, rows := range []int{10, 1000} {
		x := task.Query.X.RowRange(0, rows)
		if n := testing.AllocsPerRun(50, func() { s.Score(dst, x) }); n > 4 {
			t.Errorf("%v objects for %d rows, at most 4", n, rows)
		}
	}
}
