package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
	"github.com/inkling-sec/inkling/read"
)

// hunt teaches a detector of each attack, and times the way from a log to alerts.
func (o *options) hunt(ctx context.Context, dir string) error {
	detectors, err := teach(ctx, dir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "hunted")
	if err := write(file, zeekTSV, newSite(3, true), o.hunted); err != nil {
		return err
	}
	fmt.Printf("Hunting in Zeek's TSV, from the log to the alerts, evidence for the first 20 of each detector\n")
	for _, cores := range []int{1, runtime.NumCPU()} {
		for _, n := range []int{1, len(detectors)} {
			runtime.GOMAXPROCS(cores)
			r, err := read.Open(file, read.Options{})
			if err != nil {
				return err
			}
			sum, err := engine(detectors[:n]).Run(ctx, r)
			r.Close()
			if err != nil {
				return err
			}
			fmt.Printf("  %-34s %9.0f a second, %d alerts; %s\n", fmt.Sprintf("%d detectors, %d cores", n, cores), sum.PerSecond, sum.Alerts, memory())
		}
	}
	if o.long == 0 {
		return nil
	}
	fmt.Printf("Memory over %d records\n", o.long)
	e, shown := engine(detectors), 0
	e.Progress = func(n int) {
		if n*10/o.long > shown {
			shown = n * 10 / o.long
			fmt.Printf("  %9d records, %s\n", n, memory())
		}
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(stream(out, newSite(4, true), o.long)) }()
	defer in.Close()
	r, _, err := read.New(in, "long", read.Options{})
	if err != nil {
		return err
	}
	sum, err := e.Run(ctx, r)
	fmt.Printf("  %9d records, %.0f a second, %d alerts, %d memories put out; %s\n", sum.Records, sum.PerSecond, sum.Alerts, sum.Evicted, memory())
	return err
}

func engine(detectors []*detect.Armed) *detect.Engine {
	return &detect.Engine{Detectors: detectors, Evidence: 20, Alert: func(inkling.Alert) error { return nil }}
}

// stream writes conversations as they are asked for.
func stream(w io.Writer, s *site, n int) error {
	b := []byte(zeekTSV.head)
	for i := range n {
		c := s.next()
		if b = zeekTSV.append(b, &c); len(b) > 1<<18 || i == n-1 {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return nil
}

// teach makes a baseline of a time without attacks, and a detector of each attack from five records.
func teach(ctx context.Context, dir string) (out []*detect.Armed, err error) {
	usual, marked := filepath.Join(dir, "usual"), filepath.Join(dir, "marked")
	if err := write(usual, zeekTSV, newSite(2, false), 200_000); err != nil {
		return nil, err
	}
	const some = 20_000
	if err := write(marked, zeekTSV, newSite(5, true), some); err != nil {
		return nil, err
	}
	lines, s := map[string][]int{}, newSite(5, true)
	for i := range some {
		if c := s.next(); i > some/2 && len(lines[c.kind]) < 5 {
			lines[c.kind] = append(lines[c.kind], i+1+strings.Count(zeekTSV.head, "\n"))
		}
	}
	open := func(file string) (inkling.Reader, error) { return read.Open(file, read.Options{}) }
	b, err := detect.NewBaseline(ctx, "usual", []string{usual}, open, detect.BaselineOptions{})
	if err != nil {
		return nil, err
	}
	learner, _, err := meta.Decode(models.Flow)
	if err != nil {
		return nil, err
	}
	for _, attack := range attacks {
		r, err := open(marked)
		if err != nil {
			return nil, err
		}
		rows, err := detect.Examples(ctx, r, marked, lines[attack], b.Contract)
		r.Close()
		if err != nil {
			return nil, err
		}
		start := time.Now()
		_, a, err := detect.Teach(ctx, attack, rows, b, detect.Choice{Learner: learner}, detect.TeachOptions{})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%s taught in %s\n", attack, time.Since(start).Round(time.Millisecond))
		out = append(out, a)
	}
	return out, nil
}
