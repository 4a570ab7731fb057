package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling/eval"
)

const mitbih = "beats_128x_int16.npz"

// MITBIH makes a group of each patient.
func MITBIH(ctx context.Context, folder string) ([]Part, error) {
	_, x, label, record, err := readBeats(folder)
	if err != nil {
		return nil, err
	}
	patients := map[float64]*Sheet{}
	for i, class := range label.Text {
		patient := patientOf(record.Num[i])
		p := patients[patient]
		if p == nil {
			p = &Sheet{Columns: Numbered(x.Shape[1])}
			patients[patient] = p
		}
		p.Add(class, x.Row(i)...)
	}
	d, err := LoadSheets(ctx, mitbih, "table", inOrder(patients)...)
	return []Part{{"", d}}, err
}

// MITBeats reads the beats with their patient and the seconds since the beat before, as records of family ecg; the first
// beat of a record has none before. Of the 109,000 beats, 20,000 usual ones and 2,000 of each other kind are judged; the others
// are seen by what remembers a patient's beats.
func MITBeats(ctx context.Context, folder string) ([]Part, error) {
	patients, err := beatSheets(folder)
	if err != nil {
		return nil, err
	}
	d, err := LoadSheets(ctx, mitbih, "ecg", patients...)
	return []Part{{"", d}}, err
}

// MITWaves gives the rows of [MITBeats], and the same rows in the same order as the 128 samples alone.
func MITWaves(ctx context.Context, folder string) (beats, waves *eval.Data, err error) {
	patients, err := beatSheets(folder)
	if err != nil {
		return nil, nil, err
	}
	if beats, err = LoadSheets(ctx, mitbih, "ecg", patients...); err != nil {
		return nil, nil, err
	}
	var samples []*Sheet
	for _, p := range patients {
		s := &Sheet{Columns: p.Columns[:beatSamples]}
		for i, row := range p.Rows {
			s.Add(p.Class[i], row[:beatSamples]...)
		}
		samples = append(samples, s)
	}
	if waves, err = LoadSheets(ctx, mitbih, "table", samples...); err != nil {
		return nil, nil, err
	}
	at := map[int]int{} // row of waves by number
	for i, n := range waves.Number {
		at[n] = i
	}
	var both, same []int
	for i, n := range beats.Number {
		if w, has := at[n]; has {
			both, same = append(both, i), append(same, w)
		}
	}
	return beats.Keep(both), waves.Keep(same), nil
}

const beatSamples = 128

// beatSheets makes a sheet of each patient.
func beatSheets(folder string) ([]*Sheet, error) {
	arrays, x, label, record, err := readBeats(folder)
	if err != nil {
		return nil, err
	}
	sample := arrays["sample"]
	if sample == nil || len(sample.Num) != len(label.Text) {
		return nil, fmt.Errorf("%s: no sample of as many rows", mitbih)
	}
	class := thinned(label.Text, func(class string) int {
		if class == "N" {
			return 20_000
		}
		return 2_000
	})
	const rate = 360 // of sample
	patients := map[float64]*Sheet{}
	for i, c := range class {
		patient, rr := patientOf(record.Num[i]), number("")
		if i > 0 && record.Num[i-1] == record.Num[i] {
			rr = (sample.Num[i] - sample.Num[i-1]) / rate
		}
		p := patients[patient]
		if p == nil {
			p = &Sheet{Columns: append(Numbered(x.Shape[1]), "patient", "rr")}
			patients[patient] = p
		}
		p.Add(c, slices.Concat(x.Row(i), []float64{patient, rr})...)
	}
	return inOrder(patients), nil
}

// patientOf gives the patient of a record: 201 and 202 are of one.
func patientOf(record float64) float64 {
	if record == 202 {
		return 201
	}
	return record
}

func readBeats(folder string) (arrays map[string]*Array, x, label, record *Array, err error) {
	b, err := os.ReadFile(filepath.Join(folder, mitbih))
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if arrays, err = ReadNPZ(b, mitbih); err != nil {
		return nil, nil, nil, nil, err
	}
	x, label, record = arrays["x"], arrays["label"], arrays["record"]
	if x == nil || label == nil || record == nil || len(x.Shape) != 2 || len(x.Num) == 0 || x.Shape[1] != beatSamples || len(label.Text) != x.Shape[0] || len(record.Num) != x.Shape[0] {
		return nil, nil, nil, nil, fmt.Errorf("%s: no x of 128 samples, label and record of as many rows", mitbih)
	}
	return arrays, x, label, record, nil
}
