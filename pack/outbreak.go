package pack

import "github.com/inkling-sec/inkling/dataset"

var outbreak = Pack{
	Name: "outbreak", Title: "Disease outbreaks, by counts", Area: "medicine",
	About:  "A record is the count of a week, or month, of one series, such as cases of a disease in a district. Found are weeks of outbreaks, by how far counts are above those of the season in earlier years and of the weeks before, how fast they grow and for how long.",
	Schema: "outbreak", Learner: "vote",
	Example: Example{File: "counts.csv", Attack: "point-source", Make: makeCounts},
	Judged: []Judged{{
		Name: "RKI SurvStat's outbreaks", Folder: "surveillance-outbreaks", Benign: "usual", Apart: true, Load: dataset.Outbreaks,
		About:       "a row is a week of one of 15 series of four to six years, labelled by epidemiologists; an outbreak of a disease is a class, with 222 weeks in all; series that are learned from are never judged; few series, so draws differ",
		Development: []string{"measles"},
	}},
}
