package pack

import (
	"github.com/inkling-sec/inkling/dataset"
)

var ecg = Pack{
	Name: "ecg", Title: "Medical devices: odd heart beats", Area: "medicine",
	About:  "A record is a heart beat: 128 samples around it, whose it is, and the time since the beat before. Found are kinds of beat, by the shape of the wave, the rhythm, and how it differs from the patient's beats before.",
	Schema: "ecg", Learner: "vote",
	Example: Example{File: "beats.csv", Attack: "ectopic", Make: makeBeats},
	Judged: []Judged{{
		Name: "MIT-BIH arrhythmia database", Folder: "mit-bih-arrhythmia", Benign: "N", Apart: true,
		About:       "a row is a beat as cardiologists marked it; patients that are learned from are never judged; of 15 kinds, those with 50 beats in patients enough are held out; four patients have most paced beats, three most fusions of these: few draws differ",
		Development: []string{"A", "L", "V", "f", "j"},
		Load:        dataset.MITBeats,
	}},
}
