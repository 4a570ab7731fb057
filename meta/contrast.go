package meta

import (
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/tensor"
)

// Contrast scores a class by −distance to its nearest row: in a detection task
// a row counts by how much nearer it is to a taught row than to any benign one.
type Contrast struct{}

var _ Learner = (*Contrast)(nil)

// Name gives "contrast".
func (*Contrast) Name() string { return "contrast" }

// Adapt indexes the support rows by class.
func (l *Contrast) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("contrast: %w", err)
	}
	s := &contrastScorer{d: d}
	for _, rows := range rowsOf(t) {
		s.class = append(s.class, newNearIndex(rows, d))
	}
	return s, ctx.Err()
}

type contrastScorer struct {
	class []*nearIndex
	d     int
}

func (s *contrastScorer) Ways() int { return len(s.class) }

func (s *contrastScorer) Score(dst []float32, x *tensor.Tensor) {
	ways := len(s.class)
	n := checkScore(dst, x, ways, s.d)
	buf := borrow(n)
	defer giveBack(buf)
	for c, ix := range s.class {
		ix.meanTo(*buf, x.Data, 1, -1)
		for i, v := range *buf {
			dst[i*ways+c] = -v
		}
	}
}
