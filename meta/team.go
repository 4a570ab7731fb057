package meta

import (
	"hash/maphash"
	"math"
	"slices"
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// Team judges rows by several scorers of detection tasks, each with the margin that a row must be above to matter.
// It says of those rows what every scorer says alone, to the bit, and is quicker in two ways: what several ask of a
// row (how far it is from the benign pool that all were taught with, where the same network puts it) is worked out
// once, and exactly only where a bound on it leaves the verdict open; and a [Vote] does not ask its network about a row
// that could not be above the margin whatever that said.
// It is immutable: any number of goroutines may use it at once.
type Team struct {
	members []Scorer
	least   []float32
	asked   []question
	asks    [][]int // of each member: which questions it wants answered
	rooms   sync.Pool
}

// question is how far rows are, put somewhere by a network, from a pool.
type question struct {
	net   *embedScorer // nil: rows as they are
	pool  *nearIndex
	k     int
	key   questionKey
	about *pockets // nil for a pool of few rows, or of some that are not finite, and where many neighbours count
}

type questionKey struct {
	pool, again, net uint64
	k                int
}

// answer is that to a question: where the rows are, and how far from the pool.
type answer struct {
	*question
	rows  *tensor.Tensor
	put   []float32 // by a network
	most  []float32 // how far at most
	exact []bool    // where that is how far
}

// NewTeam makes a team of members of two ways that judge rows of the same columns.
func NewTeam(members []Scorer, least []float64) *Team {
	t := &Team{members: members, asks: make([][]int, len(members))}
	for i, m := range members {
		v := float32(least[i])
		if float64(v) > least[i] {
			v = math.Nextafter32(v, float32(math.Inf(-1)))
		}
		t.least = append(t.least, v)
		if v, ok := m.(*voteScorer); ok {
			for _, q := range v.asks() {
				t.asks[i] = append(t.asks[i], t.ask(q))
			}
		}
	}
	return t
}

// ask gives the number of a question, -1 for none.
func (t *Team) ask(q question) int {
	if q.pool == nil {
		return -1
	}
	rows := rawBytes(q.pool.rows.Data)
	q.key = questionKey{pool: maphash.Bytes(selfSeed[0], rows), again: maphash.Bytes(selfSeed[1], rows), k: q.k}
	if q.net != nil {
		var h maphash.Hash
		h.SetSeed(selfSeed[0])
		for _, p := range q.net.params {
			h.Write(rawBytes(p.Data))
		}
		q.key.net = h.Sum64()
	}
	if i := slices.IndexFunc(t.asked, func(o question) bool { return o.key == q.key }); i >= 0 {
		return i
	}
	if q.pool.n >= manyNear && q.k <= tensor.LeastCount && finite(q.pool.rows) {
		q.about = newPockets(q.pool, q.k)
	}
	t.asked = append(t.asked, q)
	return len(t.asked) - 1
}

// asks gives what a vote needs to know of rows before it: of its pool, and of each further member that is a ratio in an embedding.
func (s *voteScorer) asks() []question {
	q := []question{{pool: s.judge.votes.pool, k: s.judge.votes.neighbours}}
	for _, m := range s.more {
		var of question
		if e, ok := m.scorer.(*embedScorer); ok {
			if r, ok := e.head.(*ratioScorer); ok {
				of = question{net: e, pool: r.class[0], k: r.k[0]}
			}
		}
		q = append(q, of)
	}
	return q
}

// teamRoom is what a batch is judged in.
type teamRoom struct {
	answers []answer
	told    []*answer
	scores  []float32
}

// MarginsTo writes for each member the margins of the rows of x: of a row above the member's least exactly
// that, of any other something that is not above.
func (t *Team) MarginsTo(dst [][]float64, x *tensor.Tensor) {
	n := x.Rows()
	r, ok := t.rooms.Get().(*teamRoom)
	if !ok {
		r = &teamRoom{answers: make([]answer, len(t.asked))}
	}
	defer t.rooms.Put(r)
	r.scores = slices.Grow(r.scores[:0], 2*n)[:2*n]
	for i := range t.asked {
		r.answers[i].question = &t.asked[i]
		r.answers[i].of(x)
	}
	for i, m := range t.members {
		if v, ok := m.(*voteScorer); ok {
			r.told = r.told[:0]
			for _, q := range t.asks[i] {
				var a *answer
				if q >= 0 {
					a = &r.answers[q]
				}
				r.told = append(r.told, a)
			}
			margins := r.scores[:checkScore(r.scores, x, 2, v.d)]
			v.above(margins, x, t.least[i], r.told)
			for k, m := range margins {
				dst[i][k] = float64(m)
			}
			continue
		}
		m.Score(r.scores, x)
		for k := range n {
			dst[i][k] = float64(r.scores[2*k+1]) - float64(r.scores[2*k])
		}
	}
}

// of answers what can be said of x at once.
func (a *answer) of(x *tensor.Tensor) {
	n := x.Rows()
	if a.rows = x; a.net != nil {
		_, out := a.net.net.Sides()
		a.put = slices.Grow(a.put[:0], n*out)[:n*out]
		a.rows = tensor.From(a.put, n, out)
		a.net.net.Forward(a.rows, a.net.params, x)
	}
	a.most, a.exact = slices.Grow(a.most[:0], n)[:n], slices.Grow(a.exact[:0], n)[:n]
	if rows := a.rows.Data[:n*a.pool.d]; a.about != nil {
		a.about.mostTo(a.most, rows)
	} else {
		a.pool.meanTo(a.most, rows, a.k, -1)
	}
	for i := range a.exact {
		a.exact[i] = a.about == nil
	}
}

// exactTo writes how far some of the rows are.
func (a *answer) exactTo(dst []float32, at []int) {
	var open []int
	for _, i := range at {
		if !a.exact[i] {
			open = append(open, i)
		}
	}
	buf := borrow(len(open) * (a.pool.d + 1))
	defer giveBack(buf)
	far, rows := (*buf)[:len(open)], gather((*buf)[len(open):], a.rows, open)
	a.pool.meanTo(far, rows.Data, a.k, -1)
	for k, i := range open {
		a.most[i], a.exact[i] = far[k], true
	}
	for k, i := range at {
		dst[k] = a.most[i]
	}
}
