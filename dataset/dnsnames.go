package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
)

// DNSNames sets names that real clients asked for beside those of malware, each name once. Benign are the names of two unlabelled
// logs, and the domains that these are below, since malware asks for bare ones. Simda's are real, from a capture of an infected
// client; all other malware's are simulated. Nothing but names is used: times, answers and clients would tell the captures
// apart. A domain, and a campaign, is on one side of a cut.
func DNSNames(ctx context.Context, folder string) ([]Part, error) {
	t := &Texts{Columns: []string{groupColumn, "query"}}
	seen := map[string]bool{}
	for _, source := range []struct{ file, class string }{
		{"zed-sample-zeek/zeek-default/dns.log.gz", "benign"},
		{"slips-test-captures/dataset/test9-mixed-zeek-dir/dns.log", "benign"},
		{"stratosphere-labeled-zeek/005-zeek-scenario-malicious/dns.log", "simda"},
	} {
		err := fields(filepath.Join(folder, source.file), func(get func(string) string) {
			name := strings.ToLower(get("query"))
			own := source.class != "benign" && (!strings.Contains(name, ".") || strings.Contains(name, "msftncsi") || strings.HasSuffix(name, "bing.com")) // the infected client's own
			if name == "" || strings.HasPrefix(name, "*") || strings.HasSuffix(name, ".arpa") || own {
				return
			}
			for _, n := range []string{name, domainOf(name)} {
				if !seen[n] {
					seen[n] = true
					t.Add(source.class, domainOf(name), n)
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	rng := rand.New(rand.NewPCG(1, 0x646e73))
	for _, c := range Campaigns {
		for n := range 12 {
			campaign := c.New(rng)
			for range 30 {
				if name := campaign(rng); !seen[name] {
					seen[name] = true
					t.Add(c.Kind, fmt.Sprint(c.Kind, " ", n), name)
				}
			}
		}
	}
	d, err := loadTexts(ctx, "names", "dns", groupColumn, t)
	return []Part{{"", d}}, err
}

// domainOf gives the last two labels, or three of a name such as example.co.uk.
func domainOf(name string) string {
	labels := strings.Split(name, ".")
	n := len(labels)
	keep := 2
	if n > 2 && len(labels[n-1]) == 2 && len(labels[n-2]) <= 3 {
		keep = 3
	}
	return strings.Join(labels[max(0, n-keep):], ".")
}

// fields reads a log and gives the fields of each record, by name, to f; "" for one that is missing.
func fields(file string, f func(get func(field string) string)) error {
	r, err := read.Open(file, read.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	var rec inkling.Record
	get := func(name string) string {
		i := rec.Schema.Index(name)
		switch {
		case i < 0:
			return ""
		case rec.Schema.Fields[i].Kind == inkling.Text:
			return string(rec.Text[i])
		}
		return fmt.Sprintf("%.6f", rec.Num[i])
	}
	for {
		switch err := r.Read(&rec); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		f(get)
	}
}
