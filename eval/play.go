package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Plan is an evaluation by protocol new-attack.
type Plan struct {
	Protocol NewAttack
	Learners []meta.Learner // a meta.Trainer is trained first, for each held-out class without it
	Trained  []meta.Learner // taken as they are: models
	// Known, when set, is other captures with the same labels: known attacks and all
	// meta-training come from there, and Data gives benign rows and the new attack only.
	Known    *Data
	OnlyThis bool // known attacks are learned from as rows that must not alert, not as relatives of the new one
	Alone    bool // learners are not given the known rows beside the examples; training has them all the same
	Training meta.Run
	Scaling  feature.Scaling
	Note     func(string) // told what is under way; may be nil
	// Each, when set, is told every episode's outcome, one at a time and in no order; margins are not to be kept.
	Each func(Outcome)
}

// Outcome is what a learner made of an episode.
type Outcome struct {
	Learner               string
	Episode               *Episode
	Metrics               Metrics
	Benign, Attack, Other []float32 // margins of the query rows, in their order
	Teach, Score          time.Duration
}

// stage is what all episodes of one class share: everything fitted, nothing of it on the class.
type stage struct {
	class  string
	scaler *feature.Scaler
	column []meta.Column
	raw    [][]float64
	benign *tensor.Tensor
	known  meta.Set
	sites  []meta.Site
	query  *tensor.Tensor // benign rows, then the class's, then those of other attacks
	split  [2]int         // where the class's and the others' begin
}

// Play runs the plan on d's episodes, one class after the other.
func (p *Plan) Play(ctx context.Context, d *Data, episodes []Episode) ([]Result, error) {
	if err := distinct(slices.Concat(p.Trained, p.Learners)); err != nil {
		return nil, err
	}
	t := tally{protocol: "new-attack", dataset: d.Name}
	var cache trained
	for i := 0; i < len(episodes); {
		k := i
		for k < len(episodes) && episodes[k].Class == episodes[i].Class {
			k++
		}
		s, err := p.stage(d, episodes[i])
		if err != nil {
			return nil, err
		}
		learners, err := p.train(ctx, s, &cache)
		if err != nil {
			return nil, err
		}
		p.note("%s: %d episodes, %d learners", s.class, k-i, len(learners))
		if err := p.judge(ctx, s, episodes[i:k], learners, &t); err != nil {
			return nil, err
		}
		i = k
	}
	return t.results(), nil
}

// distinct refuses learners of one name, whose figures would be taken for one learner's.
func distinct(learners []meta.Learner) error {
	seen := map[string]bool{}
	for _, l := range learners {
		if seen[l.Name()] {
			return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("two learners are called %s", l.Name()), Remedy: "judge them one after the other: the same seed gives the same episodes"}
		}
		seen[l.Name()] = true
	}
	return nil
}

func (p *Plan) note(format string, a ...any) {
	if p.Note != nil {
		p.Note(fmt.Sprintf(format, a...))
	}
}

func (p *Plan) stage(d *Data, e Episode) (*stage, error) {
	fit := slices.Concat(e.Benign, e.Known)
	c, raw, err := d.Features(fit)
	if err != nil {
		return nil, err
	}
	s := &stage{class: e.Class, raw: raw, split: [2]int{len(e.QueryBenign), len(e.QueryBenign) + len(e.QueryAttack)}}
	if s.scaler, err = feature.Fit(c, choose(raw, e.Benign), p.Scaling); err != nil {
		return nil, err
	}
	s.column = detect.Columns(s.scaler)
	s.benign = s.scaler.Tensor(choose(raw, e.Benign))
	s.query = s.scaler.Tensor(slices.Concat(choose(raw, e.QueryBenign), choose(raw, e.QueryAttack), choose(raw, e.QueryOther)))
	if p.Known != nil {
		return s, p.knownElsewhere(s)
	}
	site := meta.Site{Benign: s.benign}
	rows, labels := byClass(d, e.Known)
	for _, r := range rows {
		if len(r) > 1 { // one to learn from and one to judge, in a task to train on
			site.Attacks = append(site.Attacks, s.scaler.Tensor(choose(raw, r)))
		}
	}
	s.known = meta.Set{X: s.scaler.Tensor(choose(raw, slices.Concat(rows...))), Y: labels}
	s.sites = []meta.Site{site}
	return s, nil
}

// knownElsewhere takes known attacks and training sites from the other captures.
// Each capture is a site scaled by its own benign rows; as context beside the
// new attack, the same raw rows are scaled by the pool where it is hunted.
func (p *Plan) knownElsewhere(s *stage) error {
	if p.Known.fixed == nil {
		return &inkling.Error{Code: inkling.Invalid, Place: p.Known.Name, What: "a table beside another has columns of its own", Remedy: "hold both to one schema: inkling schema TABLE --out FILE.json, then --schema FILE.json"}
	}
	pr := p.Protocol.withDefaults()
	unseen := append([]string{s.class, pr.Benign}, pr.Never...)
	sites, err := p.Known.Sites(pr.Benign, unseen, p.Scaling, pr.Seed)
	if err != nil {
		return err
	}
	s.sites = sites
	_, raw, err := p.Known.Features(nil)
	if err != nil {
		return err
	}
	rows, labels := byClass(p.Known, p.knownRows(s.class))
	s.known = meta.Set{X: s.scaler.Tensor(choose(raw, slices.Concat(rows...))), Y: labels}
	return nil
}

// knownRows chooses the rows of the other captures that are known when a class is held out.
func (p *Plan) knownRows(class string) (known []int) {
	pr := p.Protocol.withDefaults()
	rng := rand.New(rand.NewPCG(pr.Seed, 0x6b6e6f77))
	for _, c := range p.Known.Classes() {
		if c != class && c != pr.Benign && !slices.Contains(pr.Never, c) {
			known = append(known, head(shuffled(rng, p.Known.Of(c)), pr.KnownRows)...)
		}
	}
	return known
}

// KnownRows gives how many rows of known attacks learners get beside the examples of an episode.
func (p *Plan) KnownRows(e *Episode) int {
	switch {
	case p.Alone:
		return 0
	case p.Known != nil:
		return len(p.knownRows(e.Class))
	}
	return len(e.Known)
}

// Sites makes a training site of each capture: its benign rows scale it, and
// every class but those unseen with ten rows or more is one of its attacks.
func (d *Data) Sites(benign string, unseen []string, scaling feature.Scaling, seed uint64) ([]meta.Site, error) {
	if d.fixed == nil && slices.Max(d.Group) > 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: "several tables, each with columns of its own, cannot be sites of one model", Remedy: "hold them to one schema: inkling schema TABLE --out FILE.json, then --schema FILE.json"}
	}
	rng := rand.New(rand.NewPCG(seed, 0x73697465))
	var sites []meta.Site
	for g := range slices.Max(d.Group) + 1 {
		in := map[string][]int{}
		for i, l := range d.Label {
			if d.Group[i] == g {
				in[l] = append(in[l], i)
			}
		}
		normal := head(shuffled(rng, in[benign]), 4000)
		if len(normal) < 40 {
			return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: fmt.Sprintf("capture %d has %d rows of the benign class %q", g+1, len(normal), benign), Remedy: "name it with --benign; at least 40 are needed; " + d.thereAre()}
		}
		c, raw, err := d.Features(normal)
		if err != nil {
			return nil, err
		}
		scaler, err := feature.Fit(c, choose(raw, head(normal, 1000)), scaling)
		if err != nil {
			return nil, err
		}
		site := meta.Site{Benign: scaler.Tensor(choose(raw, normal))}
		for _, class := range d.Classes() {
			if rows := in[class]; class != benign && !slices.Contains(unseen, class) && len(rows) >= 10 {
				site.Attacks = append(site.Attacks, scaler.Tensor(choose(raw, head(shuffled(rng, rows), 2000))))
			}
		}
		if len(site.Attacks) > 0 {
			sites = append(sites, site)
		}
	}
	if len(sites) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: "no known attacks with ten rows or more to learn from", Remedy: "give more labelled data"}
	}
	return sites, nil
}

// trained remembers what was trained on which classes.
type trained struct {
	on       []meta.Site
	learners []meta.Learner
}

func (p *Plan) train(ctx context.Context, s *stage, cache *trained) ([]meta.Learner, error) {
	if cache.learners != nil && p.Known != nil && sameSites(cache.on, s.sites) {
		return cache.learners, nil
	}
	learners := slices.Clone(p.Trained)
	for _, l := range p.Learners {
		if t, ok := l.(meta.Trainer); ok {
			if len(s.sites[0].Attacks) == 0 {
				return nil, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no other attack to train %s on when %s is held out", l.Name(), s.class), Remedy: "leave it out, name a trained model with --models, or give data of more attacks"}
			}
			p.note("%s: training %s without it", s.class, l.Name())
			after, err := t.Train(ctx, tell(meta.BenignAgainstOne(s.sites, meta.Episodes{Seed: p.Protocol.Seed + 1}), s.column), p.Training)
			if err != nil {
				return nil, fmt.Errorf("training %s: %w", l.Name(), err)
			}
			l = after
		}
		learners = append(learners, l)
	}
	*cache = trained{s.sites, learners}
	return learners, nil
}

func sameSites(a, b []meta.Site) bool {
	return slices.EqualFunc(a, b, func(x, y meta.Site) bool {
		return slices.Equal(x.Benign.Data, y.Benign.Data) && slices.EqualFunc(x.Attacks, y.Attacks, func(a, b *tensor.Tensor) bool { return slices.Equal(a.Data, b.Data) })
	})
}

// judge plays the episodes of one class, several at a time.
func (p *Plan) judge(ctx context.Context, s *stage, episodes []Episode, learners []meta.Learner, t *tally) error {
	type cell struct{ episode, learner int }
	scores := make(map[cell]Metrics, len(episodes)*len(learners))
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		first error
		next  = make(chan int)
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				for j, l := range learners {
					mu.Lock()
					failed := first != nil
					mu.Unlock()
					if failed { // the others would be played for nothing
						break
					}
					o, err := p.play(ctx, s, &episodes[i], l)
					mu.Lock()
					scores[cell{i, j}] = o.Metrics
					if err == nil && p.Each != nil {
						p.Each(o)
					}
					if err != nil && first == nil {
						first = fmt.Errorf("%s on %s, %d shots: %w", l.Name(), s.class, episodes[i].Shots, err)
					}
					mu.Unlock()
				}
			}
		})
	}
	for i := range episodes {
		next <- i
	}
	close(next)
	wg.Wait()
	if first != nil {
		return first
	}
	for i, e := range episodes {
		for j, l := range learners {
			t.add(l.Name(), e.Class, e.Shots, scores[cell{i, j}])
		}
	}
	return nil
}

func (p *Plan) play(ctx context.Context, s *stage, e *Episode, l meta.Learner) (Outcome, error) {
	task := p.task(s, e)
	began := time.Now()
	scorer, err := l.Adapt(ctx, task)
	if err != nil {
		return Outcome{}, err
	}
	taughtAt := time.Now()
	margin := meta.Margin(scorer, s.query)
	scored := time.Since(taughtAt)
	benign, attack, other := margin[:s.split[0]], margin[s.split[0]:s.split[1]], margin[s.split[1]:]
	m := Metrics{
		AUROC:    meta.AUROC(benign, attack),
		AP:       meta.AveragePrecision(benign, attack),
		Recall1:  meta.RecallAtFPR(benign, attack, 0.01),
		Recall01: meta.RecallAtFPR(benign, attack, 0.001),
		Accuracy: math.NaN(),
		Other:    meta.AUROC(other, attack),
		Taken1:   meta.RecallAtFPR(benign, other, 0.01),
		Kept1:    Realised(benign, 0.01),
	}
	return Outcome{l.Name(), e, m, benign, attack, other, taughtAt.Sub(began), scored}, nil
}

// task gives what a learner is taught in an episode.
func (p *Plan) task(s *stage, e *Episode) *meta.Task {
	t := meta.Detection(s.benign, s.scaler.Tensor(choose(s.raw, e.Support)))
	t.Columns = s.column
	if !p.Alone {
		t.Known = s.known
	}
	if p.OnlyThis {
		t = meta.OnlyThis(t)
	}
	return t
}

// Realised promises a false-alarm rate on the first half of benign margins and gives that of the second; NaN
// where the half is too small to promise it.
func Realised(benign []float32, rate float64) float64 {
	scores := make([]float64, len(benign))
	for i, v := range benign {
		scores[i] = float64(v)
	}
	half := len(scores) / 2
	c := detect.NewCalibration(scores[:half])
	if rate < c.Smallest() {
		return math.NaN()
	}
	alarms, above := 0, c.Threshold(rate)
	for _, v := range scores[half:] {
		if v > above {
			alarms++
		}
	}
	return float64(alarms) / float64(len(scores)-half)
}

// byClass groups rows by class, in order of name, and numbers the classes.
func byClass(d *Data, rows []int) (groups [][]int, labels []int) {
	of := map[string][]int{}
	for _, r := range rows {
		of[d.Label[r]] = append(of[d.Label[r]], r)
	}
	for _, c := range d.Classes() {
		if len(of[c]) > 0 {
			for range of[c] {
				labels = append(labels, len(groups))
			}
			groups = append(groups, of[c])
		}
	}
	return groups, labels
}

func choose(raw [][]float64, rows []int) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = raw[r]
	}
	return out
}
