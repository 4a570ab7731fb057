package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// npyOf writes an npy file of version 1.
func npyOf(descr, order, shape string, data any) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(head)))
	b = append(b, head...)
	b, err := binary.Append(b, binary.LittleEndian, data)
	if err != nil {
		panic(err)
	}
	return b
}

func TestReadNPY(t *testing.T) {
	for _, row := range []struct {
		name string
		file []byte
		want Array
	}{
		{"C order", npyOf("<f8", "False", "(2, 3)", []float64{1, 2, 3, 4, 5, 6}), Array{Shape: []int{2, 3}, Num: []float64{1, 2, 3, 4, 5, 6}}},
		{"Fortran order", npyOf("<i2", "True", "(2, 3)", []int16{1, 4, 2, 5, 3, -6}), Array{Shape: []int{2, 3}, Num: []float64{1, 2, 3, 4, 5, -6}}},
		{"one side", npyOf("|u1", "False", "(3,)", []uint8{0, 1, 255}), Array{Shape: []int{3}, Num: []float64{0, 1, 255}}},
		{"float32", npyOf("<f4", "False", "(1,)", []float32{0.5}), Array{Shape: []int{1}, Num: []float64{0.5}}},
		{"texts", npyOf("<U2", "False", "(3,)", []uint32{'N', 0, '/', 0, 'A', 'b'}), Array{Shape: []int{3}, Text: []string{"N", "/", "Ab"}}},
	} {
		got, err := readNPY(row.file)
		if err != nil || !reflect.DeepEqual(*got, row.want) {
			t.Errorf("%s: %+v (%v)", row.name, got, err)
		}
	}
	if none, err := readNPY(npyOf("<f8", "False", "(0, 3)", []float64{})); err != nil || len(none.Num) != 0 {
		t.Errorf("no rows: %+v (%v)", none, err)
	}
	good := npyOf("<f8", "False", "(2, 3)", make([]float64, 6))
	for name, bad := range map[string][]byte{
		"empty": nil, "cut short": good[:len(good)-1], "no header": good[:11],
		"objects": npyOf("|O8", "False", "(1,)", []float64{0}), "below 0": npyOf("<f8", "False", "(-1, 3)", []float64{0}), "more than can be": npyOf("<f8", "False", "(4294967296, 4294967296)", []float64{0}),
		"of a size that wraps round": npyOf("<f4611686018427387904", "False", "(4,)", []float64{0}), "Fortran order of three sides": npyOf("<f4", "True", "(1, 2, 2)", make([]float32, 4)), "big-endian": npyOf(">f8", "False", "(1,)", []float64{0}),
	} {
		if _, err := readNPY(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAccounts(t *testing.T) {
	accounts := map[string]*account{"1": {balance: 10, class: "1"}, "2": {class: "0"}, "3": {class: "0"}}
	for _, p := range [][4]string{{"2", "1", "100", "3"}, {"1", "3", "90", "5"}, {"1", "2", "5", "6"}} {
		get := func(c string) string {
			return p[map[string]int{"sourceNodeId": 0, "targetNodeId": 1, "value": 2, "time": 3}[c]]
		}
		if err := pay(accounts, get); err != nil {
			t.Fatal(err)
		}
	}
	row := accounts["1"].row()
	if len(row) != len(accountColumns) {
		t.Fatalf("%d columns of %d", len(row), len(accountColumns))
	}
	for name, want := range map[string]float64{
		"balance": 10, "out.n": 2, "out.sum": 95, "out.std": 42.5, "out.partners": 2, "in.most": 100, "in.busiest": 1,
		"net": 5, "through": 0.95, "both_ways": 1, "span": 3, "gap": 1.5, "in_to_out": 2, "same_amount": 0.1, "out_per_partner": 1,
	} {
		if got := row[slices.Index(accountColumns, name)]; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if empty := (&account{}).row(); !math.IsNaN(empty[slices.Index(accountColumns, "in_to_out")]) {
		t.Error("an account without payments has a way through")
	}
}

func TestWindowsEndBeforeTheCrossing(t *testing.T) {
	track := make([]frame, 120)
	for i := range track {
		track[i].Number, track[i].crosses = i, i >= 100
	}
	var ends []int
	var classes []string
	tell := func(end int, class string) { ends, classes = append(ends, end), append(classes, class) }
	windows(track, Crosses, tell) // last frames are 15, 23, …; 47, 55, 63 are 53, 45 and 37 before the crossing; 71 would be 29
	if !slices.Equal(ends, []int{48, 56, 64}) || classes[0] != "crosses" {
		t.Errorf("windows end before %v, %v", ends, classes)
	}
	for i := range track {
		track[i].crosses = false
	}
	ends, classes = nil, nil
	if windows(track[:40], Crosses, tell); len(ends) != 4 || classes[0] != "stays" {
		t.Errorf("%d windows, %v", len(ends), classes)
	}
}
