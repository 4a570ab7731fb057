// Package pack knows the uses that the program is made for. A pack says what a record of the use is and which
// numbers are made of it, what judges by default, on which public data it was judged and how, and has example
// data of its own: made by a generator here, from a seed, so that nothing of anybody's is in it.
//
// A pack is a file here, a line in [Packs], a family of features in package feature where a table's columns will not do, and a
// page in docs/packs whose worked example a test runs.
package pack

import (
	"context"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
)

// Pack is one use.
type Pack struct {
	Name  string // as users type it
	Title string // as people say it
	Area  string // network, finance, medicine, driving or series
	About string // a sentence or two: what a record is, what is found
	// Schema is the family of features, one of feature.Families, or "table".
	Schema string
	Drop   []string // columns of a table not to learn from
	// Learner judges by default: the honest winner on the development classes of Judged; see docs/uses.md.
	Learner string
	Why     string // of that learner, where it is not the program's own default
	Example Example
	Judged  []Judged
}

// Example is data made here: a file with a column "label" that has "benign" and kinds of attack.
type Example struct {
	File   string // its name
	Attack string // the kind that the worked example teaches
	Make   func(seed uint64) ([]byte, error)
}

// Judged is a public data set and how a pack is judged on it.
type Judged struct {
	Name, About string // of the set; what a row is, what is kept apart, what to beware of
	Folder      string // below the data folder, "." where several are read; "" where nothing is read from there
	Load        func(ctx context.Context, folder string) ([]dataset.Part, error)
	Benign      string
	Development []string // classes that the default was chosen on; all others are test classes
	Only        []string // classes to hold out; nil means all with rows enough
	Apart       bool     // what is judged comes from other groups (patients, videos, accounts) than what is learned from
	MinRows     int      // least rows of a class; 0 means 50
	Shots       []int    // nil means 1, 5, 10
}

// Packs are all of them. Adding one is a file and a line here.
var Packs = []Pack{
	flow, web, dns, host, programFiles, api, // network, malware
	payment, laundering, identity, // finance
	ecg, drug, outbreak, // medicine
	road, pedestrian, accident, // driving
	series, table, // any series, any table
}

// Find gives the pack of that name.
func Find(name string) (*Pack, error) {
	var have []string
	for i := range Packs {
		if Packs[i].Name == name {
			return &Packs[i], nil
		}
		have = append(have, Packs[i].Name)
	}
	return nil, &inkling.Error{Code: inkling.NotFound, What: "no pack " + name, Remedy: "there are " + strings.Join(have, ", ")}
}

// protocol gives the protocol of a draw, which has a cut of its own.
func (j *Judged) protocol(seed uint64, draw int) eval.NewAttack {
	return eval.NewAttack{Benign: j.Benign, Classes: j.Only, Apart: j.Apart, MinRows: j.MinRows, Shots: j.Shots, Draws: 1, Seed: seed<<32 + uint64(draw),
		QueryBenign: queryBenign, QueryAttack: queryAttack}
}

// Rows judged in an episode: enough for a false-alarm rate of one in a thousand.
const (
	queryBenign = 4000
	queryAttack = 300
)
