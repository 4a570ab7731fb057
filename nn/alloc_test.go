//go:build !race

package nn

import (
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Under the race detector a sync.Pool drops values at random.
func TestForwardAllocatesNothing(t *testing.T) {
	m := networks["layer norm"]
	params, x, dst := m.Init(3), random(4, 150, 7), tensor.New(150, 2)
	if n := testing.AllocsPerRun(50, func() { m.Forward(dst, params, x) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
