package dataset

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"math"
	"path"
	"path/filepath"
	"strconv"
)

// AMLSim reads the three simulated banks with a row of plain statistics for each account, a part each; its
// class is whether the simulation has it launder.
func AMLSim(ctx context.Context, folder string) (parts []Part, err error) {
	for _, name := range []string{"20K_cycle200", "20K_fanin200", "20K_fanin200cycle200"} {
		s, err := bank(filepath.Join(folder, "sample", name+".tgz"))
		if err != nil {
			return nil, err
		}
		d, err := LoadSheets(ctx, name, "table", s)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{name, d})
	}
	return parts, nil
}

// sample reads an archive of AMLSim's: its accounts, then its transactions.
func sample(file string, account, transaction func(get func(string) string) error) error {
	return Gunzip(file, func(r io.Reader) error {
		for t := tar.NewReader(r); ; {
			h, err := t.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			switch path.Base(h.Name) {
			case "nodes.csv":
				err = Table(t, account)
			case "transactions.csv":
				err = Table(t, transaction)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", h.Name, err)
			}
		}
	})
}

// account is what the transactions of a simulated bank say of an account.
type account struct {
	balance float64
	class   string
	side    [2]flow // paid out, paid in
	moves   []move  // in order of time
}

// flow is the money that goes one way.
type flow struct {
	n, sum, square, most float64
	partner              map[int]bool
	step                 map[int]int // payments by time step
}

type move struct {
	time   int
	amount float64
	in     bool
}

// bank makes a row of each account of an AMLSim sample: balance, the payments
// out and in, and how the one follows the other.
func bank(file string) (*Sheet, error) {
	accounts := map[string]*account{}
	var order []*account
	err := sample(file, func(get func(string) string) error {
		a := &account{class: get("isFraud"), balance: number(get("init_balance"))}
		accounts[get("nodeid")] = a
		order = append(order, a)
		return nil
	}, func(get func(string) string) error { return pay(accounts, get) })
	if err != nil {
		return nil, err
	}
	s := &Sheet{Columns: accountColumns}
	for _, a := range order {
		s.Add(a.class, a.row()...)
	}
	return s, nil
}

// number gives NaN for what is none.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// pay books one transaction; nodes.csv comes first in the archives.
func pay(accounts map[string]*account, get func(string) string) error {
	from, to := accounts[get("sourceNodeId")], accounts[get("targetNodeId")]
	if from == nil || to == nil {
		return fmt.Errorf("a transaction of unknown accounts %q and %q", get("sourceNodeId"), get("targetNodeId"))
	}
	amount, time := number(get("value")), int(number(get("time")))
	source, _ := strconv.Atoi(get("sourceNodeId"))
	target, _ := strconv.Atoi(get("targetNodeId"))
	from.side[0].add(amount, time, target)
	to.side[1].add(amount, time, source)
	from.moves = append(from.moves, move{time, amount, false})
	to.moves = append(to.moves, move{time, amount, true})
	return nil
}

func (f *flow) add(amount float64, time, partner int) {
	if f.partner == nil {
		f.partner, f.step = map[int]bool{}, map[int]int{}
	}
	f.n++
	f.sum += amount
	f.square += amount * amount
	f.most = max(f.most, amount)
	f.partner[partner] = true
	f.step[time]++
}

var accountColumns = []string{
	"balance",
	"out.n", "out.sum", "out.mean", "out.std", "out.most", "out.partners", "out.busiest",
	"in.n", "in.sum", "in.mean", "in.std", "in.most", "in.partners", "in.busiest",
	"net", "through", "both_ways", "span", "gap", "in_to_out", "same_amount", "out_per_partner",
}

// row gives the account's columns; what has no value is NaN.
func (a *account) row() []float64 {
	row := []float64{a.balance}
	for _, f := range a.side {
		mean, busiest := f.sum/f.n, 0 // 0/0 is NaN
		for _, n := range f.step {
			busiest = max(busiest, n)
		}
		row = append(row, f.n, f.sum, mean, math.Sqrt(max(0, f.square/f.n-mean*mean)), f.most, float64(len(f.partner)), float64(busiest))
	}
	out, in := a.side[0], a.side[1]
	both := 0
	for p := range out.partner {
		if in.partner[p] {
			both++
		}
	}
	span, gap := math.NaN(), math.NaN()
	if n := len(a.moves); n > 0 {
		span = float64(a.moves[n-1].time - a.moves[0].time)
		gap = span / float64(n-1)
	}
	delay, same := a.through()
	return append(row, in.sum-out.sum, min(in.sum, out.sum)/max(in.sum, out.sum), float64(both), span, gap, delay, same, out.n/float64(len(out.partner)))
}

// through gives the shortest time from money in to money out, and the least
// relative difference between an amount in and one that goes out later.
func (a *account) through() (delay, same float64) {
	delay, same = math.NaN(), math.NaN()
	for i, in := range a.moves {
		if !in.in {
			continue
		}
		for _, out := range a.moves[i+1:] {
			if out.in {
				continue
			}
			if d := float64(out.time - in.time); !(d >= delay) {
				delay = d
			}
			if d := math.Abs(out.amount-in.amount) / max(out.amount, in.amount); !(d >= same) {
				same = d
			}
		}
	}
	return delay, same
}
