package feature

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// hostileColumns are the columns whose values a family of records of text is tried with.
func hostileColumns(f *Family) []string {
	switch f.Name {
	case hostName, apiName:
		return []string{"calls"}
	case dnsName:
		return []string{"query", "qtype_name", "rcode_name", "answers", "TTLs", "ts", "id.orig_h"}
	case webName:
		return []string{"uri", "method", "host", "referrer", "user_agent", "id.orig_h", "id.resp_h", "ts", "status_code", "request_body_len", "response_body_len"}
	case paymentName:
		return []string{"time", "customer", "terminal", "amount"}
	case identityName:
		return sessionFieldNames[:]
	case launderingName:
		return accountFields
	case drugName:
		return pairFields[:]
	case ecgName:
		return append([]string{"patient", "rr"}, ecgColumns[:]...)
	case peName:
		names := append([]string{}, peFields...)
		for _, n := range peNumbers {
			names = append(names, n.name)
		}
		return names
	case outbreakName:
		return []string{"series", "count", "time", "population"}
	case roadName:
		return roadNames()
	case pedestrianName:
		return []string{"video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look", "picture", "crosswalk", "lights", "junction", "lanes"}
	case seriesName:
		return []string{"series", "time", "value"}
	}
	return nil
}

// What is in a record never makes a family panic or give an infinite value; what cannot be used is Invalid, may be skipped, and
// leaves no trace.
func TestHostileRecords(t *testing.T) {
	for i := range Families {
		f := &Families[i]
		if f.Name == flowName { // its records have a schema of their own: TestFlowFailures
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			s := schemaOf(hostileColumns(f)...)
			rng := rand.New(rand.NewPCG(1, 1))
			words := []string{"", ".", "..", "-", "\x00", "NaN", "Inf", "-1", "1e308", "-1e308", "1e400", ",,,", "%", "a.", "?", "x", "99999999999999999999", "1700000000", "2026-02-30 25:00:00"}
			good := []string{"0", "1", "2", "7", "12", "350.5", "2014-01-01 00:00:00", "2014-W07"} // six numbers, two times
			x, clean := f.New(), f.New()
			width := len(x.Contract().Features)
			a, b := make([]float64, width), make([]float64, width)
			bad := 0
			const tries = 3000
			for try := range tries {
				r := texts(s)
				for i := range r.Text {
					r.Text[i] = []byte(good[rng.IntN(6+try%2*2)])
					if rng.IntN(len(r.Text)+1) >= try%4 { // so that some records are whole
						continue
					}
					switch rng.IntN(4) {
					case 0:
						r.Text[i] = []byte(strings.Repeat(string(rune(rng.IntN(300))), rng.IntN(2000)))
					case 1:
						r.Text[i] = make([]byte, rng.IntN(40))
						for k := range r.Text[i] {
							r.Text[i][k] = byte(rng.Uint32())
						}
					default:
						r.Text[i] = []byte(words[rng.IntN(len(words))])
					}
				}
				if err := x.Extract(a, r); err != nil {
					if bad++; inkling.CodeOf(err) != inkling.Invalid || !inkling.Skippable(err) {
						t.Fatal(err)
					}
					continue
				}
				if err := clean.Extract(b, r); err != nil {
					t.Fatal(err)
				}
				for i := range a {
					if !same(a[i], b[i]) {
						t.Fatalf("%s: a record that could not be used left a trace", x.Contract().Features[i].Name)
					}
					if math.IsInf(a[i], 0) {
						t.Fatalf("%s = %v", x.Contract().Features[i].Name, a[i])
					}
				}
			}
			t.Logf("%d of %d could not be used", bad, tries)
			if bad == tries {
				t.Error("no record could be used: the test tries one side only")
			}
		})
	}
}
