package feature

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling"
)

// listReader reads records that stand in memory.
type listReader struct {
	records []*inkling.Record
	at      int
}

func (l *listReader) Read(r *inkling.Record) error {
	if l.at == len(l.records) {
		return io.EOF
	}
	l.records[l.at].CopyTo(r)
	r.Origin = inkling.Origin{File: "bank.csv", Line: l.at + 2}
	l.at++
	return nil
}

func (*listReader) Close() error { return nil }

// accountsOf gives the rows and labels by account.
func accountsOf(t *testing.T, r inkling.Reader) (rows map[string][]float64, labels map[string]string, order []string) {
	t.Helper()
	rows, labels = map[string][]float64{}, map[string]string{}
	x := newLaundering()
	for n := 1; ; n++ {
		var rec inkling.Record
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			return rows, labels, order
		}
		if inkling.Skippable(err) {
			n--
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Origin.Line != n || rec.Origin.File != "bank.csv" {
			t.Errorf("account %d is at %s", n, rec.Origin)
		}
		account := string(rec.Text[0])
		rows[account], order = extract(t, x, &rec), append(order, account)
		if i := rec.Schema.Index("label"); i >= 0 {
			labels[account] = string(rec.Text[i])
		}
	}
}

func TestLaundering(t *testing.T) {
	s := schemaOf("time", "from", "to", "amount", "label")
	l := &listReader{}
	pay := func(days float64, from, to, amount, label string) {
		l.records = append(l.records, texts(s, fmt.Sprint(1.7e9+days*day), from, to, amount, label))
	}
	pay(0, "a", "b", "1000", "round-trip") // a → b → c → a, a tenth less each time
	pay(1, "b", "c", "900", "round-trip")
	pay(2, "c", "a", "810", "round-trip")
	pay(3, "x", "b", "50", "")
	pay(4, "y", "b", "50.2", "")
	pay(5, "b", "x", "20", "")
	pay(6, "a", "a", "20", "") // no two accounts: left out
	rows, labels, order := accountsOf(t, newAccounts(l))
	if fmt.Sprint(order) != "[a b c x y]" || labels["c"] != "round-trip" || labels["x"] != "benign" || labels["y"] != "benign" {
		t.Errorf("accounts %v, labels %v", order, labels)
	}
	nan := math.NaN()
	near(t, launderingContract, rows["b"], map[string]float64{
		"out.n": 2, "out.sum": 920, "out.mean": 460, "out.cv": 100 * 440. / 460, "out.most": 900, "out.partners": 2, "out.top": 100 * 900. / 920, "out.busiest_1d": 1, "out.partners_7d": 2, "out.alike": 0,
		"in.n": 3, "in.partners": 3, "in.partners_7d": 3, "in.alike": 200. / 3, "through": 100 * 920 / 1100.2, "net": 100 * 180.2 / 2020.2, "both_ways": 1, "round": 40, "gap": 1.25 * day,
		"dwell": (900*day + 20*5*day) / 920., "passed_1d": 100 * 900 / 1100.2, "passed_7d": 100 * 920 / 1100.2, "echo": 10, "echoes": 1, // 20 of the first 1000 leave on the fifth day
		"cycles": 1, "cycle.length": 3, "cycle.kept": 81, "cycle.time": 2 * day, "payers.fan_out": 1, "payees.fan_in": 1, "gathered": 0, "scattered": 1, // c paid a only after a paid; b's payee c pays a afterwards
	})
	near(t, launderingContract, rows["y"], map[string]float64{"in.n": 0, "in.mean": nan, "in.top": nan, "in.alike": nan, "through": 0, "net": -100, "dwell": nan, "echo": nan, "cycles": 0, "cycle.length": nan,
		"payers.fan_in": nan, "payees.fan_in": 3, "payees.fan_out": 2, "gap": nan})
}

// Money that one account spreads over three and another gathers.
func TestScatterAndGather(t *testing.T) {
	s := schemaOf("time", "from", "to", "amount")
	l := &listReader{}
	for i := range 3 {
		l.records = append(l.records, texts(s, fmt.Sprint(1.7e9+i), "source", fmt.Sprint("mule", i), "100"))
		l.records = append(l.records, texts(s, fmt.Sprint(1.7e9+100+i), fmt.Sprint("mule", i), "sink", "95"))
	}
	rows, labels, _ := accountsOf(t, newAccounts(l))
	near(t, launderingContract, rows["source"], map[string]float64{"scattered": 3, "gathered": 0, "payees.fan_out": 1})
	near(t, launderingContract, rows["sink"], map[string]float64{"scattered": 0, "gathered": 3, "payers.fan_in": 1, "in.alike": 100})
	if len(labels) > 0 {
		t.Errorf("labels %v of transactions that have none", labels)
	}
}

// Memory is bounded: accounts that make room are given at once, and what is forgotten is counted.
func TestAccountsMakeRoom(t *testing.T) {
	s := schemaOf("time", "from", "to", "amount")
	l := &listReader{}
	for i := range 300 {
		l.records = append(l.records, texts(s, fmt.Sprint(1.7e9+i), fmt.Sprint("p", i%50), "hub", "10"))
	}
	a := newAccounts(l).(*accountReader)
	a.accounts = newLRU[accountState](20)
	x := newLaundering().(*launderingExtractor)
	records, hub := 0, 0.0
	for {
		var rec inkling.Record
		if err := a.Read(&rec); err != nil {
			break
		}
		if row := extract(t, x, &rec); string(rec.Text[0]) == "hub" {
			hub += row[launderingContract.Index("in.n")]
		}
		records++
	}
	if records != 301 || hub != 300 || x.Evictions() != 281+300-mostMoves {
		t.Errorf("%d accounts, %v payments of the hub, %d forgotten", records, hub, x.Evictions())
	}
}

func TestAccountsOfGarbage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	words := []string{"", "-", "NaN", "1e300", "-5", "1700000000", "1700086400", "\xff", "a", "b", "100", "0"}
	s := schemaOf("time", "from", "to", "amount", "label")
	l := &listReader{}
	for range 5000 {
		w := func() string { return words[rng.IntN(len(words))] }
		l.records = append(l.records, texts(s, w(), w(), w(), w(), w()))
	}
	accountsOf(t, newAccounts(l))
	if err := newAccounts(&listReader{records: []*inkling.Record{texts(schemaOf("x"), "1")}}).Read(&inkling.Record{}); inkling.CodeOf(err) != inkling.Invalid || inkling.Skippable(err) {
		t.Errorf("other columns: %v", err)
	}
}
