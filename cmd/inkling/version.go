package main

import (
	"fmt"
	"os"
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
			if a.json {
				commit, _ := builtFrom()
				return a.print(cmd.OutOrStdout(), map[string]any{"version": release, "commit": commit, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "flow_contract": feature.Flow().Hash()})
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}

// versionLine says which program this is, to people.
func versionLine() string {
	program := release
	if commit, _ := builtFrom(); commit != unknown { // as by go run
		program = fmt.Sprintf("%s (%.12s)", release, commit)
	}
	c := feature.Flow()
	return fmt.Sprintf("inkling %s, %s %s/%s, flow contract %d %.12s", program, runtime.Version(), runtime.GOOS, runtime.GOARCH, c.Version, c.Hash())
}

// unknown is the commit of a program that was built without it.
const unknown = "unknown"

// builtFrom gives the commit that the program was built from, and whether the tree was just that.
func builtFrom() (commit string, clean bool) {
	commit = unknown
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit, clean = s.Value, true
			case "vcs.modified":
				clean = clean && s.Value == "false"
			}
		}
	}
	return commit, clean
}

// builtBy tells this program from others: by its commit, or where that does not say it all by its file.
func builtBy() string {
	commit, clean := builtFrom()
	if clean {
		return fmt.Sprintf("%s (%.12s)", release, commit)
	}
	mark := unknown
	if file, err := os.Executable(); err == nil {
		if b, err := os.ReadFile(file); err == nil {
			mark = modelID(b)
		}
	}
	if commit == unknown {
		return fmt.Sprintf("%s (build %.12s)", release, mark)
	}
	return fmt.Sprintf("%s (%.12s, build %.12s)", release, commit, mark)
}
