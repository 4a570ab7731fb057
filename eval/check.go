package eval

import (
	"fmt"

	"github.com/inkling-sec/inkling"
)

// count is a setting of a protocol that counts something.
type count struct {
	name  string
	value int
}

// noLess refuses settings below 0, the default.
func noLess(counts ...count) error {
	for _, c := range counts {
		if c.value < 0 {
			return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%s is %d", c.name, c.value), Remedy: "give 1 or more, or 0 for the default"}
		}
	}
	return nil
}

// someShots refuses numbers of examples that no episode has; nil is the default.
func someShots(shots []int) error {
	if shots != nil && len(shots) == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "Shots is empty", Remedy: "give numbers of examples, or nil for the default"}
	}
	for _, k := range shots {
		if k < 1 {
			return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d examples", k), Remedy: "give 1 or more"}
		}
	}
	return nil
}
