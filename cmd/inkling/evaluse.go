package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inkling-sec/inkling"
)

// packFlags are the flags that packs have a use for: all else they say themselves.
var packFlags = []string{"pack", "all-packs", "data", "out", "again", "report", "prevalence", "learners", "shots", "draws", "seed"}

// needless lists the flags that a protocol has no use for.
var needless = map[string][]string{
	"new-attack": {"ways"},
	"n-way":      {"models", "heads", "known", "classes", "never", "forward", "alone", "only-this", "export-episodes"},
	"bound":      {"known", "never", "forward", "alone", "only-this", "export-episodes", "shots", "ways", "iterations"},
}

// checkUse refuses a protocol that there is not, and flags that would do nothing: what was asked for and is not done would be believed.
func (f *evalFlags) checkUse(cmd *cobra.Command) (err error) {
	packs := f.pack != "" || f.allPacks
	none, known := needless[f.protocol]
	if !known && !packs {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("protocol %q", f.protocol), Remedy: "choose " + either(protocols)}
	}
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		with := "--protocol " + f.protocol
		idle := slices.Contains(none, fl.Name)
		if packs {
			with, idle = "packs", !slices.Contains(packFlags, fl.Name)
		}
		if err == nil && idle && fl.Value.String() != fl.DefValue && cmd.InheritedFlags().Lookup(fl.Name) == nil {
			err = &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--%s with %s", fl.Name, with), Remedy: "it is of no use there: leave it out"}
		}
	})
	switch {
	case err != nil:
		return err
	case f.forward && f.group != "":
		return &inkling.Error{Code: inkling.Invalid, What: "--forward with --group", Remedy: "cut by order or by groups: leave one out"}
	case len(f.learners) == 0 && len(f.models) == 0:
		return &inkling.Error{Code: inkling.Invalid, What: "no learner to judge", Remedy: "name some with --learners"}
	}
	return nil
}
