package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

func TestWho(t *testing.T) {
	at := inkling.Origin{File: "x.csv", Line: 7}
	speaks := inkling.Evidence{Contributions: []inkling.Contribution{{Feature: "a", Value: 3., Share: .5}, {Feature: "b", Value: "tcp", Share: -.2}, {Feature: "c\x1b", Value: nil, Share: .1}, {Feature: "d", Value: 1., Share: .1}}}
	for _, tt := range []struct {
		record                 map[string]any
		who, standing, further string
	}{
		{map[string]any{"id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "id.resp_p": 53., "proto": "udp"}, "10.0.0.1 → 10.0.0.2:53 udp", "x.csv:7", "x.csv:7"},
		{map[string]any{"id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "id.resp_p": "53", "proto": "udp"}, "10.0.0.1 → 10.0.0.2:53 udp", "x.csv:7", "x.csv:7"},
		{map[string]any{"id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "id.resp_p": 53., "query": "a.example"}, "10.0.0.1 · a.example", "x.csv:7", "x.csv:7"},
		{map[string]any{"customer": 1234567., "terminal": "T1", "amount": "9.50", "time": "now"}, "1,234,567 · T1 · 9.50", "x.csv:7", "x.csv:7"},
		{map[string]any{"account": "A\x1b[31m", "device": strings.Repeat("d", 70)}, "A [31m · " + strings.Repeat("d", 60) + "…", "x.csv:7", "x.csv:7"},
		{map[string]any{"customer": "C"}, "x.csv:7", "", "a 3, c  missing"},
		{nil, "x.csv:7", "", "a 3, c  missing"},
	} {
		a := inkling.Alert{Origin: at, Record: tt.record, Evidence: speaks}
		if who(a) != tt.who || standing(a) != tt.standing || further(a) != tt.further {
			t.Errorf("%v: %q, %q, %q", tt.record, who(a), standing(a), further(a))
		}
	}
	if a := (inkling.Alert{Origin: at}); further(a) != "" {
		t.Errorf("without evidence: %q", further(a))
	}
}

// Alerts are counted by whom they are about; where each is about another, or nobody knows about whom, nothing is told.
func TestSubjects(t *testing.T) {
	said := func(accounts string) string {
		s, out := subjects{}, bytes.Buffer{}
		for _, c := range accounts {
			s.count(inkling.Alert{Record: map[string]any{"account": string(c)}})
		}
		s.count(inkling.Alert{Record: map[string]any{"speed": 3.}})
		s.tell(&out)
		return out.String()
	}
	for accounts, want := range map[string]string{
		"":         "",
		"a":        "       1  a\n",
		"abc":      "",
		"abb":      "       2  b\n       1  a\n",
		"aabcdefg": "       2  a\n       1  b\n       1  c\n       1  d\n       1  e\n  … and 2 more\n",
	} {
		if got := said(accounts); got != want {
			t.Errorf("%s: %q", accounts, got)
		}
	}
}
