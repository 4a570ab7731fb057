package meta

import (
	"context"
	"fmt"
)

// Encoded puts any head on any encoder: it embeds a task's rows by the network
// of a trained learner and leaves the judgement there to Head, such as
// [Ratio], [Contrast], [Whitened], [NearestMean] or [LDA]. On the rows as they
// are a head is a learner by itself.
type Encoded struct {
	Encoder Trainer // one of [Trainers]; its network's output is the embedding
	Head    Learner
}

var _ Learner = (*Encoded)(nil)

// Name gives the names of both, as in "protonet+ratio".
func (e *Encoded) Name() string { return e.Encoder.Name() + "+" + e.Head.Name() }

// Adapt embeds the support set and the known rows and adapts the head to them.
func (e *Encoded) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	l, ok := e.Encoder.(modelled)
	if !ok {
		return nil, fmt.Errorf("%s: %s has no network of its own", e.Name(), e.Encoder.Name())
	}
	m := l.model()
	_, d, err := dims(t)
	switch {
	case err != nil:
	case m.params == nil:
		err = fmt.Errorf("the encoder is not trained")
	case d != m.In:
		err = fmt.Errorf("rows of %d columns, the encoder wants %d", d, m.In)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name(), err)
	}
	net := m.net()
	params := m.params[:len(net.Names())]
	embedded := &Task{Ways: t.Ways, Support: Set{forward(net, params, t.Support.X), t.Support.Y}, Known: t.Known}
	if t.Known.X != nil {
		embedded.Known.X = forward(net, params, t.Known.X)
	}
	head, err := e.Head.Adapt(ctx, embedded)
	if err != nil {
		return nil, err
	}
	return &embedScorer{net, params, head}, nil
}
