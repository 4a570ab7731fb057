package feature

import (
	"fmt"
	"math"
	"testing"
)

// One record with a time of years to come, as of a damaged file, does not stop all forgetting.
func TestDamagedTimeIsForgotten(t *testing.T) {
	const start = 1.7e9
	run := func(damaged bool) (row []float64) {
		x := NewFlow(FlowOptions{})
		for i := range 2000 {
			ts := start + 10*float64(i)
			if damaged && i == 100 {
				r := probe(t, ts+5e7, "10.0.0.1", "10.0.0.2", 22, "SF")
				extract(t, x, &r)
			}
			r := probe(t, ts, "10.0.0.1", fmt.Sprintf("10.0.1.%d", i%40), 22, "SF")
			extract(t, x, &r)
			r = probe(t, ts, "10.0.0.1", "10.0.0.2", 22, "SF")
			row = extract(t, x, &r)
		}
		return row
	}
	got, want := run(true), run(false)
	for i, f := range flowContract.Features {
		if f.OverTime && math.Abs(got[i]-want[i]) > 0.01*math.Abs(want[i])+1e-6 {
			t.Errorf("%s: %v, without the damaged record %v", f.Name, got[i], want[i])
		}
	}
}

// Such a record is the first, or is told of a query.
func TestDamagedTimeOfTheFirst(t *testing.T) {
	s, _ := csvRows("ts,id.orig_h,query")
	x := newDNS()
	var row map[string]float64
	for i := range 200 {
		ts := fmt.Sprint(1700000000 + 60*i)
		if i == 0 {
			ts = "20000000000"
		}
		row = rowOf(t, x, texts(s, ts, "10.0.0.1", "www.example.org"))
	}
	if n := row["client.queries_10s"]; n > 1.1 {
		t.Errorf("%v queries remembered for 10 s, one a minute came", n)
	}
	if gap := row["pair.gap"]; gap != 60 {
		t.Errorf("a gap of %v s, want 60", gap)
	}
}

// A few records that are late by days are no new time.
func TestLateRecordsDoNotTurnTheClock(t *testing.T) {
	var c clock
	c.advance(1e9)
	for range wrongAfter - 1 {
		if now, _ := c.advance(1e9 - 1e6); now != 1e9 {
			t.Fatalf("the clock is at %v", now)
		}
	}
	c.advance(1e9 + 1)
	if now, _ := c.advance(1e9 - 1e6); now != 1e9+1 {
		t.Errorf("the clock is at %v", now)
	}
}
