package feature

import (
	"fmt"
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

// texts makes a record of columns that hold text, as the CSV reader does.
func texts(s *inkling.Schema, values ...string) *inkling.Record {
	var r inkling.Record
	r.Reset(s)
	for i, v := range values {
		if v != "" {
			r.Text[i] = []byte(v)
		}
	}
	return &r
}

// near holds values of a row, by name, to what was worked out by hand.
func near(t *testing.T, c *Contract, row []float64, want map[string]float64) {
	t.Helper()
	for n, w := range want {
		got := row[c.Index(n)]
		if math.IsNaN(w) != math.IsNaN(got) || math.Abs(got-w) > 1e-6*max(1, math.Abs(w)) {
			t.Errorf("%s = %v, want %v", n, got, w)
		}
	}
}

func TestPayment(t *testing.T) {
	s := schemaOf("time", "customer", "terminal", "amount")
	x := newPayment()
	nan := math.NaN()
	row := extract(t, x, texts(s, "2026-01-05 06:00:00", "ann", "shop", "100")) // a Monday
	near(t, paymentContract, row, map[string]float64{"amount": 100, "hour.sin": 1, "hour.cos": 0, "weekday": 0, "customer.count_1d": 1, "customer.usual": nan,
		"customer.ratio": nan, "customer.gap": nan, "customer.same_place": nan, "customer.places_1d": 1, "terminal.mean_28d": nan, "terminal.excess_1d": nan, "terminal.gap": nan})
	// a day later: what a day damps is halved, the week's is 2^(-1/7)
	row = extract(t, x, texts(s, "2026-01-06T06:00:00Z", "ann", "kiosk", "50"))
	near(t, paymentContract, row, map[string]float64{"weekday": 1, "customer.count_1d": 1.5, "customer.sum_1d": 100, "customer.count_7d": 1 + math.Exp2(-1./7), "customer.count_1h": 1 + math.Exp2(-24),
		"customer.usual": 100, "customer.ratio": 50, "customer.away": nan, "customer.gap": day, "customer.same_place": nan, "customer.places_1d": 2, "terminal.count_1d": 1, "terminal.excess_1d": 50})
	row = extract(t, x, texts(s, fmt.Sprint(1767679200+3600), "bob", "shop", "300")) // an hour later, in seconds
	near(t, paymentContract, row, map[string]float64{"customer.usual": nan, "terminal.count_1d": 1 + math.Exp2(-25./24), "terminal.mean_1d": 100, "terminal.ratio": 300, "terminal.gap": day + 3600,
		"terminal.customers_1d": 1, "terminal.customers_7d": 2, "terminal.excess_1d": nan})
	// ann's usual is (100·f + 50)/(f+1), with f = 2^(-1/8)
	f := fadePerValue
	row = extract(t, x, texts(s, fmt.Sprint(1767679200+7200), "ann", "shop", "1000"))
	usual := (100*f + 50) / (f + 1)
	near(t, paymentContract, row, map[string]float64{"customer.usual": usual, "customer.ratio": 100000 / usual, "customer.gap": 7200, "customer.same_place": day + 7200,
		"terminal.excess_7d": 1000, // capped
		"customer.away":      (1000 - usual) / math.Sqrt((f*(100-usual)*(100-usual)+(50-usual)*(50-usual))/(f+1))})
	for _, bad := range [][]string{{"noon", "ann", "shop", "1"}, {"1767679200", "", "shop", "1"}, {"1767679200", "ann", "shop", "much"}} {
		if err := x.Extract(make([]float64, len(paymentContract.Features)), texts(s, bad...)); !inkling.Skippable(err) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	again := extract(t, x, texts(s, fmt.Sprint(1767679200+7200), "ann", "shop", "1000"))
	near(t, paymentContract, again, map[string]float64{"customer.gap": 0, "customer.count_1h": row[paymentContract.Index("customer.count_1h")] + 1}) // the refused left no trace
}

func TestRecent(t *testing.T) {
	var s recent
	for i := range 40 {
		s.add(key{uint64(i % 20)}, float64(i))
	}
	if n := s.different(39, 100); n != 20 {
		t.Errorf("%v different things, want 20", n)
	}
	if n := s.different(39, 4); n != 5 {
		t.Errorf("%v of the last five, want 5", n)
	}
	if since := s.since(key{19}, 50); since != 11 {
		t.Errorf("seen %v ago, want 11", since)
	}
	if since := s.since(key{77}, 50); !math.IsNaN(since) {
		t.Errorf("never seen, but %v ago", since)
	}
}
