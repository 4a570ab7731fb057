// Command inkling teaches a detector from a handful of examples and hunts with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/inkling-sec/inkling"
)

func main() {
	ctx := context.Background()
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ctx, _ = signal.NotifyContext(ctx, syscall.SIGHUP) // for good: a terminal that is closed may tell twice
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // a second Ctrl-C ends the program at once
	signal.Ignore(syscall.SIGPIPE) // a reader that has gone is an error of the write: temporary files are still removed
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// What shells say of a program that SIGINT, here also SIGTERM or SIGHUP, or SIGPIPE ended.
const (
	statusInterrupted = 130
	statusClosedPipe  = 141
)

// run runs the command that args name and gives its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	untilFull, stop := context.WithCancel(ctx)
	defer stop()
	out := &output{Writer: stdout, stop: stop}
	root, began := rootCmd(), false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	strict(root)
	cmd, err := root.ExecuteContextC(untilFull)
	switch {
	case errors.Is(out.err, syscall.EPIPE):
		return statusClosedPipe
	case out.err != nil:
		err = &inkling.Error{Code: inkling.Invalid, Place: "standard output", What: "cannot be written", Remedy: "free space, or write to another place", Err: out.err}
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(stderr, "inkling: interrupted; nothing half-written was left behind")
		return statusInterrupted
	case err != nil && !began:
		err = misuse(cmd, err)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "inkling:", err)
	return exitStatus(err)
}

// unparsed is what strconv says of a flag's value.
var unparsed = regexp.MustCompile(`strconv\.Parse(Int|Uint|Float): parsing ".*": (invalid syntax|value out of range)`)

// misuse makes an error of what cobra says of flags, arguments and command names.
func misuse(cmd *cobra.Command, err error) error {
	what := strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n\nDid you mean this?\n\t", "; did you mean "))
	what = unparsed.ReplaceAllString(what, "not a number that it takes")
	if !cmd.HasParent() {
		return &inkling.Error{Code: inkling.Invalid, What: what, Remedy: "see the commands with: inkling --help"}
	}
	_, place, _ := strings.Cut(cmd.CommandPath(), " ")
	return &inkling.Error{Code: inkling.Invalid, Place: place, What: what, Remedy: "usage: " + cmd.UseLine() + "; more: " + cmd.CommandPath() + " --help"}
}

// output keeps the first failure of a write and stops the command then: what
// nobody will read is not worth making, and must not look like success.
type output struct {
	io.Writer
	stop func()
	err  error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if err != nil && o.err == nil {
		o.err = err
		o.stop()
	}
	return n, err
}

// exitStatus maps the four error codes, in one table.
func exitStatus(err error) int {
	return map[inkling.Code]int{inkling.Internal: 1, inkling.Invalid: 2, inkling.NotFound: 3, inkling.Conflict: 4}[inkling.CodeOf(err)]
}

func rootCmd() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "inkling",
		Short: "Learn a new threat from a handful of examples",
		Long: `Inkling makes a detector of 1 to 10 examples of an attack, states its false-alarm
rate before it is switched on, and shows evidence for every alert.

  inkling quickstart                                    the whole story, on traffic inside the program
  inkling baseline conn.log                             what is normal here
  inkling teach NAME --examples conn.log:812,815,820    a detector from examples
  inkling hunt conn.*.log.gz --detector NAME            what it finds in history
  inkling watch conn.log --detector NAME                alerts as records come

Exit status: 0 done, 2 the input or the call is wrong, 3 not found, 4 exists
already or made for something else, 130 interrupted, 1 a fault of the program.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Version = release // by which --version answers
	root.Flags().Bool("version", false, "tell the version, as inkling version does")
	root.SetVersionTemplate(versionLine() + "\n")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages |", fmt.Sprintf("Flags.FlagUsagesWrapped %d |", helpWidth())))
	root.PersistentFlags().StringVar(&a.home, "home", "", "directory of models, baselines, detectors and alerts (default $INKLING_HOME, or inkling under the user's data directory)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "write JSON lines for programs instead of text for people")
	root.AddCommand(quickstartCmd(a), baselineCmd(a), teachCmd(a), huntCmd(a), watchCmd(a), explainCmd(a), detectorsCmd(a), featuresCmd(a), schemaCmd(a),
		convertCmd(), packsCmd(a), initCmd(a), trainCmd(a), evalCmd(a), priorCmd(a), versionCmd(a))
	return root
}

// helpWidth is how wide the help's flags may be: as the terminal is, within reason.
func helpWidth() int {
	const least, most = 60, 100
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
		return max(least, min(w, most))
	}
	return most
}

// strict makes cobra's own commands refuse what they do not know. They keep the output that root has now.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error { _, _, err := root.Find(args); return err }
		case "completion":
			c.Args, c.RunE = cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}
