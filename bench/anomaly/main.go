// Command anomaly holds our unsupervised detector of any table, learner odd,
// against isolation forest, ECOD, HBOS and the distance to the fifth neighbour on
// the even-numbered sets of ADBench, and the few-shot default beside them.
//
//	go run ./bench/anomaly -data ../shared/data/adbench
//
// Two protocols. Mixed: all rows without labels are learned from and judged
// (odd: each half by the other, as it looks at a part of the rows only). Benign: a
// pool of benign rows is learned from, others and the odd ones are judged; there the
// default also gets K labelled examples. Rows that are exact duplicates are dropped, and
// of a large set 10,000 rows are drawn.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

func main() {
	var o options
	flag.StringVar(&o.data, "data", "../shared/data/adbench", "folder of the sets")
	flag.IntVar(&o.draws, "draws", 3, "cuts of each set, and seeds")
	flag.StringVar(&o.only, "only", "", "sets whose name has this")
	flag.Parse()
	if err := o.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	data, only string
	draws      int
}

const mostRows = 10000

func (o *options) run(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(o.data, "*.npz"))
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b string) int { return numberOf(a) - numberOf(b) })
	sets := map[string][]map[string]*mean{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".npz")
		if numberOf(f)%2 != 0 || !strings.Contains(name, o.only) {
			continue
		}
		for _, protocol := range []string{"mixed", "benign"} {
			got, err := o.judge(ctx, protocol, name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			sets[protocol] = append(sets[protocol], got)
			print(protocol, name, got)
		}
	}
	for _, protocol := range []string{"mixed", "benign"} {
		print(protocol, "mean", total(sets[protocol], ""))
	}
	for _, k := range []string{"vote-5", "vote-10"} { // on the sets with odd rows enough for it
		print("benign", "mean, "+k, total(sets["benign"], k))
	}
	return nil
}

// total gives the means over sets, those that have a detector.
func total(sets []map[string]*mean, has string) map[string]*mean {
	out := map[string]*mean{}
	for _, of := range sets {
		if has != "" && of[has] == nil {
			continue
		}
		for l, m := range of {
			if out[l] == nil {
				out[l] = &mean{}
			}
			out[l].add(m.value())
		}
	}
	return out
}

func numberOf(file string) int {
	n, _ := strconv.Atoi(strings.SplitN(filepath.Base(file), "_", 2)[0])
	return n
}

func print(protocol, set string, of map[string]*mean) {
	fmt.Printf("%-7s %-15s", protocol, set)
	for _, l := range slices.Sorted(maps.Keys(of)) {
		fmt.Printf("  %s %.3f", l, of[l].value())
		if strings.HasPrefix(set, "mean") {
			fmt.Printf(" (%d)", of[l].n)
		}
	}
	fmt.Println()
}

type mean struct {
	n   int
	sum float64
}

func (m *mean) add(v float64)  { m.n, m.sum = m.n+1, m.sum+v }
func (m *mean) value() float64 { return m.sum / float64(m.n) }

// judge gives the mean AUROC of each detector on a set.
func (o *options) judge(ctx context.Context, protocol, name string) (map[string]*mean, error) {
	parts, err := dataset.ADBenchThin(ctx, o.data, name+".npz", map[string]int{"0": 2 * mostRows, "1": 2000})
	if err != nil {
		return nil, err
	}
	out := map[string]*mean{}
	for draw := range o.draws {
		tell := func(detector string, benign, odd []float32) {
			if out[detector] == nil {
				out[detector] = &mean{}
			}
			out[detector].add(meta.AUROC(benign, odd))
		}
		play := mixed
		if protocol == "benign" {
			play = few
		}
		if err := play(ctx, parts[0].Data, uint64(draw), tell); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mixed learns from all rows and judges them.
func mixed(ctx context.Context, d *eval.Data, seed uint64, tell func(string, []float32, []float32)) error {
	rng := rand.New(rand.NewPCG(seed, 0x6d69786564))
	rows := rng.Perm(len(d.Label))
	rows = rows[:min(mostRows, len(rows))]
	c, raw, err := d.Features(rows)
	if err != nil {
		return err
	}
	x := choose(raw, rows)
	split := func(scores []float64) (benign, odd []float32) {
		for i, r := range rows {
			if d.Label[r] == "1" {
				odd = append(odd, float32(scores[i]))
			} else {
				benign = append(benign, float32(scores[i]))
			}
		}
		return benign, odd
	}
	for _, p := range peers {
		benign, odd := split(p.fit(x, seed)(x, true))
		tell(p.name, benign, odd)
	}
	scores := make([]float64, len(x))
	half := len(x) / 2
	for _, side := range [][2]int{{0, half}, {half, len(x)}} {
		rest := slices.Concat(x[:side[0]], x[side[1]:])
		s, err := oddScores(ctx, c, rest, x[side[0]:side[1]])
		if err != nil {
			return err
		}
		copy(scores[side[0]:], s)
	}
	benign, odd := split(scores)
	tell("odd", benign, odd)
	return nil
}

func oddScores(ctx context.Context, c *feature.Contract, pool, x [][]float64) ([]float64, error) {
	scaler, err := feature.Fit(c, pool, feature.Scaling{})
	if err != nil {
		return nil, err
	}
	s, err := (&meta.Odd{}).Unlike(ctx, scaler.Tensor(pool))
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(x))
	for i, v := range meta.Margin(s, scaler.Tensor(x)) {
		out[i] = float64(v)
	}
	return out, nil
}

// few learns from a benign pool, and the default from K examples too.
func few(ctx context.Context, d *eval.Data, seed uint64, tell func(string, []float32, []float32)) error {
	protocol := eval.NewAttack{Benign: "0", Draws: 1, Seed: seed, MinRows: 8, QueryBenign: 5000}
	episodes, err := protocol.Episodes(d)
	if err != nil {
		return err
	}
	e := &episodes[0]
	_, raw, err := d.Features(e.Benign)
	if err != nil {
		return err
	}
	pool, query := choose(raw, e.Benign), choose(raw, slices.Concat(e.QueryBenign, e.QueryAttack))
	for _, p := range peers {
		var s []float32
		for _, v := range p.fit(pool, seed)(query, false) {
			s = append(s, float32(v))
		}
		tell(p.name, s[:len(e.QueryBenign)], s[len(e.QueryBenign):])
	}
	plan := eval.Plan{Protocol: protocol, Trained: []meta.Learner{&meta.Odd{}, &meta.Vote{Matcher: meta.Shipped(seed)}}}
	plan.Each = func(o eval.Outcome) {
		if o.Learner == "odd" && o.Episode.Shots > 1 {
			return
		}
		name := o.Learner
		if name != "odd" {
			name = fmt.Sprintf("%s-%d", name, o.Episode.Shots)
		}
		tell(name, o.Benign, o.Attack)
	}
	_, err = plan.Play(ctx, d, episodes)
	return err
}

func choose(raw [][]float64, rows []int) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = raw[r]
	}
	return out
}

// finite takes 0 for what is missing.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}
