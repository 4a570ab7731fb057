// Command peers runs pieces of our work and scripts that do the same on PyTorch,
// in turn in one sitting, and prints how many times faster ours is. It is for
// developers; -help says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, "/usr/bin/python3", os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

const teach = `peers compares with PyTorch: it runs pieces of our work and the scripts that do the same in PyTorch, in turn,
in one sitting on one machine, and prints how many times faster ours is.

  go run ./bench/peers                                  every work, a table
  go run ./bench/peers --work maml-mlp-1,proto-mlp      some
  go run ./bench/peers --json                           a line each: {"work","peer","peer_ms","ours_ms","ratio"}

Both sides run with 1 and with 2 threads where they have the choice, and the faster counts. A side's time is its
median over the rounds; the order turns round from round to round. The ratio is the peer's time over ours: 2 means that
ours takes half as long. "over rounds" is the lowest and the highest ratio of a single round: a wide range
means that the machine had something else to do.

The scripts are those of --peers, run by /usr/bin/python3 with Debian's PyTorch (apt-get install -y --no-install-recommends
python3-torch python3-sklearn). What is not there is left out, and said; that is not an error.

Works:
`

func usage(w io.Writer, f *flag.FlagSet) {
	fmt.Fprint(w, teach)
	for _, k := range works {
		fmt.Fprintf(w, "  %-19s %s, %s\n", k.name, k.unit, k.doc)
	}
	fmt.Fprint(w, "\nFlags:\n")
	f.SetOutput(w)
	f.PrintDefaults()
}

// run gives the exit status: 0, also with works left out; 1 for a work that failed, 2 for a bad flag, 130 when interrupted.
func run(ctx context.Context, python string, args []string, out, diag io.Writer) int {
	s := sitting{python: python, diag: diag, imports: map[string]error{}}
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(diag)
	asJSON := f.Bool("json", false, "print JSON lines")
	names := f.String("work", "", "comma-separated works to run (default all)")
	f.StringVar(&s.dir, "peers", "../shared/peers", "folder of the PyTorch scripts")
	f.Float64Var(&s.seconds, "seconds", 2, "how long a side runs at a time, after its warm-up")
	f.IntVar(&s.rounds, "rounds", 3, "how often each side runs")
	f.Usage = func() {}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(out, f)
		return 0
	case err != nil:
		fmt.Fprintln(diag, "peers -help explains the flags")
		return 2
	}
	todo, err := choose(*names)
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err == nil && (s.rounds < 1 || !(s.seconds > 0)) {
		err = errors.New("--rounds and --seconds have to be more than 0")
	}
	if err != nil {
		fmt.Fprintln(diag, "peers:", err)
		return 2
	}
	var p printer = &table{w: out}
	if *asJSON {
		p = jsonLines{out}
	}
	return s.all(ctx, todo, p)
}

// choose gives the works of a comma-separated list, in the order of works.
func choose(list string) ([]work, error) {
	if list == "" {
		return works, nil
	}
	names := strings.Split(list, ",")
	for _, n := range names {
		if !slices.ContainsFunc(works, func(k work) bool { return k.name == n }) {
			return nil, fmt.Errorf("no work %q; --help lists them", n)
		}
	}
	var out []work
	for _, k := range works {
		if slices.Contains(names, k.name) {
			out = append(out, k)
		}
	}
	return out, nil
}

// all runs works one by one and prints each as it is done.
func (s *sitting) all(ctx context.Context, todo []work, p printer) (status int) {
	s.warnBusy()
	began := time.Now()
	for _, k := range todo {
		r, err := s.compare(ctx, k)
		s.clear()
		switch skip := new(absent); {
		case ctx.Err() != nil:
			fmt.Fprintln(s.diag, "peers: interrupted")
			return 130
		case errors.As(err, &skip):
			fmt.Fprintf(s.diag, "peers: %s: left out: %v\n", k.name, err)
		case err != nil:
			fmt.Fprintf(s.diag, "peers: %s: %v\n", k.name, err)
			status = 1
		default:
			p.print(r)
		}
	}
	p.end(time.Since(began))
	return status
}
