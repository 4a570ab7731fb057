package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
)

// labFolder says that a set is in this repository, not in the data folder.
const labFolder = "lab/conn"

// flows loads captures of labelled flows, each a part.
func flows(ctx context.Context, folder string, names []string, benign string, attacks func(class string) bool) (parts []dataset.Part, err error) {
	for _, name := range names {
		d, err := dataset.Files{Names: []string{name}, Schema: "flow", Label: "label"}.Load(ctx, folder, name)
		if err != nil {
			return nil, err
		}
		var keep []string
		for _, c := range d.Classes() {
			if c == benign || attacks(c) {
				keep = append(keep, c)
			}
		}
		short, _, _ := strings.Cut(name, "/")
		short, _, _ = strings.Cut(short, ".")
		parts = append(parts, dataset.Part{Name: short, Data: only(d, keep...)})
	}
	return parts, nil
}

func loadLab(ctx context.Context, folder string) ([]dataset.Part, error) {
	var names []string
	for day := range 6 {
		names = append(names, fmt.Sprintf("day%d.conn.log.gz", day+1))
	}
	return flows(ctx, folder, names, "benign", func(string) bool { return true })
}

func loadStratosphere(ctx context.Context, folder string) ([]dataset.Part, error) {
	var names []string
	for _, capture := range []string{"008", "010", "011", "012"} {
		names = append(names, capture+"-zeek-mixed/data/conn.log.labeled.gz")
	}
	return flows(ctx, folder, names, "Benign", func(class string) bool { return class == "Malicious" })
}

// load reads a set and thins it.
func (s *set) parts(ctx context.Context, data, lab string) ([]dataset.Part, error) {
	folder := filepath.Join(data, s.folder)
	if s.folder == labFolder {
		folder = lab
	}
	parts, err := s.load(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	for i := range parts {
		parts[i].Data = thin(parts[i].Data, s.benign)
	}
	return parts, nil
}

// The most rows of a part that take part, drawn once and for all: the protocol
// uses up to 11,000 benign rows a draw and 1,000 of a class.
const (
	mostBenign = 20000
	mostClass  = 2000
)

// thin gives the data with at most so many rows a class, in the files' order.
func thin(d *eval.Data, benign string) *eval.Data {
	var keep []int
	for i, class := range d.Classes() {
		rows, most := d.Of(class), mostClass
		if class == benign {
			most = mostBenign
		}
		if len(rows) > most {
			rng := rand.New(rand.NewPCG(0x7461626c6573, uint64(i)))
			rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			rows = rows[:most]
		}
		keep = append(keep, rows...)
	}
	slices.Sort(keep)
	return d.Keep(keep)
}

// only gives the rows of some classes.
func only(d *eval.Data, classes ...string) *eval.Data {
	var keep []int
	for i, l := range d.Label {
		if slices.Contains(classes, l) {
			keep = append(keep, i)
		}
	}
	return d.Keep(keep)
}
