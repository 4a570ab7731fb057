package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

// npyOf writes an npy file of version 1.
func npyOf(descr, order, shape string, data any) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(head)))
	b = append(b, head...)
	b, err := binary.Append(b, binary.LittleEndian, data)
	if err != nil {
		panic(err)
	}
	return b
}

// npz writes an adbench file: 400 inliers and 60 outliers of two columns in Fortran order.
func npz(t *testing.T, file string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	const n = 460
	x, y := make([]float64, 2*n), make([]int64, n)
	for i := range n {
		if i%8 == 0 && i < 480 {
			y[i] = 1
		}
		x[i], x[n+i] = rng.NormFloat64(), rng.NormFloat64()+5*float64(y[i])
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string][]byte{"X.npy": npyOf("<f8", "True", fmt.Sprintf("(%d, 2)", n), x), "y.npy": npyOf("<i8", "False", fmt.Sprintf("(%d,)", n), y)} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
		err = os.WriteFile(file, b.Bytes(), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A learner that comes later has the same episodes, and nothing is judged twice.
func TestRunKeepsResultsAndJoins(t *testing.T) {
	data, work := t.TempDir(), t.TempDir()
	npz(t, filepath.Join(data, "adbench", "2_annthyroid.npz"))
	args := func(learners string, more ...string) []string {
		return append([]string{"--data", data, "--work", work, "--only", "adbench/2_annthyroid,adbench/4_breastw", "--draws", "2", "--json", "--learners", learners}, more...)
	}
	play := func(args []string) (string, string) {
		var out, diag bytes.Buffer
		if err := run(t.Context(), args, &out, &diag); err != nil {
			t.Fatal(err)
		}
		return out.String(), diag.String()
	}
	first, told := play(args("ratio,vote"))
	if !strings.Contains(told, "draw 1: 3 episodes, 2 learners") || !strings.Contains(told, "SKIPPED adbench/4_breastw") {
		t.Errorf("told %q", told)
	}
	again, told := play(args("ratio,vote"))
	if again != first || strings.Contains(told, "draw") {
		t.Errorf("results are not kept: told %q", told)
	}
	joined, told := play(args("ratio,vote,nearest-mean"))
	if !strings.Contains(told, "draw 0: 3 episodes, 1 learners") {
		t.Errorf("a later learner: told %q", told)
	}
	fresh, _ := play(args("ratio,vote,nearest-mean", "--work", t.TempDir()))
	a, b := figuresOf(t, joined), figuresOf(t, fresh)
	if !reflect.DeepEqual(a, b) || len(a) != 3*3*figures {
		t.Errorf("%d figures of learners judged apart differ from %d of those judged together", len(a), len(b))
	}
	for key, v := range a {
		if strings.HasSuffix(key, "auroc") && v < 0.8 {
			t.Errorf("%s: %v where outliers lie five deviations away", key, v)
		}
	}
	if _, told = play(args("ratio,vote", "--draws", "3")); strings.Contains(told, "draw 1:") || !strings.Contains(told, "draw 2:") {
		t.Errorf("one draw more: told %q", told)
	}
	if _, told = play(args("ratio", "--seed", "2")); !strings.Contains(told, "draw 0:") {
		t.Errorf("another seed: told %q", told)
	}
}

// figuresOf gives the figures of single sets in JSON lines.
func figuresOf(t *testing.T, text string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var l line
		err := d.Decode(&l)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range l.Figures {
			out[fmt.Sprint(l.Set, l.Learner, l.Shots, name)] = v
		}
	}
}

func TestChangedDataIsJudgedAnew(t *testing.T) {
	data, work := t.TempDir(), t.TempDir()
	file := filepath.Join(data, "adbench", "2_annthyroid.npz")
	npz(t, file)
	args := []string{"--data", data, "--work", work, "--only", "adbench/2_annthyroid", "--draws", "1", "--learners", "ratio"}
	var out, diag bytes.Buffer
	if err := run(t.Context(), args, &out, &diag); err != nil {
		t.Fatal(err)
	}
	o, err := parse(append(args, "--draws", "2"), &diag)
	if err != nil {
		t.Fatal(err)
	}
	judges, err := o.judges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.open(&sets[2], judges[0])
	if err != nil || len(b.Draws) != 1 {
		t.Fatalf("%d draws kept (%v)", len(b.Draws), err)
	}
	b.Data = "other"
	if err := b.save(); err != nil {
		t.Fatal(err)
	}
	diag.Reset()
	if err := run(t.Context(), append(args, "--draws", "2"), &out, &diag); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(diag.String(), "judged anew") || !strings.Contains(diag.String(), "draw 0:") {
		t.Errorf("told %q", diag.String())
	}
}

func TestRunRefuses(t *testing.T) {
	for _, row := range []struct{ name, says, args string }{
		{"no such set", `no data set "x"`, "--only x"},
		{"no such learner", `no learner "x"`, "--learners x"},
		{"a learner without parameters", "protonet has to be trained", "--learners protonet"},
		{"no learner", "no learners", "--learners ,"},
		{"two of a name", "two learners are called", "--learners knn,knn"},
		{"no data", "no set could be read", "--learners knn --only adbench/4_breastw --data /nowhere"},
		{"shots", "no number of examples", "--shots 1,x"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), strings.Fields(row.args), &out, &out)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestFingerprintTellsLearnersApart(t *testing.T) {
	of := map[string]string{}
	for _, l := range []meta.Learner{&meta.Ratio{}, &meta.Ratio{Neighbours: 3}, &meta.KNN{}, &meta.PlainVote{}, &meta.PlainVote{Seed: 1}, &meta.PlainVote{Known: true}, &meta.ProtoNet{}} {
		p := fingerprint(l)
		if p != fingerprint(l) {
			t.Errorf("%s has two fingerprints", l.Name())
		}
		if other, ok := of[p]; ok {
			t.Errorf("%s and %s have one fingerprint", l.Name(), other)
		}
		of[p] = l.Name()
	}
}

// Draws of a class are averaged first, then classes: a class of many draws weighs no more.
func TestBookMeans(t *testing.T) {
	c := func(class string, v float64) cell { return cell{Class: class, Shots: 5, Figure: [figures]float64{v}} }
	b := book{Parts: 2, Draws: []*draw{
		{Part: "a", Number: 0, Cells: []cell{c("x", 1), c("y", 0)}}, {Part: "a", Number: 1, Cells: []cell{c("x", 0)}},
		{Part: "b", Number: 0, Cells: []cell{c("x", 0.5)}}, {Part: "b", Number: 1}, {Part: "b", Number: 2, Cells: []cell{c("x", 100)}},
	}}
	mean, classes, ok := b.mean(2, 5)
	if !ok || classes != 3 || math.Abs(mean[ap]-(0.5+0+0.5)/3) > 1e-12 {
		t.Errorf("%v of %d", mean, classes)
	}
	if _, _, ok := b.mean(2, 1); ok {
		t.Error("a mean of nothing")
	}
	if !b.whole(2) || b.whole(3) {
		t.Error("two draws of two parts are there, and not three")
	}
}

func TestSummarise(t *testing.T) {
	var scores []score
	add := func(set string, vote, other float64) {
		scores = append(scores, score{set, "vote", 5, 1, [figures]float64{vote, vote, vote, vote}}, score{set, "other", 5, 1, [figures]float64{other, other, other, other}})
	}
	add("a", 0.5, 0.6)
	add("b", 0.5, 0.503)
	add("c", 0.9, 0.6)
	add("d", 0.7, 0.6)
	scores = append(scores, score{"e", "vote", 5, 1, [figures]float64{1}}, score{"a", "vote", 1, 1, [figures]float64{1}})
	all := summarise(scores, []string{"vote", "other"}, 5, "vote")
	if len(all) != 2 || all[1].sets != 4 {
		t.Fatalf("%+v", all)
	}
	if r := all[1].record[ap]; r.wins != 1 || r.ties != 1 || r.losses != 2 || r.worstSet != "c" || math.Abs(r.worst+0.3) > 1e-9 {
		t.Errorf("%+v", r)
	}
	if a := all[1].ahead[ap]; math.Abs(a.Mean-(0.1+0.003-0.3-0.1)/4) > 1e-9 || a.Low >= a.Mean || a.High <= a.Mean || a.Low < -0.3-1e-9 || a.High > 0.1+1e-9 {
		t.Errorf("%+v", a)
	}
	if all[0].record[ap].worstSet != "" {
		t.Error("vote is compared with itself")
	}
	if summarise(scores, []string{"vote", "other"}, 7, "vote") != nil {
		t.Error("a summary of nothing")
	}
}

// The bootstrap's interval of a mean is about that of the normal law: 1.96·s/√n.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	x := make([]float64, 100)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	if b := bootstrap(x); math.Abs((b.High-b.Low)/2-0.196) > 0.03 || b != bootstrap(x) {
		t.Errorf("%+v", b)
	}
	if b := bootstrap([]float64{0.4}); b != (interval{0.4, 0.4, 0.4}) {
		t.Errorf("one set: %+v", b)
	}
}

func TestPrintIsATable(t *testing.T) {
	o := options{shots: []int{1}, against: "vote"}
	scores := []score{{"a", "vote", 1, 2, [figures]float64{0.5, 0.6, 0.7, 0.8}}, {"a", "ratio", 1, 2, [figures]float64{0.25, 0.6, 0.7, 0.8}}}
	var out bytes.Buffer
	o.printMeans(&out, "All", scores, []string{"vote", "ratio"})
	o.printSets(&out, ap, scores, []string{"vote", "ratio"})
	for _, want := range []string{"| vote | 0.500 [0.500, 0.500] |", "-0.250 [-0.250, -0.250] |", "| 0/0/1 | a -0.250 |", "| a | 2 | 1 | 0.500 | 0.250 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	columns := -1
	for _, l := range strings.Split(out.String(), "\n") {
		if !strings.HasPrefix(l, "|") {
			columns = -1
			continue
		}
		if n := strings.Count(l, "|"); columns >= 0 && n != columns {
			t.Errorf("%d bars, not %d, in %q", n, columns, l)
		} else {
			columns = n
		}
	}
}

// The list keeps to the data discipline.
func TestSetsKeepTheDiscipline(t *testing.T) {
	want := []string{"nsl-kdd-full", "unsw-nb15-partition", "adbench/2_annthyroid", "adbench/4_breastw", "adbench/6_cardio", "adbench/8_celeba", "adbench/10_cover", "adbench/12_fault", "adbench/14_glass", "cicids2017-sample"}
	var got []string
	names := map[string]bool{}
	for _, s := range sets {
		if s.group == development {
			got = append(got, s.name)
		} else if s.group != test && s.group != furtherGroup {
			t.Errorf("%s is of group %q", s.name, s.group)
		}
		if names[s.name] || s.about == "" || s.load == nil {
			t.Errorf("%s stands twice, or has no text or loader", s.name)
		}
		names[s.name] = true
	}
	if !slices.Equal(got, want) {
		t.Errorf("development sets are %v", got)
	}
	for _, s := range sets {
		if s.kin != "" && (s.group != test || !slices.Contains(want, s.kin)) {
			t.Errorf("%s: kin %q", s.name, s.kin)
		}
	}
}

// Every set of the list can be read, with a class to hold out; a small one is judged.
func TestRealSets(t *testing.T) {
	data := os.Getenv("INKLING_DATA")
	if data == "" {
		data = "../../../shared/data"
	}
	if _, err := os.Stat(filepath.Join(data, "adbench")); err != nil {
		t.Skip("adbench is not there; set INKLING_DATA to the folder that holds it")
	}
	for i := range sets {
		s := &sets[i]
		if testing.Short() && !strings.HasPrefix(s.folder, "adbench") {
			continue
		}
		t.Run(strings.ReplaceAll(s.name, "/", "-"), func(t *testing.T) {
			parts, err := s.parts(t.Context(), data, "../../lab/conn")
			if errors.Is(err, os.ErrNotExist) {
				t.Skipf("not there: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			o := options{shots: []int{1, 5, 10}, query: 10000, seed: 1}
			for _, p := range parts {
				episodes, err := o.protocol(s, 0).Episodes(p.Data)
				if err != nil || len(episodes) == 0 {
					t.Errorf("%s: %d episodes (%v)", p.Name, len(episodes), err)
				}
			}
		})
	}
}
