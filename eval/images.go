package eval

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/inkling-sec/inkling/meta"
)

// Images is the protocol of the few-shot papers on image benchmarks: many tasks
// of classes that nothing was trained on. A task's accuracy is the share of its
// query images that are given to their class, all judged in one call; the figure
// is the mean over tasks, its interval that of the mean.
type Images struct {
	Tasks   meta.Source // of the test classes, each with as many query rows a class
	Draws   int         // tasks 0 to Draws-1 are judged; 0 means 600
	Workers int         // goroutines; 0 means GOMAXPROCS
	// Note is told how many tasks of how many are done, by one goroutine at a time; may be nil.
	Note func(done, of int)
}

// Judge adapts l to each task and judges it there. The estimate is the same on
// any number of workers.
func (p Images) Judge(ctx context.Context, l meta.Learner) (meta.Estimate, error) {
	if err := noLess(count{"Draws", p.Draws}, count{"Workers", p.Workers}); err != nil {
		return meta.Estimate{}, err
	}
	n := or(p.Draws, 600)
	accuracy, errs := make([]float64, n), make([]error, n)
	var (
		next   atomic.Int64
		failed atomic.Bool
		wg     sync.WaitGroup
		mu     sync.Mutex
		done   int
	)
	for range min(n, or(p.Workers, runtime.GOMAXPROCS(0))) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if accuracy[i], errs[i] = accuracyOf(ctx, l, p.Tasks(uint64(i))); errs[i] != nil {
					failed.Store(true)
					return
				}
				mu.Lock()
				if done++; p.Note != nil {
					p.Note(done, n)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return meta.Estimate{}, err
	}
	for i, err := range errs {
		if err != nil {
			return meta.Estimate{}, fmt.Errorf("task %d: %w", i, err)
		}
	}
	return meta.MeanOf(accuracy), nil
}

func accuracyOf(ctx context.Context, l meta.Learner, t *meta.Task) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s, err := l.Adapt(ctx, t)
	if err != nil {
		return 0, err
	}
	scores := make([]float32, t.Query.Len()*t.Ways)
	s.Score(scores, t.Query.X)
	return meta.Accuracy(scores, t.Ways, t.Query.Y), nil
}
