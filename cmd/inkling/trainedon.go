package main

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// trainedOn gives the names of the files, or folders, that a model was trained on, by the command that its file keeps; their
// records it does not keep.
func trainedOn(command string) []string {
	_, words, found := strings.Cut(command, " --data ")
	if !found {
		return nil
	}
	list, _, _ := strings.Cut(words, " --")
	list = strings.TrimSpace(list)
	if inner, quoted := strings.CutPrefix(list, "'"); quoted { // as inkling.Quoted does
		list = strings.ReplaceAll(strings.TrimSuffix(inner, "'"), `'\''`, "'")
	}
	names, err := csv.NewReader(strings.NewReader(list)).Read()
	if err != nil {
		return nil
	}
	return names
}

// tellTrainedOn warns where a model that is judged was trained on what is judged, as far as names tell.
func (f *evalFlags) tellTrainedOn(file string, texts map[string]string) error {
	files, err := f.input.files(f.data, contractOf(f.schema))
	if err != nil {
		return err
	}
	plain := func(name string) string {
		name = filepath.Base(name)
		return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	}
	judged := map[string]bool{}
	for _, name := range slices.Concat(f.data, files) {
		judged[plain(name)] = true
	}
	var both []string
	for _, name := range trainedOn(texts[commandKey]) {
		if judged[plain(name)] {
			both = append(both, name)
		}
	}
	if len(both) == 0 {
		return nil
	}
	const named = 3
	if more := len(both) - named; more > 0 {
		both = append(both[:named], fmt.Sprintf("%d more", more))
	}
	note := fmt.Sprintf("%s was trained on %s, and what is judged has that name too: figures on records that a model learned from are too good, so judge it on others", file, strings.Join(both, ", "))
	if without := texts[holdOutKey]; without != "" {
		note += "; the attacks " + strings.ReplaceAll(without, ",", ", ") + " were left out of training, the benign records beside them were not"
	}
	f.note(note)
	return nil
}
