package feature

import (
	"math"
	"testing"
)

func TestPartsOf(t *testing.T) {
	for name, want := range map[string][4]string{
		"www.example.com":        {"www", "example", "com", "classic"},
		"example.com":            {"", "example", "com", "classic"},
		"a.b.example.co.uk":      {"a.b", "example", "co.uk", "country"},
		"co.uk":                  {"", "co", "uk", "country"},
		"wpad":                   {"", "wpad", "", "none"},
		"printer.local":          {"", "printer", "local", "local"},
		"1.2.0.192.in-addr.arpa": {"1.2.0", "192", "in-addr.arpa", "reverse"},
		"x.shop":                 {"", "x", "shop", "newer"},
		".":                      {"", "", "", "none"},
		"a..":                    {"a", "", "", "none"},
	} {
		below, label, suffix := partsOf([]byte(name))
		got := [4]string{string(below), string(label), string(suffix), dnsSuffixes[suffixOf(suffix)]}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSpellingByHand(t *testing.T) {
	s := spell([]byte("aab-12B"))
	for name, got := range map[string][2]float64{
		"length": {s.length, 7}, "digits": {s.digits, 200. / 7}, "upper": {s.upper, 100. / 7}, "odd": {s.odd, 0}, "vowels": {s.vowels, 50}, // of a, a, b, B
		"consonants": {s.consonants, 1}, "changes": {s.changes, 1}, // 2 to B
		"distinct": {s.distinct, 600. / 7}, "entropy": {s.entropy, -(2. / 7 * math.Log2(2./7)) + 5./7*math.Log2(7)},
	} {
		if math.Abs(got[0]-got[1]) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got[0], got[1])
		}
	}
	word, noise := spell([]byte("weather")), spell([]byte("xkqvzwj"))
	if !(word.surprise < 4.5 && noise.surprise > 6 && word.triples == 100 && noise.triples < 20) {
		t.Errorf("weather: %.2f bits, %.0f %%; xkqvzwj: %.2f bits, %.0f %%", word.surprise, word.triples, noise.surprise, noise.triples)
	}
	if s := spell(nil); s.length != 0 || !math.IsNaN(s.entropy) || !math.IsNaN(s.surprise) {
		t.Errorf("nothing: %+v", s)
	}
}

// A name alone will do; what is lacking is missing.
func TestDNSByHand(t *testing.T) {
	_, rows := csvRows("query", "api2.Weather.com.")
	nan := math.NaN()
	wants(t, "a name alone", rowOf(t, newDNS(), &rows[0]), map[string]float64{
		"name.length": 16, "name.labels": 3, "name.longest": 7, "suffix": 1, "domain.length": 7, "domain.odd": 100. / 7, "below.length": 4, "below.digits": 25,
		"type": 0, "code": 0, "answers": nan, "ttl": nan, "client.queries_2m": nan, "pair.gap": nan,
	})
	s, _ := csvRows("ts,id.orig_h,query,qtype_name,rcode_name,answers,TTLs")
	x := newDNS()
	var row map[string]float64
	for i, values := range [][]string{
		{"100", "c", "a.t.com", "TXT", "NOERROR", "abc,defgh", "60.0,5.0"},
		{"130", "c", "bb.t.com", "TXT", "NXDOMAIN", "-", "-"},
		{"130", "other", "cc.t.com", "TXT", "NXDOMAIN", "-", "-"},
		{"160", "c", "bb.t.com", "NEW", "REFUSED", "", ""},
	} {
		row = rowOf(t, x, texts(s, values...))
		if i == 0 {
			wants(t, "the first", row, map[string]float64{"type": 5, "code": 1, "answers": 2, "answer.longest": 5, "ttl": 5, "client.queries_2m": 1, "client.failed_2m": 0, "pair.below_2m": 1, "pair.gap": nan, "pair.gap_cv": nan})
		}
	}
	two := 1 + math.Exp2(-0.25) + math.Exp2(-0.5) // queries 0, 30 and 60 s ago
	wants(t, "the last", row, map[string]float64{
		"type": -1, "code": 4, "answers": nan, "client.queries_2m": two, "pair.queries_2m": two, "client.failed_2m": 100 * (1 + math.Exp2(-0.25)) / two,
		"pair.below_2m": 2 + 2*math.Exp2(-0.25) + math.Exp2(-0.5), "pair.gap": 30, "pair.gap_cv": 0,
	})
	if n := row["pair.names_2m"]; n < 1.5 || n > 2 { // a and bb, the former fading
		t.Errorf("pair.names_2m = %v", n)
	}
	if n := row["client.domains_2m"]; n < 0.99 || n > 1.01 {
		t.Errorf("client.domains_2m = %v", n)
	}
}

// A time may be written as a date.
func TestDNSTimes(t *testing.T) {
	s, _ := csvRows("ts,id.orig_h,query")
	x := newDNS()
	var row map[string]float64
	for _, ts := range []string{"2026-01-02T03:04:05Z", "2026-01-02 03:05:05.5"} {
		row = rowOf(t, x, texts(s, ts, "10.0.0.1", "www.example.org"))
	}
	wants(t, "a minute later", row, map[string]float64{"pair.gap": 60.5, "client.queries_2m": 1 + math.Exp2(-60.5/120)})
}

// An answer with a comma in it is one, as long as it was.
func TestCommaInsideAnAnswer(t *testing.T) {
	s, _ := csvRows("query,answers")
	row := rowOf(t, newDNS(), texts(s, "a.example.com", `TXT a\x2cb,c`))
	wants(t, "two answers", row, map[string]float64{"answers": 2, "answer.longest": 7})
}
