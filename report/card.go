// Package report writes report cards: one page of HTML, without scripts or anything from elsewhere, that says what
// was judged, how well, how it was measured, and what to beware of.
//
// A [Recorder] listens while episodes are played and makes a [Card], which is plain data with a form in JSON;
// [Write] makes the page of it. Each section of the page is a file here, and a line in [sections]; [Index] and
// [Uses] sum several cards up.
package report

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/pack"
)

// Card is all that a report card says.
type Card struct {
	Name       string    `json:"name"` // of the pack, or of the data
	Title      string    `json:"title"`
	About      string    `json:"about,omitempty"`
	Learner    string    `json:"learner"` // the default, which is held against the baselines
	Why        string    `json:"why,omitempty"`
	Command    string    `json:"command"`
	Program    string    `json:"program"`
	Made       time.Time `json:"made"`
	Seed       uint64    `json:"seed"`
	Draws      int       `json:"draws"`
	Shots      []int     `json:"shots,omitempty"`    // as asked; nil leaves them to the sets
	Learners   []string  `json:"learners,omitempty"` // as asked
	Prevalence float64   `json:"prevalence"`         // share of attacks in the field
	Sets       []*Set    `json:"sets"`
	Missing    []string  `json:"missing,omitempty"` // sets that were not judged, for want of data
	Outcomes   []Outcome `json:"outcomes"`
}

// Set is a data set and what came of it.
type Set struct {
	Name          string         `json:"name"`
	About         string         `json:"about,omitempty"`
	Benign        string         `json:"benign"`
	Apart         bool           `json:"apart"`
	Forward       bool           `json:"forward"`
	Elsewhere     bool           `json:"elsewhere"`       // known attacks come from other captures
	Alone         bool           `json:"alone,omitempty"` // learners get no known attacks beside the examples
	Development   []string       `json:"development,omitempty"`
	Parts         []*Part        `json:"parts"`
	Traces        []*Trace       `json:"traces"`
	Contributions []Contribution `json:"contributions"`
}

// Part is a table of a set.
type Part struct {
	Name        string            `json:"name"`
	Rows        int               `json:"rows"`
	Groups      int               `json:"groups"`
	Duplicates  int               `json:"duplicates"`
	Skipped     int               `json:"skipped,omitempty"` // records that could not be read
	Fingerprint string            `json:"fingerprint"`
	Contract    string            `json:"contract"` // its name and the beginning of its hash
	Classes     []Class           `json:"classes"`
	Features    []feature.Feature `json:"features"`
	Constant    []string          `json:"constant,omitempty"` // features that are the same in all rows
	Omitted     []eval.Omitted    `json:"omitted,omitempty"`
	Pool        int               `json:"pool"`   // benign rows that are learned from
	Judged      int               `json:"judged"` // other benign rows
	Known       int               `json:"known"`  // rows of other attacks that learners get, of the first class that was held out
	Leakage     *eval.Leakage     `json:"leakage"`
}

// Class is a class of a part.
type Class struct {
	Name        string `json:"name"`
	Rows        int    `json:"rows"`
	Groups      int    `json:"groups"`
	HeldOut     bool   `json:"held_out"`
	Development bool   `json:"development"`
}

// Contribution is what the features are worth for finding a class.
type Contribution struct {
	Part     string            `json:"part"`
	Class    string            `json:"class"`
	Shots    int               `json:"shots"`
	Features []eval.Importance `json:"features"`
	Faithful []eval.Faithful   `json:"faithful,omitempty"` // how faithful explanations of single alerts are
}

// Number is a figure; what was not measured is NaN here and null in JSON.
type Number float64

// MarshalJSON writes null for what was not measured.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Outcome is a [pack.Outcome] with a form in JSON.
type Outcome struct {
	Set         string `json:"set"`
	Part        string `json:"part,omitempty"`
	Class       string `json:"class"`
	Shots       int    `json:"shots"`
	Draw        int    `json:"draw"`
	Learner     string `json:"learner"`
	Development bool   `json:"development"`
	AUROC       Number `json:"auroc"`
	AP          Number `json:"ap"`
	Recall1     Number `json:"recall_fpr_1pct"`
	Recall01    Number `json:"recall_fpr_01pct"`
	Other       Number `json:"auroc_other_attacks"`
	Taken1      Number `json:"other_attacks_fpr_1pct"`
	Kept1       Number `json:"realised_fpr_1pct"`
	Teach       int64  `json:"teach_ns"`
	Score       int64  `json:"score_ns"`
	Judged      int    `json:"judged"`
}

func outcomeOf(o *pack.Outcome) Outcome {
	return Outcome{o.Set, o.Part, o.Class, o.Shots, o.Draw, o.Learner, o.Development, Number(o.AUROC), Number(o.AP), Number(o.Recall1), Number(o.Recall01),
		Number(o.Other), Number(o.Taken1), Number(o.Kept1), int64(o.Teach), int64(o.Score), o.Judged}
}

func (o *Outcome) back() pack.Outcome {
	m := eval.Metrics{AUROC: float64(o.AUROC), AP: float64(o.AP), Recall1: float64(o.Recall1), Recall01: float64(o.Recall01), Accuracy: math.NaN(),
		Other: float64(o.Other), Taken1: float64(o.Taken1), Kept1: float64(o.Kept1)}
	return pack.Outcome{Set: o.Set, Part: o.Part, Class: o.Class, Shots: o.Shots, Draw: o.Draw, Learner: o.Learner, Metrics: m,
		Teach: time.Duration(o.Teach), Score: time.Duration(o.Score), Judged: o.Judged, Development: o.Development}
}

// Results gives all outcomes, in the order of [pack.Sort].
func (c *Card) Results() (out []pack.Outcome) {
	for i := range c.Outcomes {
		out = append(out, c.Outcomes[i].back())
	}
	return out
}

// of gives the outcomes of a set, in order.
func (c *Card) of(set string) (out []pack.Outcome) {
	for i := range c.Outcomes {
		if c.Outcomes[i].Set == set {
			out = append(out, c.Outcomes[i].back())
		}
	}
	return out
}

// Same reports whether a card that was stored says what judging anew by the same program would, times aside. Data that was not there may be by now.
func (c *Card) Same(as *Card) bool {
	return len(c.Missing) == 0 && c.Name == as.Name && c.Program == as.Program && c.Learner == as.Learner && c.Seed == as.Seed && c.Draws == as.Draws && slices.Equal(c.Shots, as.Shots) && slices.Equal(c.Learners, as.Learners)
}

// onDevelopment reports whether a set was judged on development classes alone.
func onDevelopment(outcomes []pack.Outcome) bool {
	return !slices.ContainsFunc(outcomes, func(o pack.Outcome) bool { return !o.Development })
}
