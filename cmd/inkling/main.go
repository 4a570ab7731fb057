// Command inkling teaches a detector from a handful of examples and hunts with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := rootCmd().ExecuteContext(ctx)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted; nothing half-written was left behind")
		}
		fmt.Fprintln(os.Stderr, "inkling:", err)
		os.Exit(exitStatus(err))
	}
}

// exitStatus maps the four error codes, in one table; usage errors of cobra are plain errors.
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
  inkling hunt conn.*.log.gz --detector NAME            what it finds in history`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().StringVar(&a.home, "home", "", "directory of models, baselines, detectors and alerts (default $INKLING_HOME, or inkling under the user's data directory)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "write JSON lines for programs instead of text for people")
	root.AddCommand(quickstartCmd(a), baselineCmd(a), teachCmd(a), huntCmd(a), explainCmd(a), detectorsCmd(a), featuresCmd(a),
		convertCmd(), trainCmd(a), evalCmd(a), versionCmd(a))
	return root
}
