package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// who says what a record is about: between whom a flow is, or what its kind of record has a name for; else where it stands.
func who(a inkling.Alert) string {
	if parts := called(a.Record); parts != nil {
		return strings.Join(parts, " · ")
	}
	if pair := between(a.Record); pair != "" {
		return pair
	}
	return place(a.Origin)
}

// standing is where a record stands, nothing when who says it.
func standing(a inkling.Alert) string {
	if at := place(a.Origin); at != who(a) {
		return at
	}
	return ""
}

// further is what a line on an alert says beside who: where its record stands, or of one without a name what speaks for it most.
func further(a inkling.Alert) string {
	if at := standing(a); at != "" {
		return at
	}
	const named = 3
	var parts []string
	for _, c := range a.Evidence.Contributions[:min(named, len(a.Evidence.Contributions))] {
		if c.Share > 0 {
			parts = append(parts, inkling.Printable(c.Feature)+" "+human(c.Value))
		}
	}
	return strings.Join(parts, ", ")
}

// joined puts two parts beside each other, or gives the one that there is.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "  " + b
}

// called gives what the first family that has names for such a record calls it by; nil when none has.
func called(record map[string]any) (parts []string) {
	for _, f := range feature.Families {
		parts = parts[:0]
		for _, name := range f.About {
			if v, ok := record[name]; ok {
				parts = append(parts, shortened(human(v)))
			}
		}
		if len(parts) > 0 && len(parts) == len(f.About) {
			return parts
		}
	}
	return nil
}

// between says between whom a flow is, "" of what has no addresses.
func between(record map[string]any) string {
	src, ok1 := record["id.orig_h"].(string)
	dst, ok2 := record["id.resp_h"].(string)
	if !ok1 || !ok2 {
		return ""
	}
	port := ""
	switch p := record["id.resp_p"].(type) {
	case float64:
		port = fmt.Sprintf(":%.0f", p)
	case string: // of a CSV
		port = ":" + p
	}
	proto, _ := record["proto"].(string)
	return inkling.Printable(strings.TrimSpace(fmt.Sprintf("%s → %s%s %s", src, dst, port, proto)))
}

// shortened cuts what is too long for a line.
func shortened(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// place is where a record stands, in few letters: JSON output has the whole path.
func place(o inkling.Origin) string {
	if s := o.String(); len(s) <= 40 {
		return inkling.Printable(s)
	}
	return inkling.Printable(fmt.Sprintf("…/%s:%d", filepath.Base(o.File), o.Line))
}

// subjects are how many alerts there are between whom, or on whom.
type subjects map[string]int

func (s subjects) count(a inkling.Alert) {
	if parts := called(a.Record); parts != nil {
		s[parts[0]]++
	} else if pair := between(a.Record); pair != "" {
		s[pair]++
	}
}

// tell names those with most alerts, if any has more than one.
func (s subjects) tell(w io.Writer) {
	names := mostFirst(s)
	if len(names) > 1 && s[names[0]] == 1 {
		return
	}
	for i, name := range names {
		if i == 5 {
			fmt.Fprintf(w, "  … and %s more\n", count(len(names)-5))
			break
		}
		fmt.Fprintf(w, "  %6s  %s\n", count(s[name]), name)
	}
}
