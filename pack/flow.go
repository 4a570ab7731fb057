package pack

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/lab"
	"github.com/inkling-sec/inkling/read"
)

var flow = Pack{
	Name: "flow", Title: "New attacks and intrusion, by network flows", Area: "network",
	About:  "A record is a flow: a line of Zeek's conn.log, or made of packets. Found are scans, guessing of passwords, floods, tunnels, beacons and theft of data, by how much goes where, how often and to whom.",
	Schema: "flow", Learner: "meta-vote",
	Why: "the shipped model, which knows the lab's other attacks, votes beside what judges any table",
	Example: Example{File: "day6.conn.log", Attack: "tunnel-dns", Make: func(uint64) ([]byte, error) {
		z, err := gzip.NewReader(bytes.NewReader(lab.Log))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	}},
	Judged: []Judged{{
		Name: "lab, day 6", About: "a capture of ten minutes in our lab with five kinds of attack that nothing shipped was trained or tuned on; the same site for what is learned and judged",
		Benign: "benign", Only: lab.Unseen, Load: loadLab,
	}},
}

// loadLab reads the held-out capture, which is inside the program.
func loadLab(ctx context.Context, _ string) ([]dataset.Part, error) {
	open := func() (inkling.Reader, error) {
		r, _, err := read.New(bytes.NewReader(lab.Log), lab.HeldOut, read.Options{})
		return r, err
	}
	d, err := eval.Load(ctx, lab.HeldOut, []func() (inkling.Reader, error){open}, eval.Options{Schema: "flow", Label: "label"})
	return []dataset.Part{{Data: d}}, err
}
