package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/inkling-sec/inkling/meta"
)

// over gives a figure's mean in each draw of a set at so many shots; draws of which it has none are left out.
func (b *book) over(draws, shots int, of func(*cell) *float64) (means []float64) {
	sum, n := make([]float64, draws), make([]float64, draws)
	for _, d := range b.Draws {
		for i := range d.Cells {
			if c := &d.Cells[i]; d.Number < draws && c.Shots == shots && of(c) != nil {
				sum[d.Number] += *of(c)
				n[d.Number]++
			}
		}
	}
	for i, k := range n {
		if k > 0 {
			means = append(means, sum[i]/k)
		}
	}
	return means
}

// find gives a learner's book of a set.
func find(books []*book, set, learner string) *book {
	for _, b := range books {
		if b.Set == set && b.Learner == learner {
			return b
		}
	}
	return nil
}

// printOther tells how often other attacks are taken for the taught one, over the sets that have others.
func (o *options) printOther(out io.Writer, chosen []*set, learners []string, books []*book) {
	fmt.Fprint(out, "\n## Other attacks than the taught one, mean over the sets that have some\n\n| learner | K | sets | AUROC of taught against other attacks | share of other attacks that alert where 1 % of benign rows do |\n|---|---|---|---|---|\n")
	for _, l := range learners {
		for _, k := range o.shots {
			var told [2][]float64
			for _, s := range chosen {
				b := find(books, s.name, l)
				if b == nil {
					continue
				}
				for i, of := range []func(*cell) *float64{func(c *cell) *float64 { return c.Other }, func(c *cell) *float64 { return c.Taken }} {
					if v := b.over(s.drawn(o.draws), k, of); len(v) > 0 {
						told[i] = append(told[i], meta.MeanOf(v).Mean)
					}
				}
			}
			if n := len(told[0]); n > 0 {
				a, t := bootstrap(told[0]), bootstrap(told[1])
				fmt.Fprintf(out, "| %s | %d | %d | %.3f [%.3f, %.3f] | %.3f [%.3f, %.3f] |\n", l, k, n, a.Mean, a.Low, a.High, t.Mean, t.Low, t.High)
			}
		}
	}
}

// printKept tells the false-alarm rate where 1 % was promised, set by set, with the 95 % interval over draws.
func (o *options) printKept(out io.Writer, chosen []*set, learners []string, books []*book) {
	fmt.Fprintf(out, "\n## False alarms where 1 %% was promised on half of the benign rows, in percent of the other half [95 %% interval over draws]; all K together\n\n| set | %s |\n|---|%s\n", strings.Join(learners, " | "), strings.Repeat("---|", len(learners)))
	broken := map[string]int{}
	for _, s := range chosen {
		line, any := "| "+s.name+" |", false
		for _, l := range learners {
			var all []float64
			if b := find(books, s.name, l); b != nil {
				for n := range s.drawn(o.draws) {
					var draw []float64
					for _, k := range o.shots {
						draw = append(draw, b.inDraw(n, k)...)
					}
					if len(draw) > 0 {
						all = append(all, 100*meta.MeanOf(draw).Mean)
					}
				}
			}
			if len(all) == 0 {
				line += " – |"
				continue
			}
			any = true
			e := meta.MeanOf(all)
			if len(all) == 1 { // one draw has no interval
				line += fmt.Sprintf(" %.2f |", e.Mean)
				continue
			}
			line += fmt.Sprintf(" %.2f [%.2f, %.2f] |", e.Mean, e.Low, e.High)
			if e.Low > 1 {
				broken[l]++
			}
		}
		if any {
			fmt.Fprintln(out, line)
		}
	}
	for _, l := range learners {
		fmt.Fprintf(out, "\n%s: the interval lies above 1 %% on %d sets.", l, broken[l])
	}
	fmt.Fprintln(out)
}

// inDraw gives the realised false-alarm rates of one draw at so many shots.
func (b *book) inDraw(n, shots int) (out []float64) {
	for _, d := range b.Draws {
		for _, c := range d.Cells {
			if d.Number == n && c.Shots == shots && c.Kept != nil {
				out = append(out, *c.Kept)
			}
		}
	}
	return out
}
