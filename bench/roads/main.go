// Command roads holds the records that one road to a flow gives against those of another:
//
//	go run ./bench/roads zeek [--data DIR] [--list]      our flows of the captures in Zeek's test suite, against Zeek's own
//	go run ./bench/roads compare [--list] DIR FILE       our flows of captures, against what another tool made of them
//	go run ./bench/roads export DIR OUT                  what softflowd exports of captures, for compare
//
// DIR has a folder for each capture, with it as "capture" and FILE beside it, in any format that is read; tools.sh makes
// such folders with Argus and Suricata, export with softflowd (v5.netflow, v9.netflow, ipfix.netflow).
//
// Flows are the same where protocol and endpoints are, in either direction; of several with the same endpoints those
// that begin nearest to each other, or differ least where a log has no times. For each field the share of flows that agree
// is told, and with --list each flow that does not.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "roads:", err)
		os.Exit(1)
	}
}

func run(args []string, out, diag io.Writer) error {
	f := flag.NewFlagSet("roads", flag.ContinueOnError)
	f.SetOutput(diag)
	data := f.String("data", cmp.Or(os.Getenv("INKLING_DATA"), "../shared/data"), "folder of data sets; also by INKLING_DATA")
	list := f.Bool("list", false, "name each flow that differs")
	if len(args) == 0 {
		return errUsage
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch rest := f.Args(); {
	case args[0] == "zeek" && len(rest) == 0:
		return compareSuite(out, *data, *list)
	case args[0] == "compare" && len(rest) == 2:
		return compare(out, rest[0], rest[1], *list)
	case args[0] == "export" && len(rest) == 2:
		return export(context.Background(), rest[0], rest[1])
	}
	return errUsage
}

var errUsage = errors.New("say zeek, compare DIR FILE, or export DIR OUT")
