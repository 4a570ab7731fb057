package meta

import (
	"context"
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Votes are what learners that need no training say of a row. A matcher weighs them by gains of the task's own.
const (
	voteRatio     = iota // nearer to the taught rows than is usual where the row lies
	voteTrees            // extra trees: taught among benign rows
	voteOdd              // far from the benign rows, whatever was taught
	voteWhitened         // the ratio after whitening by how rows of one known attack differ
	voteTreesMore        // extra trees, known attacks as further examples
	voteBefore           // extra trees of the known attacks alone, which have not seen what is taught
	voteSides
)

// voteNames tell votes to people.
var voteNames = [voteSides]string{"ratio", "extra-trees", "odd", "ratio-whitened", "extra-trees-known", "known-attacks"}

// What is told of a task's votes, beside its columns: whether there are known attacks; how surprising the taught
// rows are to those, in the mean and at least; how surprising each is by the other taught ones; and how odd they are.
const voteContext = 5

const (
	voteForest  = 60  // trees of each forest
	voteKnown   = 600 // known rows, at most
	voteColumns = 300 // more are not whitened: that takes their number cubed
	voteEase    = 4.  // nats that count as one
)

// votes are those of a task's learners, each as its surprise: −log of the share of benign rows that score as
// high, judged by what had not seen them.
type votes struct {
	d            int
	pool, taught *nearIndex
	neighbours   int
	member       [voteSides]Scorer // nil: not cast, or told by pool and taught
	scale        [voteSides]*surprise
	told         []float32 // [voteContext]
}

// castVotes lets the learners learn from rows of d columns.
func castVotes(ctx context.Context, pool, taught []float32, known Set, d int, seed uint64) (*votes, error) {
	pool = rowsAt(pool, d, spaced(len(pool)/d, matcherPool))
	v := &votes{d: d, pool: newNearIndex(pool, d), taught: newNearIndex(taught, d), neighbours: 1, told: make([]float32, voteContext)}
	if v.pool.n >= manyRows {
		v.neighbours = 5
	}
	v.calibrateNear()
	t := &Task{Ways: 2, Support: twoWays(pool, taught, d)}
	trees := Forest{Trees: voteForest, Random: true, Folds: 5, Seed: seed}
	learners := [voteSides]Learner{voteTrees: &trees}
	if known.Len() > 0 {
		at := spaced(known.Len(), voteKnown)
		t.Known = Set{X: tensor.From(rowsAt(known.X.Data, d, at), len(at), d)}
		for _, i := range at {
			t.Known.Y = append(t.Known.Y, known.Y[i])
		}
		more := trees
		more.Known, more.Seed = true, seed+1
		learners[voteWhitened], learners[voteTreesMore] = &Whitened{}, &more
		if d > voteColumns {
			learners[voteWhitened] = &Ratio{}
		}
	}
	for i, l := range learners {
		if l != nil {
			if err := v.cast(ctx, i, l, t); err != nil {
				return nil, err
			}
		}
	}
	if known.Len() > 0 {
		before := trees
		before.Seed = seed + 2
		if err := v.cast(ctx, voteBefore, &before, &Task{Ways: 2, Support: twoWays(pool, t.Known.X.Data, d)}); err != nil {
			return nil, err
		}
	}
	v.tellTask()
	return v, nil
}

// knows tells whether there are known attacks.
func (v *votes) knows() bool { return v.member[voteBefore] != nil }

// cast lets a learner learn and calibrates it.
func (v *votes) cast(ctx context.Context, i int, l Learner, t *Task) error {
	s, err := l.Adapt(ctx, t)
	if err != nil {
		return err
	}
	self, err := judgeSelf(ctx, l, s, t)
	if err != nil {
		return err
	}
	v.member[i], v.scale[i] = s, newSurprise(marginsFrom(self))
	return nil
}

// calibrateNear calibrates the votes by distance: of a benign row to its neighbours but itself.
func (v *votes) calibrateNear() {
	benign := v.pool.selfMeans(v.neighbours)
	taught := make([]float32, v.pool.n)
	v.taught.meanTo(taught, v.pool.rows.Data, 1, -1)
	ratio, odd := make([]float32, v.pool.n), make([]float32, v.pool.n)
	negLogTo(odd, benign)
	negLogTo(ratio, taught)
	for i, benign := range odd {
		odd[i], ratio[i] = -benign, ratio[i]-benign
	}
	v.scale[voteRatio], v.scale[voteOdd] = newSurprise(ratio), newSurprise(odd)
}

// tellTask writes what is told of the task.
func (v *votes) tellTask() {
	n := v.taught.n
	benign, other := make([]float32, n), make([]float32, n)
	v.pool.meanTo(benign, v.taught.rows.Data, v.neighbours, -1)
	if n > 1 {
		v.taught.meanTo(other, v.taught.rows.Data, 1, 0)
	}
	share := 1 / (voteEase * float32(n))
	for i := range n {
		v.told[4] += share * soften(v.scale[voteOdd].of(-negLog(benign[i])))
		if n > 1 {
			v.told[3] += share * soften(v.scale[voteRatio].of(negLog(other[i])-negLog(benign[i])))
		}
	}
	if !v.knows() {
		return
	}
	v.told[0], v.told[2] = 1, float32(math.Inf(1))
	for _, m := range Margin(v.member[voteBefore], v.taught.rows) {
		s := soften(v.scale[voteBefore].of(m))
		v.told[1] += share * s
		v.told[2] = min(v.told[2], s/voteEase)
	}
}

// tellTo writes the votes on rows x, [n·voteSides], softened. far is their distance to the pool, see nearTo.
func (v *votes) tellTo(dst []float32, x *tensor.Tensor, far []float32) {
	dst = dst[:x.Rows()*voteSides]
	clear(dst)
	v.nearTo(dst, x, far)
	for m, s := range v.member {
		if s != nil {
			v.hearTo(dst, m, x)
		}
	}
}

// hearTo writes the vote of member m.
func (v *votes) hearTo(dst []float32, m int, x *tensor.Tensor) {
	n := x.Rows()
	both := borrow(3 * n)
	defer giveBack(both)
	scores, margins := (*both)[n:], (*both)[:n]
	v.member[m].Score(scores, x)
	for i := range margins {
		margins[i] = scores[2*i+1] - scores[2*i]
	}
	v.put(dst, m, margins)
}

// put writes the votes of one side, of these margins, which it takes for room.
func (v *votes) put(dst []float32, side int, margins []float32) {
	v.scale[side].ofAll(margins)
	for i, s := range margins {
		dst[i*voteSides+side] = soften(s)
	}
}

// nearTo writes those by distance. far is that to the neighbours in the pool, with which the votes rise; nil has it measured.
func (v *votes) nearTo(dst []float32, x *tensor.Tensor, far []float32) {
	n := x.Rows()
	buf := borrow(2 * n)
	defer giveBack(buf)
	odd, ratio := (*buf)[:n], (*buf)[n:]
	if far == nil {
		far = odd
		v.pool.meanTo(far, x.Data[:n*v.d], v.neighbours, -1)
	}
	v.taught.meanTo(ratio, x.Data[:n*v.d], 1, -1)
	negLogTo(odd, far[:n])
	negLogTo(ratio, ratio)
	for i, benign := range odd {
		odd[i], ratio[i] = -benign, ratio[i]-benign
	}
	v.put(dst, voteOdd, odd)
	v.put(dst, voteRatio, ratio)
}

// softened is about as surprised as the oddest of some thousand benign rows is.
const softened = 8

// soften lets surprise beyond that of any benign row grow as its logarithm.
func soften(v float32) float32 {
	const from, by = softened, 4
	if v <= from {
		return v
	}
	return from + by*float32(math.Log1p(float64(v-from)/by))
}

// settle lets surprise beyond that of any benign row approach a limit. What is said so cannot, however sure of itself,
// outvote the others, and rows that these find usual need not ask for it.
func settle(v float32) float32 {
	const from, by = softened, settled - softened
	if v <= from {
		return v
	}
	return settled - by*float32(math.Exp(float64(from-v)/by))
}

// settled is as surprised as a network can be.
const settled = 16

// twoWays is a support set of benign rows and taught ones.
func twoWays(pool, taught []float32, d int) Set {
	n, k := len(pool)/d, len(taught)/d
	s := Set{X: tensor.New(n+k, d), Y: make([]int, n+k)}
	copy(s.X.Data[copy(s.X.Data, pool):], taught)
	for i := n; i < n+k; i++ {
		s.Y[i] = 1
	}
	return s
}

func rowsAt(rows []float32, d int, at []int) []float32 {
	if len(at)*d == len(rows) {
		return rows
	}
	out := make([]float32, 0, len(at)*d)
	for _, i := range at {
		out = append(out, rows[i*d:(i+1)*d]...)
	}
	return out
}
