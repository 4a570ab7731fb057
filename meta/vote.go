package meta

import (
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Vote is the default detector: the mean of what a trained [Matcher] says and of votes that it listens to,
// each as its surprise: −log of the share of benign rows that score as high, judged by what had not seen them. The
// network sees what goes with what; the votes, which weigh the same whatever the task, keep it from being very wrong.
//
// Without known attacks network, ratio and extra trees vote, and, the less is taught the more, how odd a row is:
// half a vote beside one example. The more is taught, the more logistic regression counts, which the network does
// not hear, and the less the ratio. With known attacks the whitened ratio votes in place of the plain one, and so do
// extra trees that take known attacks for further examples, up to twice: as much as the taught rows resemble known
// attacks. All this was chosen on development tables. Beyond two ways it is the mean of the members' log-softmax. A
// row's verdict does not depend on the rows beside it.
type Vote struct {
	Matcher *Matcher  // with votes
	More    []Learner // further members

	as *voteScorer // calibrated as this one is; nil calibrates
}

var _ Learner = (*Vote)(nil)

// Name gives "vote".
func (*Vote) Name() string { return "vote" }

// Adapt teaches the matcher, and once more without some benign rows, on which its own say is calibrated.
func (l *Vote) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("vote: %w", err)
	}
	if l.Matcher == nil {
		return nil, fmt.Errorf("vote: no Matcher: give Shipped or a trained one")
	}
	if t.Ways != 2 {
		return (&PlainVote{Seed: l.Matcher.Seed, More: append([]Learner{l.Matcher}, l.More...)}).Adapt(ctx, t)
	}
	if l.Matcher.NoVotes {
		return nil, fmt.Errorf("vote: the matcher was trained without votes")
	}
	s, err := l.Matcher.Adapt(ctx, t)
	if err != nil {
		return nil, err
	}
	c := &voteScorer{d: d, judge: s.(*matcherScorer).judges[0]}
	if l.as != nil {
		c.own = l.as.own
	} else {
		self, err := l.heldOut(ctx, t)
		if err != nil {
			return nil, err
		}
		c.own = newSurprise(self)
	}
	rows := rowsOf(t)
	taught := len(t.Support.Y) - len(rows[0])/d
	c.ballot(taught)
	if !c.judge.votes.knows() {
		few := &Task{Ways: 2, Support: twoWays(rowsAt(rows[0], d, spaced(len(rows[0])/d, matcherPool)), rows[1], d)}
		if err := l.join(ctx, c, &Logistic{joins: true}, min(1, float32(taught)/plenty), few); err != nil {
			return nil, err
		}
	}
	for _, m := range l.More {
		if err := l.join(ctx, c, m, 1, t); err != nil {
			return nil, err
		}
	}
	return c, ctx.Err()
}

// join has m learn from t and vote with that weight.
func (l *Vote) join(ctx context.Context, c *voteScorer, m Learner, weight float32, t *Task) error {
	s, err := m.Adapt(ctx, t)
	if err != nil {
		return err
	}
	joins := member{name: m.Name(), scorer: s, weight: weight}
	_, joins.line = s.(*linearScorer)
	if l.as != nil {
		joins.scale = l.as.more[len(c.more)].scale
	} else {
		self, err := judgeSelf(ctx, m, s, t)
		if err != nil {
			return err
		}
		joins.scale = newSurprise(marginsFrom(self))
	}
	c.more, c.total = append(c.more, joins), c.total+weight
	return nil
}

// Brief gives one whose matcher makes no tables, and whose voters are calibrated as those of like are.
func (l *Vote) Brief(like Scorer) Learner {
	as, _ := like.(*voteScorer)
	return &Vote{Matcher: l.Matcher.brief(), More: l.More, as: as}
}

// heldOutPart is the part of the benign rows that the matcher's own say is calibrated on.
const heldOutPart = 4

// plenty is how many examples give logistic regression a whole vote and leave the ratio half of its own.
const plenty = 10

// ballot says which votes inside the matcher count how much.
func (c *voteScorer) ballot(taught int) {
	c.weight = [voteSides]float32{voteRatio: 1 / (1 + float32(taught)/plenty), voteTrees: 1, voteOdd: .5 / float32(taught)}
	if v := c.judge.votes; v.knows() {
		alike := clip32((v.told[1]*voteEase-1)/3, 1) // 1 where p is below .02, 0 where it is that of any benign row
		c.weight = [voteSides]float32{voteWhitened: 1, voteTrees: 1, voteTreesMore: 2 * max(alike, 0)}
	}
	c.total = 1
	for _, w := range c.weight {
		c.total += w
	}
}

// heldOut gives the matcher's margins of benign rows that it was not taught with. Of few rows each is left out in turn.
func (l *Vote) heldOut(ctx context.Context, t *Task) (out []float32, err error) {
	rows, d := rowsOf(t), t.Support.X.Shape[1]
	n := len(rows[0]) / d
	folds := 1
	if n/heldOutPart < manyRows {
		folds = heldOutPart
	}
	for f := range min(n, folds) {
		s, err := l.Matcher.brief().Adapt(ctx, leaveOut(t, rows, func(i int) bool { return n > 1 && i%heldOutPart == f }))
		if err != nil {
			return nil, err
		}
		var x []float32
		for i := f; i < n; i += heldOutPart {
			x = append(x, rows[0][i*d:(i+1)*d]...)
		}
		out = append(out, Margin(s, tensor.From(x, len(x)/d, d))...)
	}
	return out, nil
}

// member is a further voter.
type member struct {
	name   string
	scorer Scorer
	scale  *surprise
	weight float32
	line   bool // it says ever more, the farther a row is, also where no row was: a surprise beyond the benign rows' counts as theirs
}

type voteScorer struct {
	d      int
	judge  *judge
	own    *surprise
	weight [voteSides]float32 // of the votes inside the matcher; its own weighs 1
	total  float32            // of all weights
	more   []member
}

// Opinion is what one voter says of a row: −log of the share of benign rows that look as much like the taught ones to it.
type Opinion struct {
	Voter    string
	Surprise float32
	Weight   float32 // in the verdict; all weights add up to 1
	Of       int     // benign rows that it was calibrated on: of a large pool a part, spaced evenly, and for the network mostly a quarter of the pool
}

// Voter is a Scorer of a detection task that several have a say in.
type Voter interface {
	Scorer
	Opinions(row []float32) []Opinion
}

var _ Voter = (*voteScorer)(nil)

func (*voteScorer) Ways() int { return 2 }

func (s *voteScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, 2, s.d)
	margins := borrow(n)
	defer giveBack(margins)
	s.above(*margins, x, float32(math.Inf(-1)), nil)
	for i, v := range *margins {
		dst[2*i], dst[2*i+1] = 0, v
	}
}

// Opinions gives what each voter says.
func (s *voteScorer) Opinions(row []float32) []Opinion {
	x := &tensor.Tensor{Shape: []int{1, s.d}, Data: row}
	var score [2]float32
	r := s.judge.room()
	defer s.judge.leave(r)
	s.judge.judgeBlock(r, score[:], 1, x, 0, 1)
	share, of := 1/s.total, s.judge.votes.pool.n
	out := []Opinion{{"network", settle(s.own.of(score[0])), share, s.own.n}}
	for k, w := range s.weight {
		if w > 0 {
			out = append(out, Opinion{voteNames[k], r.votes.Row(0)[k], w * share, of})
		}
	}
	for _, m := range s.more {
		m.scorer.Score(score[:], x)
		m.sayTo(score[:1], score[:])
		out = append(out, Opinion{m.name, score[0], m.weight * share, m.scale.n})
	}
	return out
}
