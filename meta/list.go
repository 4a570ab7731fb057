package meta

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is a learner in the list: New makes one with default settings and a seed.
type Entry struct {
	Name string
	Doc  string
	New  func(seed uint64) Learner
}

// Learners are all learners there are, each under the name it gives itself.
// Adding one is a file and a line here, or in [Trainers] if it has parameters;
// the battery in metatest finds it.
var Learners = slices.Concat([]Entry{
	{"nearest-mean", "nearest class mean", func(uint64) Learner { return &NearestMean{} }},
	{"contrast", "how much nearer the nearest taught row is than the nearest benign one", func(uint64) Learner { return &Contrast{} }},
	{"knn", "nearest rows vote, classes weighing the same", func(uint64) Learner { return &KNN{} }},
	{"logistic-regression", "logistic regression, L2 penalty, classes weighing the same", func(uint64) Learner { return &Logistic{} }},
	{"lda", "linear discriminant with a shrunk covariance", func(uint64) Learner { return &LDA{} }},
	{"ratio", "nearer to the taught rows than is usual where the row lies", func(uint64) Learner { return &Ratio{} }},
	{"ratio-whitened", "ratio after whitening by how rows of one known class differ", func(uint64) Learner { return &Whitened{} }},
	{"odd", "unlike the benign rows, whatever was taught", func(uint64) Learner { return &Odd{} }},
	{"random-forest", "random forest", func(s uint64) Learner { return &Forest{Seed: s} }},
	{"extra-trees", "extremely randomized trees", func(s uint64) Learner { return &Forest{Random: true, Seed: s} }},
	{"random-forest-known", "random forest, known attacks as further examples", func(s uint64) Learner { return &Forest{Known: true, Seed: s} }},
	{"extra-trees-known", "extremely randomized trees, known attacks as further examples", func(s uint64) Learner { return &Forest{Random: true, Known: true, Seed: s} }},
	{"vote", "the default: ratio, extra trees and the matcher inside the program, each as a benign-calibrated p-value; learns from known attacks too", func(s uint64) Learner { return &Vote{Matcher: Shipped(s)} }},
	{"vote-plain", "ratio and extra trees alone, each as a benign-calibrated p-value", func(s uint64) Learner { return &PlainVote{Seed: s} }},
	{"vote-plain-known", "the same, and known attacks by whitening and by further trees", func(s uint64) Learner { return &PlainVote{Known: true, Seed: s} }},
}, Trainers)

// Find gives the entry of that name.
func Find(name string) (Entry, error) {
	names := make([]string, len(Learners))
	for i, e := range Learners {
		if e.Name == name {
			return e, nil
		}
		names[i] = e.Name
	}
	return Entry{}, fmt.Errorf("no learner %q; there are %s", name, strings.Join(names, ", "))
}
