package meta_test

import (
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
)

func TestLearners(t *testing.T) {
	for _, e := range meta.Learners {
		t.Run(e.Name, func(t *testing.T) { metatest.Check(t, e) })
	}
}

func TestFind(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range meta.Learners {
		if seen[e.Name] {
			t.Errorf("%s is in the list twice", e.Name)
		}
		seen[e.Name] = true
		if got, err := meta.Find(e.Name); err != nil || got.Name != e.Name {
			t.Errorf("Find(%q) = %q, %v", e.Name, got.Name, err)
		}
	}
	_, err := meta.Find("oracle")
	if err == nil || !strings.Contains(err.Error(), "extra-trees-known") {
		t.Errorf("the error %v does not name the learners there are", err)
	}
}
