package pack

import (
	"context"
	"strconv"

	"github.com/inkling-sec/inkling/dataset"
)

// rtaFiles leaves out the time of day and what is only known when the outcome is: who was hurt, how many, how badly.
var rtaFiles = dataset.Files{Names: []string{"RTA Dataset.csv.gz"}, Label: "Accident_severity", Drop: []string{
	"Time", "Number_of_casualties", "Casualty_class", "Sex_of_casualty", "Age_band_of_casualty", "Casualty_severity", "Work_of_casuality", "Fitness_of_casuality",
}}

var accident = Pack{
	Name: "accident", Title: "Severity of road accidents, by their reports", Area: "driving",
	About:  "A record is an accident's report: road, light, weather, vehicles, what they did. Found are accidents like those that were taught. On public reports severity is told hardly better than by chance: use it to sort reports for reading, not to decide.",
	Schema: "table", Learner: "vote",
	Example: Example{File: "reports.csv", Attack: "run-over", Make: makeAccidents},
	Judged: []Judged{
		{
			Name: "traffic-accident-rta", About: "12,316 accidents in Addis Ababa: serious (1) and fatal (2) among slight ones, by road, driver, vehicle and cause; what is only known with the outcome is left out. Known to be near chance",
			Folder: "traffic-accident-rta", Benign: "0", Development: []string{"1"},
			Load: func(ctx context.Context, folder string) ([]dataset.Part, error) {
				d, err := rtaFiles.Load(ctx, folder, "traffic-accident-rta")
				return []dataset.Part{{Data: d}}, err
			},
		},
		{
			Name: "nhtsa-sgo-incidents", About: "crashes of cars with driver assistance, reported to NHTSA: with injury among those without, by what was known before the outcome; small. Crashes of driverless cars had too few injuries to judge",
			Folder: "nhtsa-sgo-incidents", Benign: "none", Load: loadSGO, MinRows: 40, Shots: []int{1, 5, 10},
		},
	},
}

// loadSGO leaves out the part with 15 injuries.
func loadSGO(ctx context.Context, folder string) ([]dataset.Part, error) {
	parts, err := dataset.SGO(ctx, folder)
	if err != nil {
		return nil, err
	}
	return parts[1:], nil
}

// makeAccidents makes reports of accidents: ordinary ones, pedestrians run over in the dark, and cars that left a wet road.
func makeAccidents(seed uint64) ([]byte, error) {
	m := newMade(seed, "road", "limit", "light", "weather", "surface", "vehicle", "with", "movement", "speed", "driver_years", "vehicles", "label")
	for range 1700 {
		kind := "benign"
		switch p := m.Float64(); {
		case p < 0.035:
			kind = "run-over"
		case p < 0.07:
			kind = "off-road"
		}
		limit := oneOf(m.Rand, 30, 50, 50, 50, 70, 100)
		light, weather := oneOf(m.Rand, "day", "day", "day", "dusk", "dark lit", "dark"), oneOf(m.Rand, "clear", "clear", "clear", "rain", "fog", "snow")
		with, movement, vehicles := oneOf(m.Rand, "car", "car", "car", "van", "truck", "cyclist", "pedestrian", "object"), oneOf(m.Rand, "straight", "straight", "straight", "left turn", "right turn", "changing lane", "backing", "stopped"), 2
		speed := float64(limit) * m.between(0, 0.9)
		switch kind {
		case "run-over":
			light, with, movement = oneOf(m.Rand, "dark", "dark", "dark lit", "dusk"), "pedestrian", oneOf(m.Rand, "straight", "straight", "left turn")
			speed, vehicles = float64(limit)*m.between(0.6, 1.3), 1
		case "off-road":
			limit, weather = oneOf(m.Rand, 70, 100, 100), oneOf(m.Rand, "rain", "rain", "snow", "fog", "clear")
			with, movement, vehicles = oneOf(m.Rand, "object", "object", "none"), oneOf(m.Rand, "straight", "changing lane"), 1
			speed = float64(limit) * m.between(0.8, 1.3)
		default:
			if with == "pedestrian" || with == "object" {
				vehicles = 1
			}
			if movement == "stopped" {
				speed = 0
			} else if movement == "backing" {
				speed = m.between(2, 12)
			}
		}
		surface := "dry"
		switch {
		case weather == "rain" || m.Float64() < 0.05:
			surface = "wet"
		case weather == "snow":
			surface = oneOf(m.Rand, "snow", "ice", "wet")
		}
		road := oneOf(m.Rand, "street", "street", "intersection", "parking")
		if limit > 50 {
			road = oneOf(m.Rand, "rural", "rural", "highway", "intersection")
		}
		if m.Float64() < 0.1 {
			light = "unknown"
		}
		told := short(speed, 0)
		if m.Float64() < 0.15 {
			told = ""
		}
		m.row(road, strconv.Itoa(limit), light, weather, surface, oneOf(m.Rand, "car", "car", "car", "van", "truck", "motorcycle"), with, movement, told,
			short(m.between(0, 40), 0), strconv.Itoa(vehicles), kind)
	}
	return m.bytes()
}
