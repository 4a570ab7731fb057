package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// How a [Vote] judges many rows: what is cheap first, dear things only of rows that could still be above the margin that
// matters. Until a row's distances to the pool are measured it goes by what they are at most, and until the network was
// asked by the most that it can say.

// above writes the margin of each row of x; where it is told the answers to what it asks, −Inf for one that cannot be above least.
func (s *voteScorer) above(dst []float32, x *tensor.Tensor, least float32, told []*answer) {
	b := s.ballotOf(x, told)
	defer b.close()
	if told != nil {
		s.sieve(b, least-boundEase)
		if s.judge.tables != nil {
			s.askNetwork(b, x, true)
			s.sieve(b, least-boundEase)
		}
		s.recountNear(b, x, told)
		s.sieve(b, least)
	}
	s.askNetwork(b, x, false)
	for i := range dst {
		dst[i] = float32(math.Inf(-1))
	}
	for _, i := range b.open {
		dst[i] = s.count(b, i)
	}
}

// count gives the mean of all votes on row i.
func (s *voteScorer) count(b *ballots, i int) float32 {
	share := 1 / s.total
	sum := (*b.own)[i]
	for k, v := range b.of(i) {
		sum += s.weight[k] * v
	}
	for k := range s.more {
		sum += s.more[k].weight * (*b.more)[k*b.n+i]
	}
	return share * sum
}

// sieve closes the rows that are not above least.
func (s *voteScorer) sieve(b *ballots, least float32) {
	open := b.open[:0]
	for _, i := range b.open {
		if !(s.count(b, i) < least) {
			open = append(open, i)
		}
	}
	b.open = open
}

// askNetwork has the network judge the open rows by the votes that were cast; with most it tells what that is at most if votes
// by distance are what they are at most.
func (s *voteScorer) askNetwork(b *ballots, x *tensor.Tensor, most bool) {
	n := len(b.open)
	rows, cast, margins := borrow(n*s.d), borrow(n*voteSides), borrow(n)
	defer giveBack(rows)
	defer giveBack(cast)
	defer giveBack(margins)
	open := gather(*rows, x, b.open)
	for k, i := range b.open {
		copy((*cast)[k*voteSides:], b.of(i))
	}
	for lo := 0; lo < n; lo += matcherBlock {
		m := min(matcherBlock, n-lo)
		r := s.judge.room()
		r.cast, r.most = (*cast)[lo*voteSides:(lo+m)*voteSides], most
		s.judge.judgeBlock(r, (*margins)[lo:], 1, open, lo, m)
		s.judge.leave(r)
	}
	for k, v := range *margins {
		if most && v != v { // nothing is known
			(*margins)[k] = float32(math.Inf(1))
		}
	}
	s.own.ofAll(*margins)
	for k, i := range b.open {
		(*b.own)[i] = settle((*margins)[k])
	}
}

// boundEase is what sums of some float32 may be off by, generously.
const boundEase = .01

// ballots are the votes on n rows.
type ballots struct {
	n    int
	own  *[]float32 // the network's
	cast *[]float32 // [n, voteSides], of the votes inside the matcher
	more *[]float32 // [further members, n]
	open []int      // rows that may still be above
}

func (b *ballots) of(i int) []float32 { return (*b.cast)[i*voteSides : (i+1)*voteSides] }

func (b *ballots) close() {
	giveBack(b.own)
	giveBack(b.cast)
	giveBack(b.more)
}

// ballotOf takes all votes, or what they are at most where it is told how far rows are at most; the network's as the most that it
// can say. All rows are open.
func (s *voteScorer) ballotOf(x *tensor.Tensor, told []*answer) *ballots {
	n := x.Rows()
	b := &ballots{n: n, own: borrow(n), cast: borrow(n * voteSides), more: borrow(n * len(s.more)), open: make([]int, n)}
	for i := range b.open {
		b.open[i], (*b.own)[i] = i, settled
	}
	var far []float32
	if told != nil {
		far = told[0].most
	}
	s.judge.votes.tellTo(*b.cast, x, far)
	buf := borrow(2 * n)
	defer giveBack(buf)
	for k, m := range s.more {
		if told != nil && told[1+k] != nil {
			m.scorer.(*embedScorer).head.(*ratioScorer).score(*buf, told[1+k].rows, told[1+k].most)
		} else {
			m.scorer.Score(*buf, x)
		}
		m.sayTo((*b.more)[k*n:(k+1)*n], *buf)
	}
	return b
}

// sayTo writes what the member says of rows with these scores.
func (m *member) sayTo(dst, scores []float32) {
	for i := range dst {
		dst[i] = scores[2*i+1] - scores[2*i]
	}
	m.scale.ofAll(dst)
	for i, v := range dst {
		if dst[i] = soften(v); m.line {
			dst[i] = min(dst[i], softened)
		}
	}
}

// recountNear has the distances of the open rows measured.
func (s *voteScorer) recountNear(b *ballots, x *tensor.Tensor, told []*answer) {
	n, width := len(b.open), s.d
	for _, a := range told {
		if a != nil {
			width = max(width, a.rows.Cols())
		}
	}
	rows, far, cast := borrow(n*width), borrow(n), borrow(n*voteSides)
	defer giveBack(rows)
	defer giveBack(far)
	defer giveBack(cast)
	told[0].exactTo(*far, b.open)
	s.judge.votes.nearTo(*cast, gather(*rows, x, b.open), *far)
	b.copySide(voteOdd, *cast)
	b.copySide(voteRatio, *cast)
	for k := range s.more {
		m, a := &s.more[k], told[1+k]
		if a == nil {
			continue
		}
		a.exactTo(*far, b.open)
		m.scorer.(*embedScorer).head.(*ratioScorer).score(*cast, gather(*rows, a.rows, b.open), *far)
		m.sayTo(*far, *cast)
		for j, i := range b.open {
			(*b.more)[k*b.n+i] = (*far)[j]
		}
	}
}

// copySide takes one voter's votes on the open rows.
func (b *ballots) copySide(side int, cast []float32) {
	for k, i := range b.open {
		b.of(i)[side] = cast[k*voteSides+side]
	}
}

// gather copies rows of x to room.
func gather(room []float32, x *tensor.Tensor, at []int) *tensor.Tensor {
	d := x.Cols()
	for k, i := range at {
		copy(room[k*d:(k+1)*d], x.Row(i))
	}
	return &tensor.Tensor{Shape: []int{len(at), d}, Data: room[:len(at)*d]}
}
