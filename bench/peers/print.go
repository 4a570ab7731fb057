package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/inkling-sec/inkling/tensor"
)

// printer writes results as they come.
type printer interface {
	print(result)
	end(took time.Duration)
}

type jsonLines struct{ w io.Writer }

func (j jsonLines) print(r result)    { json.NewEncoder(j.w).Encode(r) }
func (j jsonLines) end(time.Duration) {}

type table struct {
	w    io.Writer
	rows int
}

func (t *table) print(r result) {
	if t.rows == 0 {
		fmt.Fprintf(t.w, "%-19s %7s  %-13s  %-16s  %-9s %-10s %-9s %s\n", "work", "ratio", "over rounds", "unit", "peer", "(threads)", "ours", "(workers)")
	}
	t.rows++
	fmt.Fprintf(t.w, "%-19s %6.2fx  %-13s  %-16s  %-9.4g (%d)        %-9.4g (%d)\n", r.Work, r.Ratio,
		fmt.Sprintf("%.2f–%.2f", r.low, r.high), r.unit, r.PeerMS, r.peerThreads, r.OursMS, r.oursThreads)
}

func (t *table) end(took time.Duration) {
	if t.rows > 0 {
		fmt.Fprintf(t.w, "\nThe ratio is the peer's time over ours; kernels %s, %.0f s in all.\n", tensor.Kernel(), took.Seconds())
	}
}
