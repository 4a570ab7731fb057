package pack

import (
	"context"
	"strconv"

	"github.com/inkling-sec/inkling/dataset"
)

var table = Pack{
	Name: "table", Title: "Anomalies of any table", Area: "series",
	About:  "A record is a row of any table, its columns found by inspection. Found are rows like those that were taught; learner odd finds what is unlike usual rows, with nothing taught.",
	Schema: "table", Learner: "vote",
	Example: Example{File: "machines.csv", Attack: "worn", Make: makeMachines},
	Judged: []Judged{
		adbench("2_annthyroid", "ill thyroid among healthy ones", true),
		adbench("4_breastw", "malignant among benign cell samples", true),
		adbench("6_cardio", "pathological among normal heart-rate traces of the unborn", true),
		adbench("8_celeba", "bald among other faces, by attributes", true),
		adbench("10_cover", "cottonwood among lodgepole pine, by terrain", true),
		adbench("12_fault", "one kind of steel-plate fault among others", true),
		adbench("14_glass", "one kind of glass among others; K = 1 only", true),
		adbench("16_http", "attacks among web connections", false),
		adbench("18_Ionosphere", "bad among good radar returns", false),
		adbench("20_letter", "one letter among others", false),
		adbench("22_magic.gamma", "hadron among gamma showers", false),
		adbench("24_mnist", "sixes among zeros", false),
		adbench("26_optdigits", "one digit among others", false),
		adbench("28_pendigits", "one digit among others", false),
		adbench("30_satellite", "rare kinds of ground among common ones", false),
		adbench("32_shuttle", "faults among normal readings of the space shuttle", false),
		adbench("34_smtp", "attacks among mail connections", false),
		adbench("38_thyroid", "hyperfunction of the thyroid among others", false),
		adbench("40_vowels", "one speaker among others", false),
		adbench("42_WBC", "malignant among benign cell samples; K = 1 only", false),
		adbench("44_Wilt", "diseased trees among other ground", false),
		adbench("46_WPBC", "recurrent among other cancers", false),
	},
}

// adbench makes a judged set of an even-numbered set of ADBench; of large ones a part is drawn.
func adbench(name, about string, development bool) Judged {
	j := Judged{
		Name: "adbench/" + name, About: about, Folder: "adbench", Benign: "0", MinRows: 8,
		Load: func(ctx context.Context, folder string) ([]dataset.Part, error) {
			return dataset.ADBenchThin(ctx, folder, name+".npz", map[string]int{"0": 20000, "1": 2000})
		},
	}
	if development {
		j.Development = []string{"1"}
	}
	return j
}

// makeMachines makes readings of pumps: they run slow and fast, hot days and cold; in some the bearing is worn, in others
// the pump draws air.
func makeMachines(seed uint64) ([]byte, error) {
	m := newMade(seed, "model", "load", "speed", "pressure", "flow", "power", "vibration", "temperature", "outside", "hours", "label")
	for range 1700 {
		kind := "benign"
		switch p := m.Float64(); {
		case p < 0.035:
			kind = "worn"
		case p < 0.07:
			kind = "air"
		}
		model, load, outside := m.IntN(3), m.between(0.2, 1), m.normal(12, 8)
		size := []float64{1, 1.6, 2.5}[model]
		speed := 1000 + 500*load + m.normal(0, 15)
		flow := size * (8*load + m.normal(0, 0.2))
		pressure := 2 + 3*load + m.normal(0, 0.12)
		power := flow*pressure*0.12 + size*0.4 + m.normal(0, 0.1*size)
		vibration := 0.8 + 0.9*load + m.normal(0, 0.15)
		heat := outside + 18 + 20*load + m.normal(0, 1.5)
		switch kind {
		case "worn": // more power and heat than the load accounts for
			power *= m.between(1.05, 1.25)
			heat += m.between(3, 10)
			vibration += m.between(0.1, 0.7)
		case "air": // less flow and pressure than the speed accounts for
			flow *= m.between(0.7, 0.92)
			pressure *= m.between(0.75, 0.93)
			vibration += m.between(0, 0.5)
		}
		hours := strconv.Itoa(m.IntN(20000))
		if m.Float64() < 0.05 {
			hours = ""
		}
		m.row("P"+strconv.Itoa(10*(model+1)), short(100*load, 0), short(speed, 0), short(pressure, 2), short(flow, 2), short(power, 2), short(vibration, 2), short(heat, 1), short(outside, 1), hours, kind)
	}
	return m.bytes()
}
