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
	root := &cobra.Command{
		Use:           "inkling",
		Short:         "Learn a new threat from a handful of examples",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(convertCmd())
	return root
}
