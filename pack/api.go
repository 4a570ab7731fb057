package pack

import (
	"github.com/inkling-sec/inkling/dataset"
)

var api = Pack{
	Name: "api", Title: "Malware, by the calls that a program makes", Area: "network",
	About:  "A record is a run of a program: the operating system's functions that it called, in order, as a sandbox writes them down. Found are programs that call as those of a new family do.",
	Schema: "api", Learner: "extra-trees",
	Why:     "the best on the development families at each number of examples: many sparse counts suit trees, and distances drown in them",
	Example: Example{File: "runs.csv", Attack: "spreader", Make: makeRuns},
	Judged: []Judged{{
		Name: "mal-api-2019", About: "808 runs of malware of eight families; one family is looked for among the seven others, which stand for what is benign: there is no benign program in the set, and families that anti-virus products name overlap",
		Folder: "mal-api-2019", Load: dataset.MalAPICalls,
		Benign: "other", Development: []string{"Adware", "Backdoor", "Downloader", "Dropper"},
	}},
}
