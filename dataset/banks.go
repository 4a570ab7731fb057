package dataset

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
)

// Banks reads the AMLSim samples as transactions, of which the laundering family makes accounts; a step of the
// simulation is taken for a day. A simulated pattern repeats its transaction up to eight times in the same step with the same amount,
// which no other transaction does: repetitions are dropped. Groups are the accounts that those link: a pattern's are never divided.
func Banks(ctx context.Context, folder string) (parts []Part, err error) {
	for _, b := range []struct{ name, kind string }{{"20K_cycle200", "cycle"}, {"20K_fanin200", "fan-in"}, {"20K_fanin200cycle200", "fan-in-or-cycle"}} {
		t, err := transfersOf(filepath.Join(folder, "sample", b.name+".tgz"), b.kind)
		if err != nil {
			return nil, err
		}
		open := func() (inkling.Reader, error) { return t, nil }
		d, err := eval.Load(ctx, b.name, []func() (inkling.Reader, error){open}, eval.Options{Schema: "laundering", Label: "label"})
		if err != nil {
			return nil, err
		}
		for i, n := range d.Number {
			d.Group[i] = t.patterns.root(t.accounts[n])
		}
		parts = append(parts, Part{b.name, d})
	}
	return parts, nil
}

type transfer struct{ time, from, to, amount string }

// transfers reads transactions as records that name the kinds of both their accounts.
type transfers struct {
	list     []transfer
	kind     map[string]string
	at       int
	accounts []int // in order of first appearance
	patterns union
}

func transfersOf(file, kind string) (*transfers, error) {
	t := &transfers{kind: map[string]string{}}
	err := sample(file, func(get func(string) string) error {
		t.kind[get("nodeid")] = "benign"
		if get("isFraud") == "1" {
			t.kind[get("nodeid")] = kind
		}
		return nil
	}, func(get func(string) string) error {
		t.list = append(t.list, transfer{get("time"), get("sourceNodeId"), get("targetNodeId"), get("value")})
		return nil
	})
	if err == nil {
		err = t.clean()
	}
	return t, err
}

// clean drops repetitions, links the accounts they link, and puts the accounts in order of appearance.
func (t *transfers) clean() error {
	slices.SortStableFunc(t.list, func(a, b transfer) int { return cmp.Compare(number(a.time), number(b.time)) })
	seen, listed := map[transfer]bool{}, map[int]bool{}
	kept := t.list[:0]
	for _, p := range t.list {
		var ends [2]int
		for i, s := range []string{p.from, p.to} {
			n, err := strconv.Atoi(s)
			if err != nil || t.kind[s] == "" {
				return fmt.Errorf("a transaction of the unknown account %q", s)
			}
			ends[i] = n
		}
		if seen[p] {
			t.patterns.join(ends[0], ends[1])
			continue
		}
		seen[p] = true
		kept = append(kept, p)
		for _, n := range ends {
			if p.from != p.to && !listed[n] {
				listed[n] = true
				t.accounts = append(t.accounts, n)
			}
		}
	}
	t.list = kept
	return nil
}

var transferSchema = &inkling.Schema{Name: "transfers", Fields: []inkling.Field{
	{Name: "time", Kind: inkling.Time}, {Name: "from"}, {Name: "to"}, {Name: "amount", Kind: inkling.Number}, {Name: "from_label"}, {Name: "to_label"},
}}

func (t *transfers) Read(r *inkling.Record) error {
	for {
		if t.at == len(t.list) {
			return io.EOF
		}
		p := t.list[t.at]
		t.at++
		if p.from == p.to {
			continue
		}
		r.Reset(transferSchema)
		r.Origin.Line = t.at
		r.Num[0], r.Num[3] = number(p.time)*86400, number(p.amount)
		for i, s := range map[int]string{1: p.from, 2: p.to, 4: t.kind[p.from], 5: t.kind[p.to]} {
			r.Text[i] = []byte(s)
		}
		return nil
	}
}

func (*transfers) Close() error { return nil }

// union joins numbers to groups.
type union map[int]int

func (u union) root(n int) int {
	for {
		to, ok := u[n]
		if !ok {
			return n
		}
		n = to
	}
}

func (u *union) join(a, b int) {
	if *u == nil {
		*u = union{}
	}
	if a, b = u.root(a), u.root(b); a != b {
		(*u)[a] = b
	}
}
