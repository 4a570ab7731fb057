package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling"
)

// apartCuts is how many cuts of the groups are tried for a class; leastJudged
// and leastPool are the rows that a cut must leave on either side.
const (
	apartCuts   = 50
	leastJudged = 10
	leastPool   = 40
)

// episodesApart draws the episodes where groups are not to be divided: what is
// learned from and what is judged are of different groups. Each class has a cut
// of its own, which halves the groups that have it and the others; where no cut
// leaves rows enough on both sides the class is left out, as [NewAttack.LeftOut] tells.
func (p NewAttack) episodesApart(d *Data) ([]Episode, error) {
	classes, hold := p.classes(d)
	var out []Episode
	for at, c := range hold {
		if !slices.Contains(classes, c) {
			return nil, p.noClass(d, c, classes)
		}
		rng := rand.New(rand.NewPCG(p.Seed, 0x6170617274+uint64(at)<<40))
		judged := p.cutGroups(rng, d, c)
		if judged == nil {
			continue
		}
		of := func(class string, side bool) []int {
			return shuffled(rng, slices.DeleteFunc(d.Of(class), func(i int) bool { return judged[d.Group[i]] != side }))
		}
		pool, query := head(of(p.Benign, false), p.Pool), head(of(p.Benign, true), p.QueryBenign)
		class := half{of(c, false), of(c, true)}
		var known, other []int
		for _, k := range classes {
			if k != c && !slices.Contains(p.Never, k) {
				known = append(known, head(of(k, false), p.KnownRows)...)
			}
		}
		for _, k := range classes {
			if k != c {
				other = append(other, head(of(k, true), p.QueryOther)...)
			}
		}
		out = p.draw(out, Episode{Class: c, Benign: pool, Known: known, QueryBenign: query, QueryOther: other}, class)
	}
	if len(out) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: "no class can be cut by groups", Remedy: fmt.Sprintf("an attack needs %d rows in two groups or more", p.MinRows)}
	}
	return out, nil
}

// cutGroups says which groups are judged when class c is held out; nil when no
// cut was found that leaves rows enough on both sides.
func (p NewAttack) cutGroups(rng *rand.Rand, d *Data, c string) []bool {
	rows := make([][2]int, slices.Max(d.Group)+1) // of the class and benign, by group
	for i, l := range d.Label {
		switch l {
		case c:
			rows[d.Group[i]][0]++
		case p.Benign:
			rows[d.Group[i]][1]++
		}
	}
	var with, without []int
	for g, n := range rows {
		if n[0] > 0 {
			with = append(with, g)
		} else {
			without = append(without, g)
		}
	}
	for range apartCuts {
		judged, count := make([]bool, len(rows)), [2][2]int{}
		for _, groups := range [][]int{with, without} {
			groups = shuffled(rng, groups)
			for i, g := range groups {
				judged[g] = i < len(groups)/2
				side := 0
				if judged[g] {
					side = 1
				}
				count[side][0] += rows[g][0]
				count[side][1] += rows[g][1]
			}
		}
		if count[0][0] > slices.Max(p.Shots) && count[1][0] >= leastJudged && count[0][1] >= leastPool && count[1][1] >= leastPool {
			return judged
		}
	}
	return nil
}
