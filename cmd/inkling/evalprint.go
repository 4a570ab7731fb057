package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
)

// measures are the columns of the table of results.
var measures = []struct {
	title, name string
	of          func(*eval.Result) *float64
}{
	{"average precision", "ap", func(r *eval.Result) *float64 { return r.AP }},
	{"recall at 1 %", "recall_fpr_1pct", func(r *eval.Result) *float64 { return r.Recall1 }},
	{"recall at 0.1 %", "recall_fpr_01pct", func(r *eval.Result) *float64 { return r.Recall01 }},
	{"AUROC", "auroc", func(r *eval.Result) *float64 { return r.AUROC }},
	{"accuracy", "accuracy", func(r *eval.Result) *float64 { return r.Accuracy }},
	{"other attacks taken for it", "other_attacks_fpr_1pct", func(r *eval.Result) *float64 { return r.Taken1 }},
}

// printResults writes the means as a table, one line a learner, with what the protocol measures.
func printResults(w io.Writer, d *eval.Data, results []eval.Result) {
	s := styleOf(w)
	fmt.Fprintf(w, "%s: %d rows of %d classes, %d exact duplicates dropped", inkling.Printable(d.Name), len(d.Label), len(d.Classes()), d.Duplicates)
	if d.Skipped > 0 {
		fmt.Fprintf(w, ", %d unreadable and skipped", d.Skipped)
	}
	fmt.Fprintln(w)
	means := slices.DeleteFunc(slices.Clone(results), func(r eval.Result) bool { return r.Classes == 0 }) // a class may be called "mean"
	shots := -1
	for i := range means {
		r := &means[i]
		titles, cells := fmt.Sprintf("%-22s", "learner"), fmt.Sprintf("%-22s", r.Learner)
		for _, m := range measures {
			if !slices.ContainsFunc(means, func(r eval.Result) bool { return m.of(&r) != nil }) {
				continue
			}
			titles += fmt.Sprintf(" %-21s", m.title)
			cells += fmt.Sprintf(" %-21s", figure(r, m.of(r), m.name))
		}
		if r.Shots != shots {
			shots = r.Shots
			fmt.Fprintf(w, "\n%s\n%s\n", s.bold(plural(shots, "example")+", "+meanOf(r.Classes)), strings.TrimRight(titles, " "))
		}
		fmt.Fprintln(w, strings.TrimRight(cells, " "))
	}
}

// meanOf says of how many classes a mean is.
func meanOf(classes int) string {
	if classes == 1 {
		return "of one class"
	}
	return fmt.Sprintf("mean of %d classes", classes)
}

// printLeaks tells of what learners see that may give the answer away, a line for each kind of finding and place.
func printLeaks(w io.Writer, leaks *eval.Leakage) {
	const most = 5
	type found struct{ check, place string }
	of := map[found][]eval.Finding{}
	var order []found
	for _, l := range leaks.Findings {
		k := found{l.Check, " " + l.Place}
		if l.Check == eval.LeakSame || l.Check == eval.LeakNear {
			k.place = "" // is the class
		}
		if l.Learned {
			if of[k] == nil {
				order = append(order, k)
			}
			of[k] = append(of[k], l)
		}
	}
	if order == nil {
		return
	}
	fmt.Fprintf(w, "\n%s the figures may owe to what gives the answer away, not to the attack. A class may also simply be easy.\n", styleOf(w).red("Beware:"))
	for _, k := range order[:min(most, len(order))] {
		l, class := of[k][0], ""
		if l.Class != "" {
			class = " of " + l.Class
		}
		if more := len(of[k]) - 1; more > 0 {
			class += fmt.Sprintf(" and %s", plural(more, "other"))
		}
		fmt.Fprintf(w, "  %s: %s (%s %.3f)\n", inkling.Printable(k.check+k.place+class), inkling.Printable(l.Says), l.Measure, l.Figure)
	}
	if more := len(order) - most; more > 0 {
		fmt.Fprintf(w, "  and %d more, which --report shows\n", more)
	}
}

func figure(r *eval.Result, v *float64, name string) string {
	if v == nil {
		return "–"
	}
	ci, ok := r.CI95[name]
	if !ok {
		return fmt.Sprintf("%.3f", *v)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *v, ci[0], ci[1])
}
