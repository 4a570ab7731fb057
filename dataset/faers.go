package dataset

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/inkling-sec/inkling/eval"
)

// leastReports of a drug with an event make the pair one that is judged, as in agencies' screening (EMA 2006).
const leastReports = 3

// Classes of FAERS: an event that the drug's labels name, and one that they do not.
const (
	Unlisted    = "unlisted"
	Known       = "known"
	KnownTuning = "known, development drugs"
)

const unlistedTuning = "unlisted, development drugs"

// FAERS gathers the reports of folder/faers-pvlrt to pairs of drug and event, each drug a group, and looks them up in folder/sider4. Pairs
// are judged whose drug and event SIDER has under the same names, case aside, and that were reported three times or more: of each
// event as many known as unlisted ones, for how common an event is tells more of its being listed than all else.
// Every other drug, in order of appearance, is of part "development"; no drug is in both.
func FAERS(ctx context.Context, folder string) ([]Part, error) {
	listed, err := readSIDER(filepath.Join(folder, "sider4"))
	if err != nil {
		return nil, err
	}
	var reports []report
	count, seen := map[pair]int{}, map[report]bool{}
	err = Gunzip(filepath.Join(folder, "faers-pvlrt", "faers22q3raw.csv.gz"), func(in io.Reader) error {
		return Table(in, func(get func(string) string) error {
			r := report{strings.Clone(get("CASEID")), pair{strings.Clone(get("DRUG")), strings.Clone(get("AE"))}}
			if !seen[r] {
				seen[r] = true
				count[r.pair]++
				reports = append(reports, r)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	class, t := listed.classes(reports, count), &Texts{Columns: []string{"case", "drug", "event"}}
	for _, r := range reports {
		t.Add(cmp.Or(class[r.pair], eval.Unjudged), r.id, r.drug, r.event)
	}
	d, err := loadTexts(ctx, "faers", "drug", "drug", t)
	if err != nil {
		return nil, err
	}
	var tuning, test []int
	for i, l := range d.Label {
		if l == KnownTuning || l == unlistedTuning {
			tuning = append(tuning, i)
		} else {
			test = append(test, i)
		}
	}
	development := d.Keep(tuning)
	return []Part{{"development", development.Relabel(func(i int) string {
		if development.Label[i] == unlistedTuning {
			return Unlisted
		}
		return development.Label[i]
	})}, {"test", d.Keep(test)}}, nil
}

// pair is a drug and an event.
type pair struct{ drug, event string }

// report is a pair in a case.
type report struct {
	id string
	pair
}

// classes gives the pairs that are judged their classes.
func (s *sider) classes(reports []report, count map[pair]int) map[pair]string {
	drugs := map[string]int{} // in order of appearance
	type side struct{ known, unlisted []pair }
	events := map[string]*side{} // by half of the drugs and event
	met := map[pair]bool{}
	for _, r := range reports {
		p := r.pair
		if _, old := drugs[p.drug]; !old {
			drugs[p.drug] = len(drugs)
		}
		known, found := s.lists(p)
		if met[p] || !found || count[p] < leastReports {
			continue
		}
		met[p] = true
		key := fmt.Sprint(drugs[p.drug]%2, p.event)
		if events[key] == nil {
			events[key] = &side{}
		}
		if of := events[key]; known {
			of.known = append(of.known, p)
		} else {
			of.unlisted = append(of.unlisted, p)
		}
	}
	out := map[pair]string{}
	rng := rand.New(rand.NewPCG(0x6661657273, 1))
	for _, of := range inOrder(events) {
		n := min(len(of.known), len(of.unlisted))
		for _, i := range rng.Perm(len(of.known))[:n] {
			p := of.known[i]
			out[p] = [2]string{KnownTuning, Known}[drugs[p.drug]%2]
		}
		for _, i := range rng.Perm(len(of.unlisted))[:n] {
			p := of.unlisted[i]
			out[p] = [2]string{unlistedTuning, Unlisted}[drugs[p.drug]%2]
		}
	}
	return out
}

// sider is what the labels of drugs list.
type sider struct {
	compounds map[string][]string // by name of drug, lower case
	effects   map[string]map[string]bool
	terms     map[string]bool // all effects, lower case
}

// readSIDER takes the names of compounds from the list of indications, the only file that has some.
func readSIDER(folder string) (*sider, error) {
	s := &sider{compounds: map[string][]string{}, effects: map[string]map[string]bool{}, terms: map[string]bool{}}
	err := gunzipTSV(filepath.Join(folder, "download", "meddra_all_se.tsv.gz"), 6, func(row []string) {
		compound, kind, term := row[0], row[3], strings.ToLower(row[5])
		if kind != "PT" {
			return // reports are of preferred terms
		}
		if s.effects[compound] == nil {
			s.effects[compound] = map[string]bool{}
		}
		s.effects[compound][term], s.terms[term] = true, true
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "data", "indications.tsv") // as published; some keep it gzipped
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		file += ".gz"
	}
	met := map[[2]string]bool{}
	return s, gunzipTSV(file, 10, func(row []string) {
		name, compound := strings.ToLower(row[1]), row[3]
		if s.effects[compound] != nil && !met[[2]string{name, compound}] {
			met[[2]string{name, compound}] = true
			s.compounds[name] = append(s.compounds[name], compound)
		}
	})
}

// lists tells whether the drug's labels name the event, and whether drug and event are known at all.
func (s *sider) lists(p pair) (known, found bool) {
	compounds, term := s.compounds[strings.ToLower(p.drug)], strings.ToLower(p.event)
	for _, c := range compounds {
		known = known || s.effects[c][term]
	}
	return known, len(compounds) > 0 && s.terms[term]
}

// gunzipTSV reads a gzipped table of n columns without quotes; a file whose name does not end so is plain.
func gunzipTSV(file string, n int, f func(row []string)) error {
	open := Gunzip
	if filepath.Ext(file) != ".gz" {
		open = plain
	}
	return open(file, func(in io.Reader) error {
		c := csv.NewReader(in)
		c.Comma, c.LazyQuotes, c.FieldsPerRecord = '\t', true, n
		for {
			row, err := c.Read()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%d columns wanted: %w", n, err)
			}
			f(row)
		}
	})
}

func plain(file string, f func(io.Reader) error) error {
	h, err := os.Open(file)
	if err != nil {
		return err
	}
	defer h.Close()
	return f(h)
}
