package feature

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
)

// Another value of a field changes the features that say they are made of it, and no others.
func TestFlowFeaturesSayWhatTheyAreMadeOf(t *testing.T) {
	lines := append(slices.Clone(goldenConns),
		"1502.0 C13 10.0.0.1 50011 10.0.0.9 80 tcp http 0.6 320 5200 SF 0 ShADadFf 8 710 9 5500",
		"1502.5 C14 10.0.0.1 50012 10.0.0.9 80 tcp http 0.6 320 5200 SF 0 ShADadFf 8 - 9 -",
		"1502.6 C15 10.0.0.1 50013 10.0.0.9 80 tcp http 0.6 0 0 OTH 0 - 8 700 9 700")
	lines = append(lines, "1503.0 C16 10.0.0.1 50011 10.0.0.9 80 tcp http 0.6 330 5100 SF 0 ShADadFf 8 720 9 5400", lines[len(lines)-2], lines[len(lines)-1])
	row := func(n int, field string, to any) []float64 {
		x := NewFlow(FlowOptions{})
		var dst []float64
		for i, line := range lines[:n] {
			r := conn(t, line)
			if i == n-1 && field != "" {
				at := connSchema.Index(field)
				if v, ok := to.(float64); ok {
					r.Num[at] = v
				} else {
					r.Text[at] = []byte(to.(string))
				}
			}
			dst = extract(t, x, &r)
		}
		return dst
	}
	others := map[string][]any{
		"ts": {1600.0, 1510.0}, "duration": {90.0, 0.002}, "proto": {"udp", "icmp"}, "service": {"dns"}, "conn_state": {"REJ", "SF"}, "history": {"SShhAaDdFfRrTtCc"},
		"id.orig_h": {"192.0.2.1"}, "id.resp_h": {"192.0.2.2"}, "id.resp_p": {22.0, 443.0}, "uid": {"other"}, "id.orig_p": {1.0},
	}
	for _, f := range connSchema.Fields {
		if others[f.Name] == nil && f.Kind == inkling.Number {
			others[f.Name] = []any{7000.0, 0.0, math.NaN()}
		}
	}
	made := map[string]map[string]bool{} // of which fields, by feature
	for n := 1; n <= len(lines); n++ {
		is := row(n, "", nil)
		for field, values := range others {
			for _, v := range values {
				for i, got := range row(n, field, v) {
					if got != is[i] && !(math.IsNaN(got) && math.IsNaN(is[i])) {
						name := flowContract.Features[i].Name
						if made[name] == nil {
							made[name] = map[string]bool{}
						}
						made[name][field] = true
					}
				}
			}
		}
	}
	for _, f := range flowContract.Features {
		want, got := slices.Sorted(slices.Values(f.From)), slices.Sorted(maps.Keys(made[f.Name]))
		if !slices.Equal(got, want) {
			t.Errorf("%s is made of %v, says %v", f.Name, got, want)
		}
	}
}
