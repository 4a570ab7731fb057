package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/inkling-sec/inkling/store"
)

// The figures of a judgement, in the order they are told.
const (
	ap = iota
	auroc
	recall1
	recall01
	figures
)

var figureNames = [figures]string{"ap", "auroc", "recall_fpr_1pct", "recall_fpr_01pct"}

// book is what one learner did on one set with one choice of settings.
type book struct {
	Set     string  `json:"set"`
	Learner string  `json:"learner"`
	Print   string  `json:"fingerprint"` // of the learner
	Seed    uint64  `json:"seed"`
	Shots   []int   `json:"shots"`
	Query   int     `json:"query"`
	Data    string  `json:"data"` // fingerprint of the rows
	Parts   int     `json:"parts"`
	Draws   []*draw `json:"draws"`

	file string
}

// draw is one draw on one part of the set.
type draw struct {
	Part         string  `json:"part"`
	Number       int     `json:"draw"`
	Cells        []cell  `json:"cells"`
	Taught       int64   `json:"taught"` // times the learner was taught, and how long that took in all
	TeachSeconds float64 `json:"teach_seconds"`
	Rows         int64   `json:"rows"` // rows it scored
	ScoreSeconds float64 `json:"score_seconds"`
}

// cell is one episode.
type cell struct {
	Class  string           `json:"class"`
	Shots  int              `json:"shots"`
	Figure [figures]float64 `json:"figures"`                       // ap, auroc, recall at 1 % and at 0.1 %
	Other  *float64         `json:"auroc_other_attacks,omitempty"` // these three as in eval.Metrics; null where there is nothing to measure
	Taken  *float64         `json:"other_attacks_fpr_1pct,omitempty"`
	Kept   *float64         `json:"realised_fpr_1pct,omitempty"`
}

func (b *book) find(part string, n int) *draw {
	for _, d := range b.Draws {
		if d.Part == part && d.Number == n {
			return d
		}
	}
	return nil
}

// whole says whether so many draws of every part are there.
func (b *book) whole(draws int) bool {
	n := 0
	for _, d := range b.Draws {
		if d.Number < draws {
			n++
		}
	}
	return b.Parts > 0 && n >= draws*b.Parts
}

func (b *book) save() error {
	if err := os.MkdirAll(filepath.Dir(b.file), 0o755); err != nil {
		return err
	}
	return store.WriteFile(b.file, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(b)
	})
}

// mean gives the figures of the first draws at so many shots: draws of a class
// averaged first, then classes and parts. ok is false where there is nothing.
func (b *book) mean(draws, shots int) (mean [figures]float64, classes int, ok bool) {
	type key struct{ part, class string }
	var order []key
	sum, n := map[key][figures]float64{}, map[key]float64{}
	for _, d := range b.Draws {
		if d.Number >= draws {
			continue
		}
		for _, c := range d.Cells {
			if c.Shots != shots {
				continue
			}
			k := key{d.Part, c.Class}
			s := sum[k]
			for f, v := range c.Figure {
				s[f] += v
			}
			if n[k] == 0 {
				order = append(order, k)
			}
			sum[k] = s
			n[k]++
		}
	}
	for _, k := range order {
		for f := range mean {
			mean[f] += sum[k][f] / n[k] / float64(len(order))
		}
	}
	return mean, len(order), len(order) > 0
}
