package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Bound is the protocol that holds the false-alarm promise against benign
// records: detectors are taught one attack at each capture and calibrated on
// many draws of its benign records, and what they alert on among other benign
// records is counted — of the same time, where the promise must hold, later in
// the same capture, and of other captures, where nothing says it should.
type Bound struct {
	Benign      string
	Attack      string // what is taught, from five examples
	Learner     meta.Learner
	Alphas      []float64 // nil means those of 0.01 and 0.001 that so many records can promise
	Calibration int       // records a draw calibrates on; 0 means 2000
	Draws       int       // for each capture; 0 means 200
	Seed        uint64
	Scaling     feature.Scaling
}

// Kept says how one promise was kept, over captures and draws.
type Kept struct {
	Protocol    string  `json:"protocol"`
	Dataset     string  `json:"dataset"`
	Learner     string  `json:"learner"`
	Judged      string  `json:"judged"` // "same time", "later", "other captures"
	Alpha       float64 `json:"alpha"`
	Calibration int     `json:"n_calibration"`
	Draws       int     `json:"draws"`
	Realised    float64 `json:"realised"` // share of benign records that alert, mean over draws
	Covered     float64 `json:"covered"`  // share of draws whose 95 % upper bound holds
}

// The kinds of benign records that are judged.
const (
	sameTime = "same time"
	later    = "later"
	others   = "other captures"
)

// Play runs the protocol over the captures of d.
func (p Bound) Play(ctx context.Context, d *Data) ([]Kept, error) {
	if err := noLess(count{"Calibration", p.Calibration}, count{"Draws", p.Draws}); err != nil {
		return nil, err
	}
	p.Calibration, p.Draws = or(p.Calibration, 2000), or(p.Draws, 200)
	promising := detect.NewCalibration(make([]float64, p.Calibration))
	if p.Alphas == nil {
		for _, alpha := range []float64{0.01, 0.001} {
			if alpha >= promising.Smallest() {
				p.Alphas = append(p.Alphas, alpha)
			}
		}
		if p.Alphas == nil {
			return nil, promising.Check(0.01)
		}
	}
	for _, alpha := range p.Alphas { // of a rate that cannot be promised nothing alerts, so that it would seem kept
		if err := promising.Check(alpha); err != nil {
			return nil, err
		}
	}
	captures := slices.Max(d.Group) + 1
	benign, attack := make([][]int, captures), make([][]int, captures)
	for _, i := range d.Of(p.Benign) {
		benign[d.Group[i]] = append(benign[d.Group[i]], i)
	}
	for _, i := range d.Of(p.Attack) {
		attack[d.Group[i]] = append(attack[d.Group[i]], i)
	}
	books := map[string][]ledger{}
	for g := range captures {
		if err := p.capture(ctx, d, g, benign, attack[g], books); err != nil {
			return nil, err
		}
	}
	var out []Kept
	for _, judged := range []string{sameTime, later, others} {
		for i, alpha := range p.Alphas {
			if len(books[judged]) > 0 {
				b := books[judged][i]
				out = append(out, Kept{"bound", d.Name, p.Learner.Name(), judged, alpha, p.Calibration, b.draws, b.realised / float64(b.draws), float64(b.covered) / float64(b.draws)})
			}
		}
	}
	return out, nil
}

// ledger adds up draws.
type ledger struct {
	draws, covered int
	realised       float64
}

func (p Bound) capture(ctx context.Context, d *Data, g int, benign [][]int, attack []int, books map[string][]ledger) error {
	const pool, shots = 1000, 5
	rng := rand.New(rand.NewPCG(p.Seed, uint64(g)))
	own := benign[g]
	if least := 2*(pool+p.Calibration) + p.Calibration; len(own) < least || len(attack) < shots {
		return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s, capture %d", d.Name, g+1), What: fmt.Sprintf("%d benign records and %d of %q are too few", len(own), len(attack), p.Attack), Remedy: fmt.Sprintf("give captures of %d benign records and %d of the attack at least, or choose another with --classes", least, shots)}
	}
	taught := head(shuffled(rng, attack), shots)
	mixed := shuffled(rng, own)
	scores, err := p.score(ctx, d, mixed[:pool], taught, mixed[pool:])
	if err != nil {
		return err
	}
	var elsewhere []int
	for o, rows := range benign {
		if o != g {
			elsewhere = append(elsewhere, rows...)
		}
	}
	away, err := p.score(ctx, d, mixed[:pool], taught, elsewhere)
	if err != nil {
		return err
	}
	half := len(own) / 2
	first := shuffled(rng, own[:half])
	early, err := p.score(ctx, d, first[:pool], taught, first[pool:])
	if err != nil {
		return err
	}
	late, err := p.score(ctx, d, first[:pool], taught, own[half:])
	if err != nil {
		return err
	}
	for range p.Draws {
		rng.Shuffle(len(scores), func(i, j int) { scores[i], scores[j] = scores[j], scores[i] })
		c := detect.NewCalibration(scores[:p.Calibration])
		p.book(books, sameTime, c, scores[p.Calibration:])
		if len(away) > 0 {
			p.book(books, others, c, away)
		}
		rng.Shuffle(len(early), func(i, j int) { early[i], early[j] = early[j], early[i] })
		p.book(books, later, detect.NewCalibration(early[:p.Calibration]), late)
	}
	return ctx.Err()
}

func (p Bound) book(books map[string][]ledger, judged string, c detect.Calibration, scores []float64) {
	if books[judged] == nil {
		books[judged] = make([]ledger, len(p.Alphas))
	}
	for i, alpha := range p.Alphas {
		limit, alerts := c.Threshold(alpha), 0
		for _, s := range scores {
			if s > limit {
				alerts++
			}
		}
		rate := float64(alerts) / float64(len(scores))
		b := &books[judged][i]
		b.draws++
		b.realised += rate
		if rate <= c.Upper95(alpha) {
			b.covered++
		}
	}
}

// score teaches at the pool and judges rows.
func (p Bound) score(ctx context.Context, d *Data, pool, taught, rows []int) ([]float64, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	c, raw, err := d.Features(pool)
	if err != nil {
		return nil, err
	}
	scaler, err := feature.Fit(c, choose(raw, pool), p.Scaling)
	if err != nil {
		return nil, err
	}
	x := scaler.Tensor(choose(raw, slices.Concat(pool, taught)))
	y := make([]int, len(pool)+len(taught))
	for i := len(pool); i < len(y); i++ {
		y[i] = 1
	}
	scorer, err := p.Learner.Adapt(ctx, &meta.Task{Ways: 2, Support: meta.Set{X: x, Y: y}, Columns: detect.Columns(scaler)})
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(rows))
	for part := range slices.Chunk(rows, 4096) {
		for _, m := range meta.Margin(scorer, scaler.Tensor(choose(raw, part))) {
			out = append(out, float64(m))
		}
	}
	return out, ctx.Err()
}
