package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"golang.org/x/term"
)

// sitting is one comparison on one machine.
type sitting struct {
	python, dir string
	seconds     float64 // a side's run, after its warm-up
	rounds      int
	diag        io.Writer
	shown       bool             // a progress line stands on the terminal
	imports     map[string]error // what trying modules once gave
}

// absent is the error for a part of a work that is not there: the work is left out.
type absent struct{ what string }

func (a *absent) Error() string { return a.what }

// side is one way to do a work: whose, and with how many threads.
type side struct {
	ours    bool
	threads int
	run     func(context.Context) (ms float64, name string, err error)
}

// result is a work's row of the report; times are medians over rounds.
type result struct {
	Work   string  `json:"work"`
	Peer   string  `json:"peer"`
	PeerMS float64 `json:"peer_ms"`
	OursMS float64 `json:"ours_ms"`
	Ratio  float64 `json:"ratio"`

	unit                     string
	peerThreads, oursThreads int
	low, high                float64 // ratios of single rounds
}

// compare runs the sides in turn, round after round, every other round backwards.
func (s *sitting) compare(ctx context.Context, k work) (result, error) {
	r := result{Work: k.name, unit: k.unit}
	if err := s.check(ctx, k); err != nil {
		return r, err
	}
	sides := s.sides(k)
	times := make([][]float64, len(sides))
	rounds := s.rounds * max(k.often, 1)
	for round := range rounds {
		for i := range sides {
			if round%2 == 1 {
				i = len(sides) - 1 - i
			}
			s.progress(k, round, rounds, sides[i])
			ms, name, err := sides[i].run(ctx)
			if err != nil {
				return r, err
			}
			if !sides[i].ours {
				r.Peer = name
			}
			times[i] = append(times[i], ms)
		}
	}
	r.take(sides, times)
	return r, nil
}

// warnBusy says when others use the processor: ratios then wander.
func (s *sitting) warnBusy() {
	b, err := os.ReadFile("/proc/loadavg") // Linux only; elsewhere there is no warning
	if err != nil {
		return
	}
	var load float64
	if _, err := fmt.Sscan(string(b), &load); err == nil && load > 0.5*float64(runtime.NumCPU()) {
		fmt.Fprintf(s.diag, "peers: the machine is busy (load %.1f on %d cores): take the ratios for rough\n", load, runtime.NumCPU())
	}
}

func (s *sitting) sides(k work) (sides []side) {
	for _, n := range []int{1, 2} {
		if n <= k.threads {
			sides = append(sides,
				side{false, n, func(ctx context.Context) (float64, string, error) { return s.peer(ctx, k, n) }},
				side{true, n, func(ctx context.Context) (float64, string, error) {
					ms, err := k.ours(ctx, n, s.seconds)
					return ms, "", err
				}})
		}
	}
	return sides
}

// take fills in the faster of each party's sides.
func (r *result) take(sides []side, times [][]float64) {
	peer, ours := fastest(sides, times, false), fastest(sides, times, true)
	r.PeerMS, r.peerThreads = median(times[peer]), sides[peer].threads
	r.OursMS, r.oursThreads = median(times[ours]), sides[ours].threads
	r.Ratio = r.PeerMS / r.OursMS
	for i, t := range times[peer] {
		q := t / times[ours][i]
		r.low, r.high = min(cmp.Or(r.low, q), q), max(r.high, q)
	}
}

func fastest(sides []side, times [][]float64, ours bool) int {
	best := -1
	for i, s := range sides {
		if s.ours == ours && (best < 0 || median(times[i]) < median(times[best])) {
			best = i
		}
	}
	return best
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// progress rewrites one line of a terminal; elsewhere it is silent.
func (s *sitting) progress(k work, round, of int, side side) {
	f, ok := s.diag.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return
	}
	who := "PyTorch"
	if side.ours {
		who = "ours"
	}
	fmt.Fprintf(f, "\r\x1b[K%s: round %d of %d, %s, threads: %d", k.name, round+1, of, who, side.threads)
	s.shown = true
}

func (s *sitting) clear() {
	if s.shown {
		fmt.Fprint(s.diag, "\r\x1b[K")
		s.shown = false
	}
}
