package pack

import (
	"cmp"
	"slices"
	"strings"
)

// ledger collects the lines of a made log and writes them in order of time.
type ledger struct{ lines []entry }

type entry struct {
	at   float64 // seconds
	text string
}

func (l *ledger) add(at float64, text string) { l.lines = append(l.lines, entry{at, text}) }

func (l *ledger) csv(header string) []byte {
	slices.SortStableFunc(l.lines, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, e := range l.lines {
		b.WriteString(e.text + "\n")
	}
	return []byte(b.String())
}

// ledgerStart is the time, in seconds, at which made logs begin: Monday, 5 January 2026.
const ledgerStart = 1767571200
