package feature

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// Records of texts never panic, whatever is in them; what cannot be used is Invalid, may be skipped, and leaves no trace.
func TestHostileTexts(t *testing.T) {
	for name, needs := range map[string]string{
		hostName: "calls", dnsName: "query,qtype_name,rcode_name,answers,TTLs,ts,id.orig_h",
		webName: "uri,method,host,referrer,user_agent,id.orig_h,id.resp_h,ts,status_code,request_body_len,response_body_len",
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := csvRows(needs)
			rng := rand.New(rand.NewPCG(1, 1))
			garbage := func(r *inkling.Record) {
				r.Reset(s)
				for i := range r.Text {
					switch rng.IntN(5) {
					case 0: // missing
					case 1:
						r.Text[i] = []byte(strings.Repeat(string(rune(rng.IntN(300))), rng.IntN(2000)))
					case 2:
						r.Text[i] = []byte([]string{".", "..", "-", "\x00", "NaN", "-1", "1e400", ",,,", "%", "a.", "?"}[rng.IntN(11)])
					default:
						b := make([]byte, rng.IntN(40))
						for k := range b {
							b[k] = byte(rng.Uint32())
						}
						r.Text[i] = b
					}
				}
			}
			x, clean := Find(name).New(), Find(name).New()
			width := len(x.Contract().Features)
			a, b := make([]float64, width), make([]float64, width)
			var r inkling.Record
			bad := 0
			for range 5000 {
				garbage(&r)
				err := x.Extract(a, &r)
				if err != nil {
					if bad++; inkling.CodeOf(err) != inkling.Invalid || !inkling.Skippable(err) {
						t.Fatal(err)
					}
					continue
				}
				if err := clean.Extract(b, &r); err != nil {
					t.Fatal(err)
				}
				for i := range a {
					if !same(a[i], b[i]) {
						t.Fatalf("%s: a record that could not be used left a trace", x.Contract().Features[i].Name)
					}
				}
			}
			if name != webName && bad == 0 || bad == 5000 { // any request can be used
				t.Errorf("%d of 5000 could not be used: the test tries one side only", bad)
			}
		})
	}
}
