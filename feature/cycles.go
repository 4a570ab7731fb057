package feature

import (
	"cmp"
	"math"
	"slices"
)

// Bounds of the search for cycles, and of looking at partners' partners.
const (
	cycleAccounts = 6        // longest cycle
	cycleTime     = 90 * day // seconds from its first payment to its last
	cycleSteps    = 1024     // payments looked at, from each account
	partnerSteps  = 4096     // payments of partners looked at, for each account
)

// cycleSum is what was found of the cycles through an account.
type cycleSum struct {
	n             float64
	length        int // shortest
	kept, fastest float64
}

func (c *cycleSum) add(length int, kept, time float64) {
	if c.n == 0 {
		c.length, c.kept, c.fastest = length, kept, time
	}
	c.n++
	c.length, c.kept, c.fastest = min(c.length, length), max(c.kept, kept), min(c.fastest, time)
}

// search is one account's search for money that comes back.
type search struct {
	accounts *lru[accountState]
	home     uint64
	path     []*accountState
	steps    int
}

// findCycles looks for cycles that begin at s and books them with every account on the way, so that each is found from
// where it set out. Depth, time and steps are bounded.
func (a *accountReader) findCycles(s *accountState) {
	f := search{accounts: a.accounts, home: s.id, path: make([]*accountState, 1, cycleAccounts)}
	f.path[0] = s
	for _, m := range s.moves {
		if !m.in {
			f.follow(m, m.at, m.amount, m.amount)
		}
	}
}

// follow goes on from the account that payment m went to.
func (f *search) follow(m move, start, least, most float64) {
	s := f.accounts.peek(key{m.partner})
	if s == nil || len(f.path) == cycleAccounts {
		return
	}
	for _, p := range f.path {
		if p == s {
			return
		}
	}
	f.path = append(f.path, s)
	for _, n := range s.after(m.at) {
		if f.steps++; f.steps > cycleSteps || n.at > start+cycleTime {
			break
		}
		if n.in || n.amount < m.amount/2 || n.amount > 1.1*m.amount {
			continue
		}
		low, high := min(least, n.amount), max(most, n.amount)
		if n.partner != f.home {
			f.follow(n, start, low, high)
		} else if len(f.path) > 2 {
			for _, p := range f.path {
				p.cycles.add(len(f.path), 100*share(low, high), n.at-start)
			}
		}
	}
	f.path = f.path[:len(f.path)-1]
}

// after gives the payments from a time on; they are in order.
func (s *accountState) after(t float64) []move {
	low, high := 0, len(s.moves)
	for low < high {
		if mid := (low + high) / 2; s.moves[mid].at < t {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return s.moves[low:]
}

// appendPartners appends what is known of cycles and of the partners' partners.
func (a *accountReader) appendPartners(dst []float64, s *accountState) []float64 {
	if c := s.cycles; c.n > 0 {
		dst = append(dst, c.n, float64(c.length), c.kept, c.fastest)
	} else {
		dst = append(dst, 0, math.NaN(), math.NaN(), math.NaN())
	}
	for _, in := range []bool{true, false} {
		dst = a.appendFans(dst, fan(s.only(in)))
	}
	for _, in := range []bool{true, false} {
		dst = append(dst, a.common(s, in))
	}
	return dst
}

// appendFans appends the mean number of payers and of payees of those partners, NaN where none is known.
func (a *accountReader) appendFans(dst []float64, partners map[uint64]float64) []float64 {
	var n, payees, payers float64
	for k := range partners {
		if p := a.accounts.peek(key{k}); p != nil {
			n, payees, payers = n+1, payees+float64(p.fans[0]), payers+float64(p.fans[1])
		}
	}
	return append(dst, payers/n, payees/n)
}

// common gives the most payers of s whom one account had paid before they paid s, or payees who paid one account after s paid them.
func (a *accountReader) common(s *accountState, in bool) float64 {
	var met [][2]uint64 // a partner's partner, the partner
	steps := 0
	for _, m := range s.only(in) {
		p := a.accounts.peek(key{m.partner})
		if p == nil || steps > partnerSteps {
			continue
		}
		steps += len(p.moves)
		for _, n := range p.moves {
			if n.in == in && (in && n.at <= m.at || !in && n.at >= m.at) && n.partner != s.id {
				met = append(met, [2]uint64{n.partner, m.partner})
			}
		}
	}
	slices.SortFunc(met, func(x, y [2]uint64) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	most, run := 0, 0
	for i, m := range met {
		switch {
		case i == 0 || m[0] != met[i-1][0]:
			run = 1
		case m[1] != met[i-1][1]:
			run++
		}
		most = max(most, run)
	}
	return float64(most)
}
