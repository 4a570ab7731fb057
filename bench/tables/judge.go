package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// judged is a learner under the name it has here, with a clock. It hides that
// the learner can be trained: learners are judged as they are.
type judged struct {
	learner      meta.Learner
	name         string
	print        string // of what it does; see fingerprint
	teach, score atomic.Int64
	taught, rows atomic.Int64
}

func (j *judged) Name() string { return j.name }

func (j *judged) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	began := time.Now()
	s, err := j.learner.Adapt(ctx, t)
	j.teach.Add(int64(time.Since(began)))
	j.taught.Add(1)
	return clocked{s, j}, err
}

type clocked struct {
	meta.Scorer
	j *judged
}

func (c clocked) Score(dst []float32, x *tensor.Tensor) {
	began := time.Now()
	c.Scorer.Score(dst, x)
	c.j.score.Add(int64(time.Since(began)))
	c.j.rows.Add(int64(x.Shape[0]))
}

// judges gives the learners of --learners, --sklearn and --models.
func (o *options) judges(ctx context.Context) (out []*judged, err error) {
	for _, name := range o.learners {
		e, err := meta.Find(name)
		if err != nil {
			return nil, err
		}
		l := e.New(o.seed)
		if t, ok := l.(meta.Trainer); ok && len(t.Params()) == 0 {
			return nil, fmt.Errorf("%s has to be trained: give its model with --models", name)
		}
		out = append(out, &judged{learner: l, name: name})
	}
	for _, name := range o.sklearn {
		l, err := startSklearn(ctx, o.python, name)
		if err != nil {
			return nil, err
		}
		out = append(out, &judged{learner: l, name: l.Name()})
	}
	for _, file := range o.models {
		l, _, err := meta.Load(file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		out = append(out, &judged{learner: l, name: name})
		if m, ok := l.(*meta.Matcher); ok && o.voting && !m.NoVotes {
			out = append(out, &judged{learner: &meta.Vote{Matcher: m}, name: "vote+" + name})
		}
	}
	if o.onlyThis {
		for _, j := range out {
			j.learner, j.name = onlyThis{j.learner}, j.name+"-only-this"
		}
	}
	names := map[string]bool{}
	for _, j := range out {
		if names[j.name] {
			return nil, fmt.Errorf("two learners are called %q: rename a model file", j.name)
		}
		names[j.name] = true
		j.print = fingerprint(j.learner)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no learners: name some with --learners, --sklearn or --models")
	}
	return out, nil
}

// onlyThis is a learner that takes known attacks for rows that must not alert.
type onlyThis struct{ meta.Learner }

func (l onlyThis) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	return l.Learner.Adapt(ctx, meta.OnlyThis(t))
}

// fingerprint is a hash of a learner's scores on three made-up tasks, with and without known attacks, and of its
// parameters: results of a learner whose working was changed are not taken for
// those of the new one.
func fingerprint(l meta.Learner) string {
	h := sha256.New()
	if t, ok := l.(meta.Trainer); ok {
		if b, err := meta.Encode(t, nil); err == nil {
			h.Write(b)
		}
	}
	for n, k := range []int{1, 5, 10} {
		t, query := madeUp(uint64(n), k)
		for _, known := range []meta.Set{t.Known, {}} {
			t.Known = known
			s, err := l.Adapt(context.Background(), t)
			if err != nil {
				fmt.Fprintln(h, err) // a model of other columns: its parameters tell it
				continue
			}
			for _, m := range meta.Margin(s, query) {
				binary.Write(h, binary.LittleEndian, m) // a hash has no errors
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// madeUp is a task of twelve columns, three of them views and two levels, with known attacks.
func madeUp(seed uint64, shots int) (*meta.Task, *tensor.Tensor) {
	const d = 12
	rng := rand.New(rand.NewPCG(seed, 0x6d616465))
	rows := func(n int, shift float64) *tensor.Tensor {
		x := &tensor.Tensor{Shape: []int{n, d}, Data: make([]float32, n*d)}
		for i := range x.Data {
			switch j := i % d; {
			case j >= d-2:
				x.Data[i] = float32(2 * rng.IntN(2))
			case j%3 == 1:
				x.Data[i] = float32(math.Tanh(float64(x.Data[i-1])))
			default:
				x.Data[i] = float32(rng.NormFloat64() + shift*float64(j%4)/2)
			}
		}
		return x
	}
	join := func(a, b *tensor.Tensor) *tensor.Tensor {
		return &tensor.Tensor{Shape: []int{a.Shape[0] + b.Shape[0], d}, Data: append(append([]float32{}, a.Data...), b.Data...)}
	}
	t := &meta.Task{Ways: 2, Columns: make([]meta.Column, d)}
	for j := range t.Columns {
		switch {
		case j >= d-2:
			t.Columns[j] = meta.Level
		case j%3 == 1:
			t.Columns[j] = meta.View
		}
	}
	t.Support = meta.Set{X: join(rows(300, 0), rows(shots, 1)), Y: make([]int, 300+shots)}
	for i := 300; i < 300+shots; i++ {
		t.Support.Y[i] = 1
	}
	t.Known = meta.Set{X: join(rows(30, -1), rows(30, 2)), Y: make([]int, 60)}
	for i := 30; i < 60; i++ {
		t.Known.Y[i] = 1
	}
	return t, join(rows(100, 0), rows(20, 1))
}

// judge judges the learners on a set where there are no results, and gives the
// books of all.
func (o *options) judge(ctx context.Context, s *set, judges []*judged) ([]*book, error) {
	books := make([]*book, len(judges))
	for i, j := range judges {
		var err error
		if books[i], err = o.open(s, j); err != nil {
			return nil, err
		}
	}
	draws := s.drawn(o.draws)
	whole := true
	for _, b := range books {
		whole = whole && b.whole(draws)
	}
	if whole {
		return books, nil
	}
	parts, err := s.parts(ctx, o.data, o.lab)
	if err != nil {
		return nil, err
	}
	print, err := printOf(parts)
	if err != nil {
		return nil, err
	}
	for i := range books {
		if books[i].Data != print && len(books[i].Draws) > 0 {
			fmt.Fprintf(o.diag, "%s: the data is not what %s was judged on: judged anew\n", s.name, judges[i].name)
			books[i].Draws = nil
		}
		books[i].Data, books[i].Parts = print, len(parts)
	}
	for n := range draws {
		for _, p := range parts {
			if err := o.play(ctx, s, p, n, judges, books); err != nil {
				return nil, fmt.Errorf("%s %s: %w", s.name, p.Name, err)
			}
		}
	}
	return books, nil
}

// drawn gives the number of draws.
func (s *set) drawn(asked int) int {
	switch {
	case asked > 0:
		return asked
	case s.draws > 0:
		return s.draws
	}
	return 10
}

// protocol gives the n-th draw's protocol: a cut and a draw of its own.
func (o *options) protocol(s *set, n int) eval.NewAttack {
	return eval.NewAttack{Benign: s.benign, Apart: s.apart, MinRows: s.rows, Shots: o.shots, Draws: 1, Seed: o.seed<<32 + uint64(n), QueryBenign: o.query}
}

// play plays one draw on one part with the learners that have not had it.
func (o *options) play(ctx context.Context, s *set, p dataset.Part, n int, judges []*judged, books []*book) error {
	plan := eval.Plan{Protocol: o.protocol(s, n)}
	of := map[string]int{}
	for i, b := range books {
		if b.find(p.Name, n) == nil {
			of[judges[i].name] = i
			plan.Trained = append(plan.Trained, judges[i])
			judges[i].reset()
		}
	}
	if len(of) == 0 {
		return nil
	}
	began := time.Now()
	episodes, err := plan.Protocol.Episodes(p.Data)
	if err != nil {
		return err
	}
	results, err := plan.Play(ctx, p.Data, episodes)
	if err == nil {
		err = ctx.Err() // what was cut short is not kept
	}
	if err != nil {
		return err
	}
	played := map[int]*draw{}
	for _, i := range of {
		played[i] = judges[i].draw(p.Name, n)
	}
	for _, r := range results {
		if r.Classes == 0 { // not a mean
			d := played[of[r.Learner]]
			d.Cells = append(d.Cells, cell{r.Class, r.Shots, [figures]float64{value(r.AP), value(r.AUROC), value(r.Recall1), value(r.Recall01)}, r.Other, r.Taken1, r.Kept1})
		}
	}
	for i, d := range played {
		books[i].Draws = append(books[i].Draws, d)
		if err := books[i].save(); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.diag, "%s %s draw %d: %d episodes, %d learners, %.1f s\n", s.name, p.Name, n, len(episodes), len(of), time.Since(began).Seconds())
	return nil
}

func (j *judged) reset() {
	for _, v := range []*atomic.Int64{&j.teach, &j.score, &j.taught, &j.rows} {
		v.Store(0)
	}
}

func (j *judged) draw(part string, n int) *draw {
	return &draw{Part: part, Number: n, Taught: j.taught.Load(), TeachSeconds: float64(j.teach.Load()) / 1e9, Rows: j.rows.Load(), ScoreSeconds: float64(j.score.Load()) / 1e9}
}

func value(v *float64) float64 {
	if v == nil {
		return 0 // no class is judged without benign rows and rows of its own
	}
	return *v
}

// printOf is a hash of a set's rows and classes.
func printOf(parts []dataset.Part) (string, error) {
	h := sha256.New()
	for _, p := range parts {
		all := make([]int, len(p.Data.Label))
		for i := range all {
			all[i] = i
		}
		c, raw, err := p.Data.Features(all)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, p.Name, c.Hash())
		for i, row := range raw {
			fmt.Fprintln(h, p.Data.Label[i], p.Data.Group[i])
			binary.Write(h, binary.LittleEndian, row)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// open gives the book of a set and learner: what was judged so far.
func (o *options) open(s *set, j *judged) (*book, error) {
	b := &book{Set: s.name, Learner: j.name, Print: j.print, Seed: o.seed, Shots: o.shots, Query: o.query}
	key, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(key, fmt.Sprint(s.benign, s.rows, s.apart, mostBenign, mostClass)...))
	b.file = filepath.Join(o.work, strings.ReplaceAll(s.name, "/", "-"), fmt.Sprintf("%s-%x.json", j.name, sum[:6]))
	text, err := os.ReadFile(b.file)
	if os.IsNotExist(err) || o.again {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.file, err)
	}
	return b, nil
}
