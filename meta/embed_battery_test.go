package meta_test

import (
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
)

// The battery on what learners are with other settings than the list's.
func TestOtherSettings(t *testing.T) {
	for what, e := range map[string]meta.Entry{
		"mean": {Name: "siamese", New: func(s uint64) meta.Learner { return &meta.Siamese{Model: meta.Model{Seed: s}, Prototypes: true} }},
		"nearest": {Name: "siamese", New: func(s uint64) meta.Learner {
			return &meta.Siamese{Model: meta.Model{Seed: s}, Prototypes: true, Nearest: true}
		}},
		"batch-hard": {Name: "triplet", New: func(s uint64) meta.Learner { return &meta.Triplet{Model: meta.Model{Seed: s}, BatchHard: true} }},
		"squared":    {Name: "matching", New: func(s uint64) meta.Learner { return &meta.Matching{Model: meta.Model{Seed: s}, Squared: true} }},
		"context": {Name: "matching", New: func(s uint64) meta.Learner {
			return &meta.Matching{Model: meta.Model{Seed: s, Hidden: []int{32}, Out: 16}, FullContext: true}
		}},
		"module": {Name: "relation", New: func(s uint64) meta.Learner { return &meta.Relation{Model: meta.Model{Seed: s}, Module: true} }},
	} {
		e.Doc = what
		t.Run(e.Name+", "+what, func(t *testing.T) { metatest.Check(t, e) })
	}
}
