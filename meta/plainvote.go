package meta

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// SelfScorer is a Scorer that can judge the benign rows of its own support as
// if it had not learned from them.
type SelfScorer interface {
	Scorer
	// ScoreSelf gives the scores of the rows of class 0, in support order,
	// [n·Ways()], each by what did not see that row; nil when nothing was left out.
	ScoreSelf() []float32
}

// starter is a learner that one best solution draws from wherever it starts, sooner from near it.
type starter interface{ startNear(s Scorer) Learner }

// PlainVote is the mean of several learners' surprise at a row: −log of a p-value,
// the share of benign support rows that score as high, each judged by what had
// not seen it (leave-one-out for the ratio, left-out trees for a forest, four
// folds for a learner that is no [SelfScorer]). Beyond the highest benign score
// the p-value falls exponentially, as fast as the top twentieth of the benign
// scores does, so that the most extreme rows stay in order; that and the mean
// of −log p (Fisher's rule) did best among tails and rules tried: normal scores
// (Stouffer) came close, ranks and a logarithmic tail fell behind. Nothing is
// taken from the rows that are being scored.
//
// The members vote on what they can see: ratio and extra trees of the support
// alone; with Known also extra trees of known attacks, and distances whitened
// by these. Beyond two ways the vote is the mean of the members' log-softmax.
type PlainVote struct {
	Known   bool      // learn from known rows too, when there are any
	Members []Learner // nil means those told above
	More    []Learner // further members
	Seed    uint64
}

var _ Learner = (*PlainVote)(nil)

// Name gives "vote-plain", or "vote-plain-known".
func (l *PlainVote) Name() string {
	if l.Known {
		return "vote-plain-known"
	}
	return "vote-plain"
}

func (l *PlainVote) members(t *Task) []Learner {
	trees := Forest{Random: true, Folds: 5, Seed: l.Seed}
	switch {
	case l.Members != nil:
		return slices.Concat(l.Members, l.More)
	case l.Known && t.Known.Len() > 0:
		known := trees
		known.Known, known.Seed = true, trees.Seed+1
		return slices.Concat([]Learner{&Whitened{}, &trees, &known}, l.More)
	}
	return slices.Concat([]Learner{&Ratio{}, &trees}, l.More)
}

// Adapt adapts the members and calibrates them.
func (l *PlainVote) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name(), err)
	}
	v := &plainVoteScorer{ways: t.Ways, d: d}
	for _, m := range l.members(t) {
		s, err := m.Adapt(ctx, t)
		if err != nil {
			return nil, err
		}
		v.member = append(v.member, s)
		if t.Ways == 2 {
			self, err := judgeSelf(ctx, m, s, t)
			if err != nil {
				return nil, err
			}
			v.scale = append(v.scale, newSurprise(marginsFrom(self)))
		}
	}
	return v, ctx.Err()
}

// judgeSelf gives the benign rows' scores by a learner that had not seen them.
func judgeSelf(ctx context.Context, l Learner, s Scorer, t *Task) ([]float32, error) {
	if s, ok := s.(SelfScorer); ok {
		if self := s.ScoreSelf(); self != nil {
			return self, nil
		}
	}
	if near, ok := l.(starter); ok {
		l = near.startNear(s)
	}
	const folds = 4
	rows, d := rowsOf(t), t.Support.X.Shape[1]
	n := len(rows[0]) / d
	dst, one := make([]float32, n*t.Ways), make([]float32, t.Ways)
	for f := range min(n, folds) {
		s := s
		if n > 1 {
			part := leaveOut(t, rows, func(i int) bool { return i%folds == f })
			var err error
			if s, err = l.Adapt(ctx, part); err != nil {
				return nil, err
			}
		}
		for i := f; i < n; i += folds {
			s.Score(one, &tensor.Tensor{Shape: []int{1, d}, Data: rows[0][i*d : (i+1)*d]})
			copy(dst[i*t.Ways:], one)
		}
	}
	return dst, nil
}

// leaveOut gives the task without some of its benign rows.
func leaveOut(t *Task, rows [][]float32, out func(i int) bool) *Task {
	part, d := *t, t.Support.X.Shape[1]
	part.Support = Set{}
	var x []float32
	for c, r := range rows {
		for i := range len(r) / d {
			if c > 0 || !out(i) {
				x, part.Support.Y = append(x, r[i*d:(i+1)*d]...), append(part.Support.Y, c)
			}
		}
	}
	part.Support.X = &tensor.Tensor{Shape: []int{len(part.Support.Y), d}, Data: x}
	return &part
}

type plainVoteScorer struct {
	ways, d int
	member  []Scorer
	scale   []*surprise // of each member, of two ways
}

func (v *plainVoteScorer) Ways() int { return v.ways }

func (v *plainVoteScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, v.ways, v.d) * v.ways
	dst = dst[:n]
	buf := borrow(n)
	defer giveBack(buf)
	one := *buf
	clear(dst)
	share := 1 / float32(len(v.member))
	for m, s := range v.member {
		s.Score(one, x)
		if v.ways == 2 {
			for i := 0; i < n; i += 2 {
				dst[i+1] += share * v.scale[m].of(one[i+1]-one[i])
			}
			continue
		}
		for i := 0; i < n; i += v.ways {
			addLogSoftmax(dst[i:i+v.ways], one[i:i+v.ways], share)
		}
	}
}

func addLogSoftmax(dst, score []float32, by float32) {
	top, sum := slices.Max(score), 0.0
	for _, v := range score {
		sum += math.Exp(float64(v - top))
	}
	all := top + float32(math.Log(sum))
	for c, v := range score {
		dst[c] += by * (v - all)
	}
}

// marginsFrom gives the margins of scores of two ways.
func marginsFrom(scores []float32) []float32 {
	m := make([]float32, len(scores)/2)
	for i := range m {
		m[i] = scores[2*i+1] - scores[2*i]
	}
	return m
}

// surprise turns a margin into −log of the chance that a benign row has one as high.
type surprise struct {
	at    *tensor.Places // distinct benign margins
	nats  []float32      // −log p at each, rows of that margin counting half
	scale float32        // mean excess over the margin that a twentieth exceed
	n     int            // benign margins
}

// newSurprise sorts the benign margins m. A NaN counts as the highest of all: it can only make rows less surprising.
func newSurprise(m []float32) *surprise {
	n := len(m)
	for i, v := range m {
		if v != v {
			m[i] = math.MaxFloat32
		}
	}
	slices.Sort(m)
	s, at := &surprise{n: n}, make([]float32, 0, n)
	for i, j := 0, 0; i < n; i = j {
		for j = i; j < n && m[j] == m[i]; j++ {
		}
		above := float64(n-j) + float64(j-i+1)/2
		at = append(at, m[i])
		s.nats = append(s.nats, -float32(math.Log(above/float64(n+1))))
	}
	s.at = tensor.NewPlaces(at)
	top := max(1, n/20)
	for _, v := range m[n-top:] {
		s.scale += (v - m[n-top]) / float32(top)
	}
	s.scale = max(s.scale, 1e-3*(m[n-1]-m[0]), 1e-3)
	return s
}

func (s *surprise) of(v float32) float32 {
	one := [1]float32{v}
	s.ofAll(one[:])
	return one[0]
}

// ofAll puts the surprise of each margin in its place.
func (s *surprise) ofAll(margins []float32) {
	const block = 64
	var places [block]int32
	for len(margins) > 0 {
		n := min(block, len(margins))
		s.at.FindTo(places[:n], margins[:n])
		for k, v := range margins[:n] {
			margins[k] = s.below(v, int(places[k]/2))
		}
		margins = margins[n:]
	}
}

// below is of a margin of which so many benign ones are smaller. NaN is below all.
func (s *surprise) below(v float32, i int) float32 {
	switch {
	case i == 0:
		return s.nats[0]
	case i == s.at.Len():
		return s.nats[i-1] + (v-s.at.At(i-1))/s.scale
	}
	f := (v - s.at.At(i-1)) / (s.at.At(i) - s.at.At(i-1))
	return s.nats[i-1] + f*(s.nats[i]-s.nats[i-1])
}
