package pack

import "github.com/inkling-sec/inkling/dataset"

var programFiles = Pack{
	Name: "pe", Title: "Malware, by what a Windows program is like", Area: "network",
	About:  "A record is a PE file (program, library or driver), or one of a zip, taken apart without running it. Found are files that are made as a new piece of malware is: headers, sections, imports, resources, texts.",
	Schema: "pe", Learner: "vote",
	Example: Example{File: "programs.zip.gz", Attack: "injector", Make: makePrograms},
	Judged: []Judged{{
		Name: "ClaMP", About: "5,210 programs by fields of their headers, a table of others' making and not the features of this pack; harmless ones are of fresh Windows XP and 7, malware is of 2012 to 2014, so that versions of linkers tell them apart too; builds that share sizes and entry point are kept apart; without the year of creation and the packer's name",
		Folder: "clamp", Load: dataset.ClaMP,
		Benign: "benign", Apart: true,
	}},
}
