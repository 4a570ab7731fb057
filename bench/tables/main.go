// Command tables judges learners on many real tables by one protocol and sums
// up over data sets:
//
//	go run ./bench/tables [--data DIR] [--only SET,…] [--group development|test|further] [--learners NAME,…] [--sklearn NAME,…] [--models FILE,…]
//	                      [--against NAME] [--draws N] [--work DIR] [--json]
//
// The protocol is eval.NewAttack: 1,000 benign rows (half of them where there
// are fewer) and K rows of one class are learned from; other benign rows and
// others of the class are judged. All learners have the same episodes, which
// follow from the seed alone. What was judged is kept in --work, one file for
// each set, learner and settings, so that a stopped run goes on, a learner that
// comes later joins, and nothing is done twice.
//
// A data set is the unit: classes and draws are averaged first, and intervals
// are bootstrapped over data sets. The list of sets is in sets.go, more in further.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/inkling-sec/inkling/dataset"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		if errors.Is(err, context.Canceled) {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	data, lab, work, group, against string
	only, learners, sklearn, models []string
	python                          string
	shots                           []int
	draws, query                    int
	seed                            uint64
	list, load, json, again         bool
	voting, onlyThis                bool
	diag                            io.Writer
}

func run(ctx context.Context, args []string, out, diag io.Writer) error {
	o, err := parse(args, diag)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	chosen, err := o.sets()
	if err != nil {
		return err
	}
	switch {
	case o.list:
		for _, s := range chosen {
			fmt.Fprintf(out, "%-24s %-12s %s\n", s.name, s.group, s.about)
		}
		return nil
	case o.load:
		return o.tellLoaded(ctx, out, chosen)
	}
	judges, err := o.judges(ctx)
	if err != nil {
		return err
	}
	var judged []*book
	for _, s := range chosen {
		books, err := o.judge(ctx, s, judges)
		if errors.Is(err, os.ErrNotExist) {
			fmt.Fprintf(diag, "SKIPPED %s: %v\n", s.name, err)
			continue
		}
		if err != nil {
			return err
		}
		judged = append(judged, books...)
	}
	if len(judged) == 0 {
		return fmt.Errorf("no set could be read in %s: name the folder with --data", o.data)
	}
	return o.print(out, chosen, judges, judged)
}

func parse(args []string, diag io.Writer) (o options, err error) {
	o.diag = diag
	f := flag.NewFlagSet("tables", flag.ContinueOnError)
	f.SetOutput(diag)
	f.Usage = func() {
		fmt.Fprintln(diag, "Usage: go run ./bench/tables [flags]\n\nJudges learners on many real tables, all on the same episodes, and sums up over data sets. What was judged is kept in --work.")
		fmt.Fprintln(diag)
		f.PrintDefaults()
	}
	data := os.Getenv("INKLING_DATA")
	if data == "" {
		data = "../shared/data"
	}
	f.StringVar(&o.data, "data", data, "folder of data sets; also by INKLING_DATA")
	f.StringVar(&o.lab, "lab", labFolder, "folder of the lab's captures")
	f.StringVar(&o.work, "work", filepath.Join(os.TempDir(), "inkling-tables"), "where results are kept")
	f.StringVar(&o.group, "group", development, "development; test: the sets of the published figures, once for each finished model and never to choose anything; or further: tables that further.R writes")
	only := f.String("only", "", "data sets, by name, of whatever group; all of --group without")
	learners := f.String("learners", "nearest-mean,knn,logistic-regression,lda,ratio,extra-trees,random-forest,vote-plain,vote", "learners, by name; none for models alone")
	sklearn := f.String("sklearn", "", "learners of scikit-learn, by name as in peer.py, which has their settings: boosting, boosting-ten, boosting-usual, boosting-one, extra-trees, random-forest")
	f.StringVar(&o.python, "python", "/usr/bin/python3", "an interpreter that has scikit-learn")
	models := f.String("models", "", "model files to judge beside them, each under its file's name")
	shots := f.String("shots", "1,5,10", "numbers of examples")
	f.StringVar(&o.against, "against", "vote", "the learner that all others are compared with")
	f.IntVar(&o.draws, "draws", 0, "draws of each class, each with a cut of its own; 0 leaves it to each set, from 1 to 10")
	f.IntVar(&o.query, "query", 10000, "benign rows to judge, at most")
	f.Uint64Var(&o.seed, "seed", 1, "of the episodes and of learners that draw")
	f.BoolVar(&o.voting, "voting", false, "judge the vote of each matcher among --models too")
	f.BoolVar(&o.onlyThis, "only-this", false, "learners take known attacks for rows that must not alert")
	f.BoolVar(&o.list, "list", false, "list the data sets and end")
	f.BoolVar(&o.load, "load", false, "read the data sets, say what is in them, and end")
	f.BoolVar(&o.json, "json", false, "JSON lines in place of tables")
	f.BoolVar(&o.again, "again", false, "judge anew what has results")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) }
	o.only, o.learners, o.sklearn, o.models = split(*only), split(*learners), split(*sklearn), split(*models)
	for _, s := range split(*shots) {
		k, err := strconv.Atoi(s)
		if err != nil || k < 1 {
			return o, fmt.Errorf("--shots %s: %q is no number of examples", *shots, s)
		}
		o.shots = append(o.shots, k)
	}
	if f.NArg() > 0 || o.draws < 0 || o.query < 1 || len(o.shots) == 0 || !slices.Contains([]string{development, test, furtherGroup}, o.group) {
		return o, fmt.Errorf("bad flags; --help explains them")
	}
	return o, nil
}

// sets gives the sets asked for.
func (o *options) sets() (chosen []*set, err error) {
	for i := range sets {
		s := &sets[i]
		if len(o.only) == 0 && s.group == o.group || slices.Contains(o.only, s.name) {
			chosen = append(chosen, s)
		}
	}
	for _, name := range o.only {
		if !slices.ContainsFunc(sets, func(s set) bool { return s.name == name }) {
			return nil, fmt.Errorf("no data set %q: --list has those of a group", name)
		}
	}
	return chosen, nil
}

// tellLoaded reads sets and says what is in them.
func (o *options) tellLoaded(ctx context.Context, out io.Writer, chosen []*set) error {
	for _, s := range chosen {
		began := time.Now()
		parts, err := s.parts(ctx, o.data, o.lab)
		if errors.Is(err, os.ErrNotExist) {
			fmt.Fprintf(out, "%-24s SKIPPED: %v\n", s.name, err)
			continue
		}
		if err != nil {
			return err
		}
		took := time.Since(began)
		for _, p := range parts {
			if err := o.tell(out, s, p); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "%-24s read in %.1f s\n", "", took.Seconds())
	}
	return nil
}

// tell says what a part has, and how many classes are held out at each number of shots.
func (o *options) tell(out io.Writer, s *set, p dataset.Part) error {
	c, err := p.Data.Contract()
	if err != nil {
		return err
	}
	episodes, err := o.protocol(s, 0).Episodes(p.Data)
	if err != nil {
		return err
	}
	groups, held, benign := map[int]bool{}, map[int]int{}, 0
	for i, g := range p.Data.Group {
		groups[g] = true
		if p.Data.Label[i] == s.benign {
			benign++
		}
	}
	for _, e := range episodes {
		held[e.Shots]++
	}
	name := strings.TrimSuffix(s.name+"/"+p.Name, "/")
	fmt.Fprintf(out, "%-36s %6d rows  %6d benign  %3d columns  %3d classes  %6d duplicates dropped  %3d groups; held out at", name, len(p.Data.Label), benign, len(c.Features), len(p.Data.Classes()), p.Data.Duplicates, len(groups))
	for _, k := range o.shots {
		fmt.Fprintf(out, " K=%d: %d", k, held[k])
	}
	fmt.Fprintln(out)
	return nil
}
