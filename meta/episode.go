package meta

import (
	"math/rand/v2"

	"github.com/inkling-sec/inkling/tensor"
)

// Site is one place's labelled rows, prepared by that place's own benign rows:
// what is benign and the attacks that are known there.
type Site struct {
	Benign  *tensor.Tensor   // [n, d]
	Attacks []*tensor.Tensor // one [n, d] a class
}

// Episodes says how tasks are drawn. The zero value draws tasks like those of the field.
type Episodes struct {
	Seed          uint64
	Shots         []int // K is drawn from these; nil means 1, 2, 5 and 10
	SupportBenign int   // benign rows to adapt on; 0 means 128
	QueryBenign   int   // benign rows to judge; 0 means 96
	QueryAttack   int   // attack rows to judge, at most; 0 means 32
	Ways          int   // N-way: classes of a task; 0 means 5
	Queries       int   // N-way: rows to judge a class, at most; 0 means 15
}

// check panics where no task can be drawn: what ends in an error later, such as a class of one row, is left to that.
func (e Episodes) check(from string, n int) {
	switch err := checkSettings(&e); {
	case err != nil:
		panic(badCall("%s: %v", from, err))
	case n == 0:
		panic(badCall("%s of nothing", from))
	case e.Shots != nil && len(e.Shots) == 0:
		panic(badCall("%s: Shots is empty: give some, or nil for the usual", from))
	}
}

func or[T comparable](v, zero T) T {
	var z T
	if v == z {
		return zero
	}
	return v
}

// BenignAgainstOne is the stream of detection tasks: a site and one of its
// attacks at random, K of its rows as examples among benign rows (class 0),
// others of both to judge. Sites need an attack of two rows or more. It panics where there is no site, or one without an attack.
func BenignAgainstOne(sites []Site, e Episodes) Source {
	e.check("BenignAgainstOne", len(sites))
	for i := range sites {
		if len(sites[i].Attacks) == 0 {
			panic(badCall("BenignAgainstOne: site %d has no attack", i))
		}
	}
	shots := e.Shots
	if shots == nil {
		shots = []int{1, 2, 5, 10}
	}
	return func(n uint64) *Task {
		rng := rand.New(rand.NewPCG(e.Seed, n))
		site := sites[rng.IntN(len(sites))]
		attack := site.Attacks[rng.IntN(len(site.Attacks))]
		k := min(shots[rng.IntN(len(shots))], attack.Shape[0]/2)
		benign := min(or(e.SupportBenign, 128), site.Benign.Shape[0]/2)
		b := rng.Perm(site.Benign.Shape[0])
		a := rng.Perm(attack.Shape[0])
		task := &Task{Ways: 2}
		task.Support = draw(part{site.Benign, b[:benign], 0}, part{attack, a[:k], 1})
		task.Query = draw(part{site.Benign, head(b[benign:], or(e.QueryBenign, 96)), 0}, part{attack, head(a[k:], or(e.QueryAttack, 32)), 1})
		return task
	}
}

// Detection gives the task of telling rows like the taught ones, [k, d], from benign rows, [n, d]. It panics where the
// two are not of the same columns.
func Detection(benign, taught *tensor.Tensor) *Task {
	if benign.Cols() != taught.Cols() {
		panic(badCall("benign rows of %d columns, taught ones of %d", benign.Cols(), taught.Cols()))
	}
	return &Task{Ways: 2, Support: twoWays(benign.Data, taught.Data, benign.Cols())}
}

// OnlyThis gives the detection task with its known attacks among the benign rows: what it alerts on is like the
// taught rows and unlike known attacks too. Of known rows it takes half as many as there are benign ones, evenly spaced.
func OnlyThis(t *Task) *Task {
	if t.Known.Len() == 0 {
		return t
	}
	by, d := rowsOf(t), t.Support.X.Cols()
	known := rowsAt(t.Known.X.Data, d, spaced(t.Known.Len(), max(1, len(by[0])/d/2)))
	only := *t
	only.Known = Set{}
	only.Support = twoWays(append(append([]float32{}, by[0]...), known...), by[1], d)
	return &only
}

// NWay is the stream of N-way K-shot tasks over classes of one prepared table. It panics where there is no class.
func NWay(classes []*tensor.Tensor, e Episodes) Source {
	e.check("NWay", len(classes))
	shots := e.Shots
	if shots == nil {
		shots = []int{1, 5}
	}
	ways := min(or(e.Ways, 5), len(classes))
	return func(n uint64) *Task {
		rng := rand.New(rand.NewPCG(e.Seed, n))
		k := shots[rng.IntN(len(shots))]
		task := &Task{Ways: ways}
		var support, query []part
		task.Classes = rng.Perm(len(classes))[:ways]
		for way, c := range task.Classes {
			rows := rng.Perm(classes[c].Shape[0])
			k := min(k, len(rows)/2)
			support = append(support, part{classes[c], rows[:k], way})
			query = append(query, part{classes[c], head(rows[k:], or(e.Queries, 15)), way})
		}
		task.Support, task.Query = draw(support...), draw(query...)
		return task
	}
}

// part is some rows of a matrix that belong to one class.
type part struct {
	from  *tensor.Tensor
	rows  []int
	class int
}

func draw(parts ...part) Set {
	n, d := 0, parts[0].from.Shape[1]
	for _, p := range parts {
		n += len(p.rows)
	}
	s := Set{X: &tensor.Tensor{Shape: []int{n, d}, Data: make([]float32, 0, n*d)}, Y: make([]int, 0, n)}
	for _, p := range parts {
		for _, r := range p.rows {
			s.X.Data = append(s.X.Data, p.from.Data[r*d:(r+1)*d]...)
			s.Y = append(s.Y, p.class)
		}
	}
	return s
}

func head(rows []int, n int) []int { return rows[:min(n, len(rows))] }
