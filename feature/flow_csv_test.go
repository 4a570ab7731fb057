package feature

import (
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// A conn.log as CSV, in which all is text, gives the rows of the log itself; what is no number is told.
func TestFlowOfCSV(t *testing.T) {
	s := &inkling.Schema{Name: "table"}
	for _, f := range connSchema.Fields {
		s.Fields = append(s.Fields, inkling.Field{Name: f.Name})
	}
	as := func(r *inkling.Record, unset string) (c inkling.Record) {
		c.Reset(s)
		for i := range s.Fields {
			c.Text[i] = []byte(unset)
			if w := r.Written(i); len(w) > 0 {
				c.Text[i] = slices.Clone(w)
			}
		}
		return c
	}
	typed, csv := NewFlow(FlowOptions{}), NewFlow(FlowOptions{})
	for i, line := range []string{
		"100.5 C1 10.0.0.1 40000 10.0.0.2 80 tcp http 0.25 1000 - SF 0 ShADadFf 5 1200 6 9000",
		"101 C2 10.0.0.1 40001 10.0.0.2 53 udp - - - - S0 0 D 1 60 0 0",
		"102.25 C3 10.0.0.3 8 10.0.0.2 0 icmp - 0.01 8 8 OTH 0 - 1 36 1 36",
	} {
		r := conn(t, line)
		c := as(&r, []string{"-", "", "-"}[i])
		want, got := extract(t, typed, &r), extract(t, csv, &c)
		for k := range want {
			if !same(want[k], got[k]) {
				t.Errorf("record %d, %s: %g, want %g", i, Flow().Features[k].Name, got[k], want[k])
			}
		}
	}
	r := conn(t, "103 C4 10.0.0.1 40000 10.0.0.2 80 tcp http 0.25 1000 10 SF 0 S 5 1200 6 9000")
	for field, text := range map[string]string{"orig_bytes": "many", "ts": "now", "duration": "NaN"} {
		c := as(&r, "-")
		c.Text[s.Index(field)] = []byte(text)
		if err := csv.Extract(make([]float64, len(Flow().Features)), &c); !inkling.Skippable(err) || !strings.Contains(err.Error(), field+": not a ") {
			t.Errorf("%s %s: %v", field, text, err)
		}
	}
}
