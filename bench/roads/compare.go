package main

import (
	"fmt"
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
)

func compare(out io.Writer, other, capture string, list bool) error {
	a, err := flowsOf(other)
	if err != nil {
		return err
	}
	b, err := flowsOf(capture)
	if err != nil {
		return err
	}
	all, left := match(other, a, b, nil)
	table(out, []string{other}, [][]verdict{all})
	fmt.Fprintf(out, "\n%d flows of %s are only ours.\n", len(left), capture)
	if list {
		tell(out, capture, all, left)
	}
	return nil
}

func flowsOf(path string) ([]flow, error) {
	f, err := read.Open(path, read.Options{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return all(f)
}

func all(r inkling.Reader) (flows []flow, err error) {
	var rec inkling.Record
	for {
		switch err := r.Read(&rec); {
		case err == io.EOF:
			return flows, nil
		case inkling.Skippable(err):
		case err != nil:
			return flows, err
		default:
			flows = append(flows, flowOf(&rec))
		}
	}
}
