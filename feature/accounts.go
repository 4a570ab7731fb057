package feature

import (
	"cmp"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
)

// Bounds of an account reader's memory: about 200 MB when all is full. The account not seen for longest makes room: its
// record is given at once, made of what is known by then. Of an account's payments the oldest make room; counts and sums keep all of them.
const (
	mostAccounts = 1 << 16
	mostMoves    = 128 // an account
)

// accountReader makes a record of each account when the transactions end, in the order in which accounts first appear.
type accountReader struct {
	in       inkling.Reader
	schema   *inkling.Schema // of the transactions
	out      *inkling.Schema
	at       []int  // time, from, to, amount
	labels   [3]int // label, from_label, to_label; -1 where there is none
	accounts *lru[accountState]
	seen     int              // accounts so far
	ready    []inkling.Record // ended early
	order    []*accountState  // at the end of the input
	given    int
	file     string
	ended    bool
}

type accountState struct {
	name      []byte
	label     string
	number    int // in order of first appearance, from 1
	id        uint64
	sides     [2]side
	moves     []move
	next      int    // where the next move goes once moves is full
	fans      [2]int // payees, payers
	forgotten float64
	cycles    cycleSum
}

// side is all that was paid out, or in; squares are those of deviations from the mean (Welford 1962).
type side struct{ n, sum, mean, squares, most float64 }

func (s *side) add(x float64) {
	s.n++
	s.sum += x
	d := x - s.mean
	s.mean += d / s.n
	s.squares += d * (x - s.mean)
	s.most = max(s.most, x)
}

// variation is the standard deviation in percent of the mean; NaN for nothing.
func (s *side) variation() float64 { return 100 * math.Sqrt(max(s.squares, 0)/s.n) / s.mean }

// average is NaN for nothing.
func (s *side) average() float64 { return s.sum / s.n }

// move is one payment of an account.
type move struct {
	at, amount float64
	partner    uint64
	in         bool
}

func newAccounts(in inkling.Reader) inkling.Reader {
	return &accountReader{in: in, accounts: newLRU[accountState](mostAccounts)}
}

func (a *accountReader) Close() error { return a.in.Close() }

func (a *accountReader) Read(r *inkling.Record) error {
	for !a.ended && len(a.ready) == 0 {
		err := a.in.Read(r)
		switch {
		case errors.Is(err, io.EOF):
			a.end()
		case err != nil:
			return err
		default:
			if err := a.book(r); err != nil {
				return err
			}
		}
	}
	switch {
	case len(a.ready) > 0:
		a.ready[0].CopyTo(r)
		a.ready = a.ready[1:]
	case a.given < len(a.order):
		a.write(r, a.order[a.given])
		a.given++
	default:
		return io.EOF
	}
	a.seen++
	r.Origin.Line = a.seen
	return nil
}

func (a *accountReader) bind(r *inkling.Record) error {
	s := r.Schema
	at, err := columns(launderingContract, s, "give it transactions with these columns", "time", "from", "to", "amount")
	if err != nil {
		return err
	}
	a.schema, a.at, a.file = s, at, r.Origin.File
	a.out = &inkling.Schema{Name: "account", Fields: []inkling.Field{{Name: "account"}, {Name: "time", Kind: inkling.Time}}}
	for _, f := range accountFields {
		a.out.Fields = append(a.out.Fields, inkling.Field{Name: f, Kind: inkling.Number})
	}
	labelled := false
	for i, n := range []string{"label", "from_label", "to_label"} {
		if a.labels[i] = s.Index(n); a.labels[i] >= 0 && s.Fields[a.labels[i]].Kind != inkling.Text {
			a.labels[i] = -1
		}
		labelled = labelled || a.labels[i] >= 0
	}
	if labelled {
		a.out.Fields = append(a.out.Fields, inkling.Field{Name: "label"})
	}
	return nil
}

// book enters a transaction with both its accounts.
func (a *accountReader) book(r *inkling.Record) error {
	if r.Schema != a.schema {
		if err := a.bind(r); err != nil {
			return err
		}
	}
	t, amount := Moment(r, a.at[0]), number(r, a.at[3])
	from, to := r.Written(a.at[1]), r.Written(a.at[2])
	switch {
	case math.IsNaN(t):
		return unusable(r, "time: not a time", "write seconds since 1970, or 2026-01-31 12:00:00")
	case len(from) == 0 || len(to) == 0 || string(from) == string(to):
		return unusable(r, "from and to: not two accounts", "name both, or leave the transaction out")
	case !(amount >= 0 && amount <= 1e12):
		return unusable(r, "amount: not an amount", "write a number of 0 or more")
	}
	k, l := key{hash128(from)[0]}, key{hash128(to)[0]}
	a.enter(r, k, from, move{t, amount, l[0], false}, 1)
	a.enter(r, l, to, move{t, amount, k[0], true}, 2)
	return nil
}

func (a *accountReader) enter(r *inkling.Record, k key, name []byte, m move, label int) {
	if out := a.accounts.leaving(k); out != nil {
		out.forgotten++
		var early inkling.Record
		a.write(&early, out)
		a.ready = append(a.ready, early)
	}
	s := a.accounts.get(k)
	if s.name == nil {
		s.name, s.label = slices.Clone(name), "benign"
		s.number = int(a.accounts.evictions) + a.accounts.index.n
		s.id = k[0]
	}
	for _, i := range []int{0, label} {
		if at := a.labels[i]; at >= 0 && s.label == "benign" {
			if kind := text(r, at); len(kind) > 0 {
				s.label = string(kind)
			}
		}
	}
	which := 0
	if m.in {
		which = 1
	}
	s.sides[which].add(m.amount)
	if len(s.moves) < mostMoves {
		s.moves = append(s.moves, m)
		return
	}
	s.moves[s.next] = m
	s.next = (s.next + 1) % mostMoves
	s.forgotten++
}

// end puts the accounts and their payments in order and looks for cycles.
func (a *accountReader) end() {
	a.ended = true
	for i := range a.accounts.used {
		a.order = append(a.order, &a.accounts.node(int32(i)).value)
	}
	slices.SortFunc(a.order, func(x, y *accountState) int { return cmp.Compare(x.number, y.number) })
	for _, s := range a.order {
		s.sort()
	}
	for _, s := range a.order {
		a.findCycles(s)
	}
}

// sort puts the payments in order of time and counts the partners.
func (s *accountState) sort() {
	slices.SortStableFunc(s.moves, func(x, y move) int { return cmp.Compare(x.at, y.at) })
	s.next = 0
	for i := range s.fans {
		s.fans[i] = len(fan(s.only(i == 1)))
	}
}

// write makes the account's record.
func (a *accountReader) write(r *inkling.Record, s *accountState) {
	if !a.ended {
		s.sort()
	}
	r.Reset(a.out)
	r.Origin.File = a.file
	r.Text[0] = s.name
	r.Num[1] = s.moves[len(s.moves)-1].at
	row := s.appendRow(r.Num[2:2])
	row = a.appendPartners(row, s)
	_ = append(row, s.forgotten)
	if last := len(a.out.Fields) - 1; a.out.Fields[last].Kind == inkling.Text {
		r.Text[last] = []byte(s.label)
	}
}
