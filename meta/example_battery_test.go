package meta_test

import (
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
)

// What the examples show has to keep the promises of a learner too.
func TestExampleLearners(t *testing.T) {
	metatest.Check(t, meta.Entry{Name: "spread", Doc: "of the example", New: func(uint64) meta.Learner { return spread{} }})
}
