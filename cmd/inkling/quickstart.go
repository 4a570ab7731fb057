package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/lab"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

func quickstartCmd(a *app) *cobra.Command {
	q := quickstart{a: a}
	cmd := &cobra.Command{
		Use:   "quickstart",
		Short: "See the whole story on real traffic inside the program",
		Long: `Takes ten minutes of real traffic recorded in our lab, learns what is normal from
every other benign record, is taught an attack it has never seen from five early
examples, hunts in all the rest, and holds what it found against the truth.

Neither this recording nor this kind of attack was in anything the program was
trained or tuned on. Nothing is written outside the home; the detector stays
there to look at.`,
		Args:    cobra.NoArgs,
		Example: "  inkling quickstart\n  inkling quickstart --home /tmp/try --shots 1",
		RunE:    func(cmd *cobra.Command, _ []string) error { return q.run(cmd) },
	}
	cmd.Flags().StringVar(&q.kind, "attack", "tunnel-dns", "the attack to teach: "+either(lab.Unseen))
	cmd.Flags().IntVar(&q.shots, "shots", 5, "examples to teach")
	cmd.Flags().Uint64Var(&q.seed, "seed", 1, "which examples are marked")
	return cmd
}

// quickstart is the story: one capture, one attack, and the truth to hold the hunt against.
type quickstart struct {
	a     *app
	kind  string
	shots int
	seed  uint64

	file  string         // the capture, unpacked into the home
	first []int          // lines of the earlier half of the attack: examples are taken from these
	truth map[int]string // line → label of what is judged: the later half, the benign records that are not the baseline's, other attacks
	rows  int            // records in all
}

func (q *quickstart) run(cmd *cobra.Command) error {
	if err := within([]bounded{{"shots", q.shots, 1, 0}}); err != nil {
		return err
	}
	if !slices.Contains(lab.Unseen, q.kind) {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no held-out attack %q", q.kind), Remedy: "choose one of " + strings.Join(lab.Unseen, ", ")}
	}
	h, err := q.a.store()
	if err != nil {
		return err
	}
	if err := q.sparesOwn(h); err != nil {
		return err
	}
	start := time.Now()
	if err := q.unpack(h); err != nil {
		return err
	}
	if err := q.look(cmd.Context()); err != nil {
		return err
	}
	if q.a.json {
		return q.story(cmd, h, io.Discard, start)
	}
	return q.story(cmd, h, cmd.OutOrStdout(), start)
}

// sparesOwn refuses a home where the story would take the place of what is the user's own, or may be, as it cannot be read.
func (q *quickstart) sparesOwn(h store.Home) error {
	spares := func(k store.Kind, name string, own bool, err error) error {
		if !h.Has(k, name) || err == nil && !own {
			return nil
		}
		what, remedy := "is your own, and the story's would take its place", "see the story in another home: --home /tmp/try"
		if err != nil {
			what, remedy = "cannot be read, may be your own, and the story's would take its place", "see the story in another home, --home /tmp/try, or remove "+h.Path(k, name)
		}
		return &inkling.Error{Code: inkling.Conflict, Place: k.One() + " " + name, What: what, Remedy: remedy, Err: err}
	}
	d, err := loadDetector(h, q.kind)
	if err := spares(store.Detectors, q.kind, err == nil && d.Baseline != quickBaseline, err); err != nil {
		return err
	}
	b, err := baseline(h, quickBaseline)
	own := err == nil && (len(b.Files) != 1 || filepath.Base(b.Files[0]) != lab.HeldOut)
	return spares(store.Baselines, quickBaseline, own, err)
}

// unpack writes the capture into the home, so that every command of the story can be tried by hand.
func (q *quickstart) unpack(h store.Home) error {
	q.file = filepath.Join(h.Dir, "quickstart", lab.HeldOut)
	if err := os.MkdirAll(filepath.Dir(q.file), 0o700); err != nil {
		return &inkling.Error{Code: inkling.Invalid, Place: q.file, What: "cannot be written", Remedy: "choose another home with --home", Err: err}
	}
	err := store.WriteFile(q.file, func(w io.Writer) error { _, err := w.Write(lab.Log); return err })
	return store.Elsewhere(err, "with --home")
}

// look reads the labels, which the detector never sees.
func (q *quickstart) look(ctx context.Context) error {
	r, err := q.open(q.file)
	if err != nil {
		return err
	}
	defer r.Close()
	var rec inkling.Record
	q.truth = map[int]string{}
	for ctx.Err() == nil {
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		q.rows++
		switch label := string(labelOf(&rec)); label {
		case q.kind:
			q.first = append(q.first, rec.Origin.Line)
		case spared: // for the baseline
		default:
			q.truth[rec.Origin.Line] = label
		}
	}
	later := q.first[len(q.first)/2:]
	q.first = q.first[:len(q.first)/2]
	for _, line := range later {
		q.truth[line] = q.kind
	}
	if most := min(len(q.first), detect.MostExamples); q.shots > most {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--shots %d: the first half of the attack has %d records, and a detector is taught from %d at most", q.shots, len(q.first), detect.MostExamples), Remedy: fmt.Sprintf("give %d or fewer", most)}
	}
	return ctx.Err()
}

// quickBaseline is the name of the story's baseline.
const quickBaseline = "quickstart"

// spared is the label of the benign records that the baseline is made of.
const spared = "spared"

// everyOther labels every other benign record as spared.
type everyOther struct {
	inkling.Reader
	benign int
}

func (e *everyOther) Read(r *inkling.Record) error {
	if err := e.Reader.Read(r); err != nil {
		return err
	}
	if string(labelOf(r)) == "benign" {
		if e.benign++; e.benign%2 == 0 {
			r.Text[r.Schema.Index("label")] = []byte(spared)
		}
	}
	return nil
}

// labelOf gives the label of a record of the lab, nil when it has none.
func labelOf(r *inkling.Record) []byte {
	if i := r.Schema.Index("label"); i >= 0 {
		return r.Text[i]
	}
	return nil
}

func (q *quickstart) open(file string) (inkling.Reader, error) {
	r, err := read.Open(file, read.Options{})
	if err != nil {
		return nil, err
	}
	return &everyOther{Reader: r}, nil
}

func (q *quickstart) story(cmd *cobra.Command, h store.Home, out io.Writer, start time.Time) error {
	ctx, s := cmd.Context(), styleOf(out)
	fmt.Fprintf(out, "%s\n", s.bold("1. What is normal here?"))
	fmt.Fprintf(out, "%s holds %s connections of a small network under attack, recorded in our lab.\nEvery other benign record makes the baseline, as days of history would: ten minutes are too short\nfor a past that is like the future.\n\n", lab.HeldOut, count(q.rows))
	b, err := detect.NewBaseline(ctx, quickBaseline, []string{q.file}, q.open, detect.BaselineOptions{Label: "label", Benign: spared})
	if err != nil {
		return err
	}
	if err := h.Put(store.Baselines, b.Name, b.Write); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %s records to learn from, %s others to promise on\n\n", count(b.Pool.Len()), count(b.Calibration.Len()))

	fmt.Fprintf(out, "%s\n", s.bold("2. A new attack is seen. Mark a few early examples."))
	d, armed, elapsed, err := q.teach(ctx, h, b)
	if err != nil {
		return err
	}
	for i := range d.Examples.Origin {
		e := alertLike(d, i)
		fmt.Fprintf(out, "  %s  %s\n", who(e), s.dim(place(e.Origin)))
	}
	fmt.Fprintf(out, "Nothing in this program was trained on %s, nor on this recording.\n\n", q.kind)
	if q.a.json {
		err = printTaught(cmd.OutOrStdout(), q.a, d, b, elapsed)
	} else {
		err = printTaught(out, q.a, d, b, elapsed)
	}
	if err != nil {
		return err
	}

	fmt.Fprintf(out, "\n%s\n", s.bold("3. Hunt in all the rest, which nobody has looked at."))
	found, err := q.hunt(ctx, cmd, h, armed, out)
	if err != nil {
		return err
	}
	found.Seconds = time.Since(start).Seconds()
	if q.a.json {
		return q.a.print(cmd.OutOrStdout(), found)
	}
	q.verdict(out, h, d, found)
	return nil
}

// teach marks examples at random in the earlier half of the attack.
func (q *quickstart) teach(ctx context.Context, h store.Home, b *detect.Baseline) (*detect.Detector, *detect.Armed, time.Duration, error) {
	rng := rand.New(rand.NewPCG(q.seed, 5))
	lines := slices.Clone(q.first)
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	lines = lines[:q.shots]
	slices.Sort(lines)
	r, err := q.open(q.file)
	if err != nil {
		return nil, nil, 0, err
	}
	defer r.Close()
	rows, err := detect.Examples(ctx, r, q.file, lines, b.Contract)
	if err != nil {
		return nil, nil, 0, err
	}
	c, err := choose(h, "", "", b.Contract, 1)
	if err != nil {
		return nil, nil, 0, err
	}
	start := time.Now()
	d, armed, err := detect.Teach(ctx, q.kind, rows, b, c, detect.TeachOptions{Seed: 1})
	if err != nil {
		return nil, nil, 0, err
	}
	elapsed := time.Since(start)
	return d, armed, elapsed, h.Put(store.Detectors, d.Name, d.Write)
}

// verdict is what the hunt found, held against the truth.
type outcome struct {
	Attack      string  `json:"attack"`
	Found       int     `json:"found"`
	Of          int     `json:"of"`
	FalseAlarms int     `json:"false_alarms"`
	Benign      int     `json:"benign"`
	Others      int     `json:"other_attacks_alerted"`
	OthersOf    int     `json:"other_attacks"`
	Records     int     `json:"records"`
	PerSecond   float64 `json:"records_per_s"`
	Seconds     float64 `json:"seconds"`
}

func (q *quickstart) hunt(ctx context.Context, cmd *cobra.Command, h store.Home, armed *detect.Armed, out io.Writer) (outcome, error) {
	o := outcome{Attack: q.kind}
	for _, label := range q.truth {
		switch label {
		case q.kind:
			o.Of++
		case "benign":
			o.Benign++
		default:
			o.OthersOf++
		}
	}
	var strongest inkling.Alert
	var kept bytes.Buffer
	e := detect.Engine{Detectors: []*detect.Armed{armed}, Alert: func(alert inkling.Alert) error {
		label, judged := q.truth[alert.Origin.Line]
		if !judged {
			return nil
		}
		switch label {
		case q.kind:
			o.Found++
		case "benign":
			o.FalseAlarms++
		default:
			o.Others++
		}
		if strongest.ID == "" || alert.Score > strongest.Score {
			strongest = alert
		}
		return q.a.print(&kept, alert)
	}}
	r, err := q.open(q.file)
	if err != nil {
		return o, err
	}
	defer r.Close()
	sum, err := e.Run(ctx, r)
	if err != nil {
		return o, err
	}
	if strongest.ID != "" {
		fmt.Fprintln(out, "The strongest alert:")
		tellAlert(out, strongest)
	}
	o.Records, o.PerSecond = sum.Records, sum.PerSecond
	return o, h.Put(store.Alerts, q.kind, func(w io.Writer) error { _, err := w.Write(kept.Bytes()); return err })
}

func (q *quickstart) verdict(out io.Writer, h store.Home, d *detect.Detector, o outcome) {
	s := styleOf(out)
	fmt.Fprintf(out, "%s\n", s.bold("4. Held against the truth, which the detector never saw"))
	fmt.Fprintf(out, "  found         %s of %s later records of %s\n", s.green(count(o.Found)), count(o.Of), q.kind)
	fmt.Fprintf(out, "  false alarms  %s of %s other benign records: %s, promised %s\n", s.bold(count(o.FalseAlarms)), count(o.Benign), rate(float64(o.FalseAlarms)/float64(max(o.Benign, 1))), rate(d.Promise.Alpha))
	if share := float64(o.FalseAlarms) / float64(max(o.Benign, 1)); share > d.Promise.Upper95 {
		fmt.Fprintf(out, "                more than the upper bound: one in twenty calibration sets is that unlucky\n")
	}
	fmt.Fprintf(out, "  other attacks %s of %s alerted too: the promise is about benign records\n", count(o.Others), count(o.OthersOf))
	fmt.Fprintf(out, "  the story took %.1f s; hunting went at %s records a second\n\n", o.Seconds, count(int(o.PerSecond)))
	fmt.Fprintf(out, "%s\n", s.bold("5. Now your own conn.log"))
	fmt.Fprintf(out, `  inkling baseline conn.log                              a time without known attacks
  inkling teach NAME --examples conn.log:812,815,820     lines of the attack
  inkling hunt conn.*.log.gz --detector NAME             what it would have found
  inkling convert capture.pcap -o conn.log               packets work too
`)
	fmt.Fprintf(out, "The story's files are in %s. Look closer:\n  inkling explain %s --detector %s\n", h.Dir, inkling.Quoted(d.Examples.Origin[0].String()), d.Name)
}
