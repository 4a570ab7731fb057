// Command rate measures how fast telemetry goes through: parsing, features, and hunting from the log to the alerts.
//
//	go run ./bench/rate                   all but the long run
//	go run ./bench/rate -records 0 -long 20000000
//
// The second leaves parsing out, and tells the memory of hunting over so many records.
//
// The records are made up, the same each time: a busy site of 2,000 hosts, where five in a thousand flows are of five
// attacks. jq and Python, where they are, parse the same files in the same run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
)

func main() {
	var o options
	flag.IntVar(&o.records, "records", 2_000_000, "records of the logs that are parsed; 0 leaves them out")
	flag.IntVar(&o.hunted, "hunted", 400_000, "records that are hunted in")
	flag.IntVar(&o.long, "long", 0, "records of the long run; 0 leaves it out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct{ records, hunted, long int }

func (o *options) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "rate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.records > 0 {
		if err := o.parse(ctx, dir); err != nil {
			return err
		}
	}
	return o.hunt(ctx, dir)
}

// write writes n conversations to a file.
func write(file string, f form, s *site, n int) error {
	w, err := os.Create(file)
	if err != nil {
		return err
	}
	defer w.Close()
	b := []byte(f.head)
	for range n {
		c := s.next()
		if b = f.append(b, &c); len(b) > 1<<20 {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err = w.Write(b)
	return err
}

// parse reads the same records in each form, on one core, beside what people use.
func (o *options) parse(ctx context.Context, dir string) error {
	fmt.Printf("Parsing, one core\n")
	runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(runtime.NumCPU())
	for _, f := range forms {
		file := filepath.Join(dir, "log")
		if err := write(file, f, newSite(1, true), o.records); err != nil {
			return err
		}
		n, took, err := drain(ctx, file, nil)
		if err != nil {
			return err
		}
		tell(f.name, n, took)
		if f.head == "" {
			beside("  jq .ts", n, "jq", "-c", ".ts // .timestamp", file)
			beside("  Python json", n, "python3", "-c", "import json,sys\nfor l in open(sys.argv[1],'rb'): json.loads(l)", file)
			beside("  pandas", n, "python3", "-c", "import pandas,sys\nfor c in pandas.read_json(sys.argv[1], lines=True, chunksize=100000): pass", file)
			continue
		}
		beside("  Python split", n, "python3", "-c", "import sys\nfor l in open(sys.argv[1],'rb'): l.rstrip(b'\\n').split(b'\\t')", file)
		beside("  pandas", n, "python3", "-c", "import pandas,sys\npandas.read_csv(sys.argv[1], sep='\\t', comment='#', header=None)", file)
		if n, took, err = drain(ctx, file, feature.NewFlow(feature.FlowOptions{})); err != nil {
			return err
		}
		tell(f.name+" and features", n, took)
		many := newSite(1, false)
		many.sources = 1_000_000
		if err := write(file, f, many, o.records); err != nil {
			return err
		}
		x := feature.NewFlow(feature.FlowOptions{})
		if n, took, err = drain(ctx, file, x); err != nil {
			return err
		}
		tell("  of 1,000,000 sources", n, took)
		fmt.Printf("  %d memories put out; %s\n", x.Evictions(), memory())
	}
	b, n := packets(append([]byte(nil), pcapHead...), newSite(1, true), o.records)
	file := filepath.Join(dir, "log")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	_, took, err := drain(ctx, file, nil)
	tell("pcap, packets", n, took)
	return err
}

// drain reads a file to its end, through an extractor where one is given.
func drain(ctx context.Context, file string, x feature.Extractor) (n int, took time.Duration, err error) {
	r, err := read.Open(file, read.Options{AnyChecksum: true})
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	var rec inkling.Record
	var row []float64
	if x != nil {
		row = make([]float64, len(x.Contract().Features))
	}
	start := time.Now()
	for ctx.Err() == nil {
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			return n, time.Since(start), nil
		}
		if err == nil && x != nil {
			err = x.Extract(row, &rec)
		}
		if err != nil {
			return n, 0, err
		}
		n++
	}
	return n, 0, ctx.Err()
}

func tell(what string, n int, took time.Duration) {
	fmt.Printf("  %-34s %9.0f a second\n", what, float64(n)/took.Seconds())
}

// beside times another program on the same file.
func beside(what string, n int, program string, args ...string) {
	if _, err := exec.LookPath(program); err != nil {
		fmt.Printf("  %-34s is not there\n", what)
		return
	}
	cmd := exec.Command(program, args...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		fmt.Printf("  %-34s %v\n", what, err)
		return
	}
	tell(what, n, time.Since(start))
}

// memory tells the most memory that was resident, where the system does.
func memory() string {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if name, v, _ := strings.Cut(line, ":"); name == "VmHWM" {
			return "most memory " + strings.TrimSpace(v)
		}
	}
	return "memory is not told here"
}
