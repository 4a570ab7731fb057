package feature

import (
	"maps"
	"math"
	"slices"
)

// fourWeeksLong is how long after money came in the same money may go out, in seconds.
const fourWeeksLong = 28 * day

// appendRow appends what an account's own payments tell, which are in order of time.
func (s *accountState) appendRow(dst []float64) []float64 {
	for i, all := range s.sides {
		moves := s.only(i == 1)
		most := math.NaN()
		if all.n > 0 {
			most = all.most
		}
		dst = append(dst, all.n, all.sum, all.average(), all.variation(), most,
			float64(s.fans[i]), top(moves), busiest(moves), partnersWithin(moves, 7*day), alike(moves))
	}
	out, in := s.sides[0], s.sides[1]
	dst = append(dst, 100*min(in.sum, out.sum)/max(in.sum, out.sum), 100*(in.sum-out.sum)/(in.sum+out.sum), s.bothWays(), s.round())
	var gaps side
	for i := 1; i < len(s.moves); i++ {
		gaps.add(s.moves[i].at - s.moves[i-1].at)
	}
	dst = append(dst, gaps.average(), gaps.variation())
	return s.echo(s.pass(dst))
}

func (s *accountState) only(in bool) (moves []move) {
	for _, m := range s.moves {
		if m.in == in {
			moves = append(moves, m)
		}
	}
	return moves
}

// fan gives what went to or came from each partner.
func fan(moves []move) map[uint64]float64 {
	by := map[uint64]float64{}
	for _, m := range moves {
		by[m.partner] += m.amount
	}
	return by
}

// top is the largest partner's share of the money, in percent.
func top(moves []move) float64 {
	by, all := fan(moves), 0.0
	for _, m := range moves {
		all += m.amount
	}
	if len(by) == 0 {
		return math.NaN()
	}
	return 100 * slices.Max(slices.Collect(maps.Values(by))) / all
}

func busiest(moves []move) (most float64) {
	first := 0
	for i, m := range moves {
		for m.at-moves[first].at > day {
			first++
		}
		most = max(most, float64(i-first+1))
	}
	return most
}

// partnersWithin is the most different partners in a window of time.
func partnersWithin(moves []move, seconds float64) (most float64) {
	count, first := map[uint64]int{}, 0
	for _, m := range moves {
		count[m.partner]++
		for ; m.at-moves[first].at > seconds; first++ {
			if p := moves[first].partner; count[p] > 1 {
				count[p]--
			} else {
				delete(count, p)
			}
		}
		most = max(most, float64(len(count)))
	}
	return most
}

// alike is the share of payments that another one with another partner equals, within 1 %, in percent.
func alike(moves []move) float64 {
	n := 0.0
	for i, m := range moves {
		for k, o := range moves {
			if k != i && o.partner != m.partner && math.Abs(o.amount-m.amount) <= m.amount/100 {
				n++
				break
			}
		}
	}
	return 100 * n / float64(len(moves))
}

func (s *accountState) bothWays() (n float64) {
	ways := map[uint64]int{}
	for _, m := range s.moves {
		if m.in {
			ways[m.partner] |= 1
		} else {
			ways[m.partner] |= 2
		}
	}
	for _, w := range ways {
		if w == 3 {
			n++
		}
	}
	return n
}

// round is the share of payments in whole hundreds, in percent.
func (s *accountState) round() float64 {
	n := 0.0
	for _, m := range s.moves {
		if m.amount > 0 && math.Mod(m.amount, 100) == 0 {
			n++
		}
	}
	return 100 * n / float64(len(s.moves))
}

// pass appends how fast money that came in went out: what came first goes first.
func (s *accountState) pass(dst []float64) []float64 {
	var waiting []move
	var moved, weighted, inADay, inAWeek, in float64
	for _, m := range s.moves {
		if m.in {
			waiting, in = append(waiting, m), in+m.amount
			continue
		}
		for left := m.amount; left > 0 && len(waiting) > 0; {
			w := &waiting[0]
			part, time := min(left, w.amount), m.at-w.at
			moved, weighted = moved+part, weighted+part*time
			if time <= day {
				inADay += part
			}
			if time <= 7*day {
				inAWeek += part
			}
			left -= part
			if w.amount -= part; w.amount <= 0 {
				waiting = waiting[1:]
			}
		}
	}
	return append(dst, weighted/moved, 100*inADay/in, 100*inAWeek/in)
}

// echo appends how like a payment out is to one that came in before, and how many are.
func (s *accountState) echo(dst []float64) []float64 {
	least, n := math.NaN(), 0.0
	for i, out := range s.moves {
		if out.in {
			continue
		}
		found := false
		for k := i - 1; k >= 0 && out.at-s.moves[k].at <= fourWeeksLong; k-- {
			in := s.moves[k]
			if !in.in || in.amount == 0 {
				continue
			}
			if d := 100 * math.Abs(out.amount-in.amount) / max(out.amount, in.amount); !(d >= least) {
				least = d
			}
			found = found || out.amount <= in.amount && out.amount >= 0.9*in.amount
		}
		if found {
			n++
		}
	}
	return append(dst, least, n)
}
