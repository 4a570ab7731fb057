// Command sine does the regression experiment of the MAML paper (Finn, Abbeel and Levine 2017, section 5.1): sine
// waves to be found from a few points. It trains a network by MAML and one on all waves at once, prints the error of both
// after 0, 1, 5 and 10 gradient steps on new waves, and draws docs/sine.png.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

const teach = `sine trains a network 1-40-40-1 in two ways and asks both for new sine waves from K points:
  MAML         so that one gradient step on K points leads far (second order, inner rate 0.01)
  pre-trained  on the points of all waves at once; its rate for new waves is the best of several on waves set aside
Waves have amplitudes of 0.1 to 5 and phases of 0 to π; x is in [-5, 5]. It prints mean squared errors with 95 % intervals over
new waves, and draws one wave and the errors.

  go run ./bench/sine                                about ten seconds; writes docs/sine.png
  go run ./bench/sine --iterations 2000 --out x.png  a quick look

Flags:
`

// run gives the exit status.
func run(ctx context.Context, args []string, out, diag io.Writer) int {
	f := flag.NewFlagSet("sine", flag.ContinueOnError)
	f.SetOutput(diag)
	iterations := f.Int("iterations", 30000, "outer steps of 25 waves; the paper makes 70000")
	tasks := f.Int("tasks", 600, "new waves to be judged on")
	seed := f.Uint64("seed", 1, "of weights and waves")
	file := f.String("out", "docs/sine.png", "the picture")
	f.Usage = func() {}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, teach)
		f.SetOutput(out)
		f.PrintDefaults()
		return 0
	case err != nil || f.NArg() > 0 || *iterations < 1 || *tasks < 2:
		fmt.Fprintln(diag, "sine: bad flags; --help explains them")
		return 2
	}
	began := time.Now()
	maml, pre, err := trainBoth(ctx, *iterations, *seed, progress(diag))
	if err != nil {
		fmt.Fprintln(diag, "sine: interrupted")
		return 130
	}
	var errs []curves
	for _, k := range []int{5, 10} {
		errs = append(errs, curves{k, maml.judge(*tasks, k), pre.judge(*tasks, k)})
	}
	fmt.Fprintf(out, "Mean squared error on %d new waves [95 %% interval], after gradient steps on K points:\n\n", *tasks)
	printCurves(out, errs)
	if err := draw(*file, maml, pre, errs); err != nil {
		fmt.Fprintln(diag, "sine:", err)
		return 1
	}
	fmt.Fprintf(out, "\n%d outer steps; rate of the pre-trained network %g; drawn in %s; %.0f s in all.\n", *iterations, pre.rate, *file, time.Since(began).Seconds())
	return 0
}

// shownSteps are the numbers of gradient steps that are printed and drawn.
var shownSteps = []int{0, 1, 5, 10}

func printCurves(w io.Writer, errs []curves) {
	fmt.Fprintf(w, "%-19s", "")
	for _, n := range shownSteps {
		fmt.Fprintf(w, "%-22d", n)
	}
	for _, c := range errs {
		for name, curve := range c.byName() {
			fmt.Fprintf(w, "\nK = %-2d %-12s", c.k, name)
			for _, n := range shownSteps {
				e := curve[n]
				fmt.Fprintf(w, "%-22s", fmt.Sprintf("%.3f [%.3f, %.3f]", e.Mean, e.Low, e.High))
			}
		}
	}
	fmt.Fprintln(w)
}

// progress gives a function that rewrites one line of a terminal; elsewhere it is silent.
func progress(w io.Writer) func(done, of int, loss float64) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(int, int, float64) {}
	}
	return func(done, of int, loss float64) {
		fmt.Fprintf(f, "\r\x1b[KMAML: outer step %d of %d, error after one step %.3f", done, of, loss)
		if done == of {
			fmt.Fprint(f, "\r\x1b[K")
		}
	}
}
