package meta

import (
	"fmt"
	"strings"
)

// Entry is a learner in the list: New makes one with default settings and a seed.
type Entry struct {
	Name string
	Doc  string
	New  func(seed uint64) Learner
}

// Learners are all learners there are, each under the name it gives itself.
// Adding one is a file and a line here; the battery in metatest finds it.
var Learners = []Entry{
	{"ratio", "nearer to the taught rows than is usual where the row lies", func(uint64) Learner { return &Ratio{} }},
	{"random-forest", "random forest", func(s uint64) Learner { return &Forest{Seed: s} }},
	{"extra-trees", "extremely randomized trees", func(s uint64) Learner { return &Forest{Random: true, Seed: s} }},
	{"random-forest-known", "random forest, known attacks as further examples", func(s uint64) Learner { return &Forest{Known: true, Seed: s} }},
	{"extra-trees-known", "extremely randomized trees, known attacks as further examples", func(s uint64) Learner { return &Forest{Random: true, Known: true, Seed: s} }},
}

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
