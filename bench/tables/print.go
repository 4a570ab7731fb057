package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// print writes the figures of the sets that were judged.
func (o *options) print(out io.Writer, chosen []*set, judges []*judged, books []*book) error {
	var learners []string
	for _, j := range judges {
		learners = append(learners, j.name)
	}
	scores := o.scores(chosen, books)
	if o.json {
		return o.printJSON(out, scores, learners, books)
	}
	o.printMeans(out, "All sets", scores, learners)
	if apart := withoutKin(chosen, scores); len(apart) < len(scores) {
		o.printMeans(out, "Without sets of a development set's source", apart, learners)
	}
	for _, f := range []int{ap, recall1} {
		o.printSets(out, f, scores, learners)
	}
	o.printOther(out, chosen, learners, books)
	o.printKept(out, chosen, learners, books)
	printCosts(out, learners, books)
	return nil
}

// scores gives the mean of each set, learner and number of shots.
func (o *options) scores(chosen []*set, books []*book) (out []score) {
	for _, s := range chosen {
		for _, k := range o.shots {
			for _, b := range books {
				if b.Set != s.name {
					continue
				}
				if mean, classes, ok := b.mean(s.drawn(o.draws), k); ok {
					out = append(out, score{s.name, b.Learner, k, classes, mean})
				}
			}
		}
	}
	return out
}

func withoutKin(chosen []*set, scores []score) []score {
	return slices.DeleteFunc(slices.Clone(scores), func(c score) bool {
		i := slices.IndexFunc(chosen, func(s *set) bool { return s.name == c.set })
		return chosen[i].kin != ""
	})
}

// heads are the figures' names in tables.
var heads = [figures]string{"AP", "AUROC", "recall at 1 %", "recall at 0.1 %"}

func (o *options) printMeans(out io.Writer, title string, scores []score, learners []string) {
	for _, k := range o.shots {
		all := summarise(scores, learners, k, o.against)
		if all == nil {
			continue
		}
		fmt.Fprintf(out, "\n## %s, K = %d: mean of %d data sets [95 %% bootstrap over sets]\n\n", title, k, all[0].sets)
		fmt.Fprintf(out, "| learner | %s | Δ AP to %s | Δ recall at 1 %% | AP: wins/ties/losses | worst set (Δ AP) |\n|---|---|---|---|---|---|---|---|---|\n", strings.Join(heads[:], " | "), o.against)
		slices.SortStableFunc(all, func(a, b summary) int {
			switch {
			case a.mean[ap].Mean > b.mean[ap].Mean:
				return -1
			case a.mean[ap].Mean < b.mean[ap].Mean:
				return 1
			}
			return 0
		})
		for _, s := range all {
			fmt.Fprintf(out, "| %s |", s.learner)
			for _, m := range s.mean {
				fmt.Fprintf(out, " %.3f [%.3f, %.3f] |", m.Mean, m.Low, m.High)
			}
			if r := s.record[ap]; r.worstSet != "" {
				a, b := s.ahead[ap], s.ahead[recall1]
				fmt.Fprintf(out, " %+.3f [%+.3f, %+.3f] | %+.3f [%+.3f, %+.3f] | %d/%d/%d | %s %+.3f |\n", a.Mean, a.Low, a.High, b.Mean, b.Low, b.High, r.wins, r.ties, r.losses, r.worstSet, r.worst)
			} else {
				fmt.Fprint(out, " – | – | – | – |\n")
			}
		}
	}
}

func (o *options) printSets(out io.Writer, f int, scores []score, learners []string) {
	fmt.Fprintf(out, "\n## %s by data set\n\n| set | classes | K | %s |\n|---|---|---|%s\n", heads[f], strings.Join(learners, " | "), strings.Repeat("---|", len(learners)))
	for i, s := range scores {
		if i > 0 && scores[i-1].set == s.set && scores[i-1].shots == s.shots {
			continue
		}
		fmt.Fprintf(out, "| %s | %d | %d |", s.set, s.classes, s.shots)
		for _, l := range learners {
			k := slices.IndexFunc(scores, func(c score) bool { return c.set == s.set && c.shots == s.shots && c.learner == l })
			if k < 0 {
				fmt.Fprint(out, " – |")
			} else {
				fmt.Fprintf(out, " %.3f |", scores[k].figure[f])
			}
		}
		fmt.Fprintln(out)
	}
}

// cost is what a learner took, over all sets, on machines as busy as they were.
type cost struct {
	Teach float64 `json:"teach_ms"`
	Rows  float64 `json:"rows_per_second"` // a goroutine
}

func costOf(learner string, books []*book) (c cost) {
	var sum draw
	for _, b := range books {
		for _, d := range b.Draws {
			if b.Learner == learner {
				sum.Taught, sum.TeachSeconds, sum.Rows, sum.ScoreSeconds = sum.Taught+d.Taught, sum.TeachSeconds+d.TeachSeconds, sum.Rows+d.Rows, sum.ScoreSeconds+d.ScoreSeconds
			}
		}
	}
	return cost{1e3 * sum.TeachSeconds / float64(max(1, sum.Taught)), float64(sum.Rows) / max(1e-9, sum.ScoreSeconds)}
}

func printCosts(out io.Writer, learners []string, books []*book) {
	fmt.Fprint(out, "\n## Time, mean over all episodes, on a machine that may have had other work\n\n| learner | teach, ms | rows/s |\n|---|---|---|\n")
	for _, l := range learners {
		c := costOf(l, books)
		fmt.Fprintf(out, "| %s | %.1f | %.0f |\n", l, c.Teach, c.Rows)
	}
}

// line is one line of --json: of a set, or with Set "mean" over sets.
type line struct {
	Set     string              `json:"set"`
	Learner string              `json:"learner"`
	Shots   int                 `json:"shots"`
	Classes int                 `json:"classes,omitempty"`
	Sets    int                 `json:"sets,omitempty"`
	Figures map[string]float64  `json:"figures,omitempty"`
	Mean    map[string]interval `json:"mean,omitempty"`
	Against string              `json:"against,omitempty"`
	Ahead   map[string]interval `json:"ahead,omitempty"`
	Record  map[string]record   `json:"record,omitempty"`
	Cost    *cost               `json:"cost,omitempty"`
}

type record struct {
	Wins     int     `json:"wins"`
	Ties     int     `json:"ties"`
	Losses   int     `json:"losses"`
	Worst    float64 `json:"worst"`
	WorstSet string  `json:"worst_set"`
}

func (o *options) printJSON(out io.Writer, scores []score, learners []string, books []*book) error {
	e := json.NewEncoder(out)
	for _, s := range scores {
		l := line{Set: s.set, Learner: s.learner, Shots: s.shots, Classes: s.classes, Figures: map[string]float64{}}
		for f, v := range s.figure {
			l.Figures[figureNames[f]] = v
		}
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	for _, k := range o.shots {
		for _, s := range summarise(scores, learners, k, o.against) {
			c := costOf(s.learner, books)
			l := line{Set: "mean", Learner: s.learner, Shots: k, Sets: s.sets, Mean: map[string]interval{}, Cost: &c}
			if s.record[ap].worstSet != "" {
				l.Against, l.Ahead, l.Record = o.against, map[string]interval{}, map[string]record{}
			}
			for f, name := range figureNames {
				l.Mean[name] = s.mean[f]
				if r := s.record[f]; r.worstSet != "" {
					l.Ahead[name], l.Record[name] = s.ahead[f], record{r.wins, r.ties, r.losses, r.worst, r.worstSet}
				}
			}
			if err := e.Encode(l); err != nil {
				return err
			}
		}
	}
	return nil
}
