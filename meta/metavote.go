package meta

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/tensor"
)

// MetaVote is the vote with one more member that has learned how to learn: a
// prototypical network, meta-trained on other attacks, beside those of [Vote],
// which know no attack but the support set (and known rows, where there are any). The
// network sees what attacks have in common and what of benign variety does not
// matter; where a new attack is like none before, the others outvote it.
type MetaVote struct {
	ProtoNet
}

var _ Trainer = (*MetaVote)(nil)

// Name gives "meta-vote".
func (*MetaVote) Name() string { return "meta-vote" }

// Config gives the settings.
func (v *MetaVote) Config() any { return *v }

// Train trains the network.
func (v *MetaVote) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	net, err := v.ProtoNet.sized(src(0), cmp.Or(run.Seed, v.Seed))
	if err == nil {
		err = trainUnder(ctx, net, net.episode, src, run)
	}
	if err != nil {
		return nil, fmt.Errorf("meta-vote: %w", err)
	}
	return &MetaVote{*net}, nil
}

// Adapt adapts the members and calibrates their votes on the benign rows.
func (v *MetaVote) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, _, err := ready(v, t)
	if err == nil {
		var s Scorer
		if s, err = v.vote().Adapt(ctx, t); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("meta-vote: %w", err)
}

func (v *MetaVote) vote() *Vote {
	return &Vote{Matcher: Shipped(v.Seed), More: []Learner{&v.ProtoNet}}
}

// Brief is the vote's.
func (v *MetaVote) Brief(like Scorer) Learner { return v.vote().Brief(like) }

// Params gives the network's parameters by name.
func (v *MetaVote) Params() map[string]*tensor.Tensor { return v.ProtoNet.Params() }
