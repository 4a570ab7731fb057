package pack

import (
	"bytes"
	"context"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read"
)

var identity = Pack{
	Name: "identity", Title: "Identity theft: accounts taken over or opened for fraud", Area: "finance",
	About:  "A record is a session at an account. Found are sessions that are not the holder's, and accounts opened for fraud, by device, network, place, hour, typing, changes and sums against what the account, the device and the network did before.",
	Schema: "identity", Learner: "vote",
	Example: Example{File: "sessions.csv", Attack: "sim-swap", Make: func(seed uint64) ([]byte, error) {
		return newTown(seed, 130, 42).simulate(60, kindsOf()), nil
	}},
	Judged: []Judged{
		{
			Name: "simulated takeovers", Load: loadTown, Benign: "benign", Apart: true,
			About:       "SIMULATED by the program's own generator, as the example data is, with another seed and more people: no public data of sessions with takeovers was to be had. It shows that the features carry what they are made for, and how learners compare; not how much is found among real people. Accounts are kept apart; the first two weeks fill the memory only",
			Development: []string{"credential-stuffing", "remote-access", "sim-swap"},
		},
		{
			Name: "instafake", Folder: "instafake", Load: dataset.Instafake, Benign: "real",
			About: "real: 200 fake and 994 real accounts of Instagram by eight counts of their profiles (followers, length of the biography, digits in the name, …), as a plain table",
		},
	},
}

// loadTown simulates six weeks of 1,200 people.
func loadTown(ctx context.Context, _ string) ([]dataset.Part, error) {
	t := newTown(7001, 1200, 42)
	t.warm = 14
	log := t.simulate(240, kindsOf())
	open := func() (inkling.Reader, error) {
		r, _, err := read.New(bytes.NewReader(log), "simulated sessions", read.Options{Format: "csv"})
		return r, err
	}
	d, err := eval.Load(ctx, "simulated sessions", []func() (inkling.Reader, error){open}, eval.Options{Schema: "identity", Label: "label", Group: "account"})
	return []dataset.Part{{Data: d}}, err
}
