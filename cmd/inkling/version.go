package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling/feature"
)

// release is the version of the last entry of CHANGELOG.md.
const release = "0.1.0"

func versionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Tell the version, the build and the feature contract",
		Example: "  inkling version --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			commit := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
			}
			c := feature.Flow()
			if a.json {
				return a.print(cmd.OutOrStdout(), map[string]any{"version": release, "commit": commit, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "flow_contract": c.Hash()})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "inkling %s (%.12s), %s %s/%s, flow contract %d %.12s\n", release, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, c.Version, c.Hash())
			return nil
		},
	}
}
