package main

import (
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling"
)

// bounded is the value of a flag, the least it may have, and the most.
type bounded struct {
	flag             string
	value, min, most int // most: 0 means whatever there is
}

// within refuses numbers that nothing can have, or that no memory is large enough for.
func within(all []bounded) error {
	for _, b := range all {
		remedy := ""
		switch {
		case b.value < b.min:
			remedy = fmt.Sprintf("give %d or more", b.min)
		case b.most > 0 && b.value > b.most:
			remedy = fmt.Sprintf("give %s or less", count(b.most))
		default:
			continue
		}
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--%s %d", b.flag, b.value), Remedy: remedy}
	}
	return nil
}

// The most that flags may ask for: all draws, and the tasks of an outer step, are in memory together.
const (
	mostDraws   = 10_000
	mostAtOnce  = 10_000
	mostSampled = 10_000_000
)

// noAttack refuses the benign class where attacks are named: it would do nothing, and a model would tell that it never saw such.
func noAttack(flag string, classes []string, benign string) error {
	if !slices.Contains(classes, benign) {
		return nil
	}
	return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%s %q is the benign class", flag, benign), Remedy: "name attacks"}
}
