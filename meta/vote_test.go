package meta

import (
	"context"
	"math"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// The verdict is the mean of the opinions, with and without known attacks and with a further member.
func TestVoteIsTheMeanOfItsVoters(t *testing.T) {
	for name, c := range map[string]struct {
		l      *Vote
		known  bool
		voters int
	}{
		"alone":   {&Vote{Matcher: Shipped(1)}, false, 5},
		"known":   {&Vote{Matcher: Shipped(1)}, true, 4},
		"further": {&Vote{Matcher: Shipped(1), More: []Learner{&KNN{}}}, false, 6},
	} {
		task := wide(7, 300, 4, 9)
		if c.known {
			task.Known = wide(8, 30, 10, 9).Support
		}
		s, err := c.l.Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range Margin(s, task.Query.X)[140:160] {
			var sum float32
			opinions := s.(Voter).Opinions(task.Query.X.Row(140 + i))
			if len(opinions) != c.voters {
				t.Fatalf("%s: opinions %v", name, opinions)
			}
			for _, o := range opinions {
				sum += o.Surprise * o.Weight
			}
			if math.Abs(float64(sum-want)) > 1e-4 {
				t.Errorf("%s, row %d: the opinions' mean is %v, the margin %v", name, i, sum, want)
			}
		}
	}
}

// By hand: beside one example the ratio weighs 10/11, logistic regression a tenth and oddness a half, beside ten 1/2, 1 and
// 1/20, beside forty 1/5, 1 and 1/80; network and trees weigh 1 each.
func TestVotesWeighByHowMuchIsTaught(t *testing.T) {
	for k, want := range map[int]map[string]float64{
		1: {"ratio": 10. / 11, "logistic-regression": .1, "odd": .5}, 10: {"ratio": .5, "logistic-regression": 1, "odd": .05}, 40: {"ratio": .2, "logistic-regression": 1, "odd": .0125},
	} {
		want["network"], want["extra-trees"] = 1, 1
		total := 0.
		for _, w := range want {
			total += w
		}
		task := wide(17, 200, k, 5)
		s, err := (&Vote{Matcher: Shipped(1)}).Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.(Voter).Opinions(task.Query.X.Row(0)) {
			if math.Abs(float64(o.Weight)-want[o.Voter]/total) > 1e-5 {
				t.Errorf("%d examples: %s weighs %v, want %v", k, o.Voter, o.Weight, want[o.Voter]/total)
			}
		}
	}
}

// A voter says of how many benign rows its share is: of many the network was calibrated on the quarter that it was not taught with.
func TestOpinionsAreOfSoMany(t *testing.T) {
	for n, network := range map[int]int{1000: 250, 60: 60} {
		task := wide(19, n, 5, 6)
		s, err := (&Vote{Matcher: Shipped(1), More: []Learner{&KNN{}}}).Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range s.(Voter).Opinions(task.Query.X.Row(0)) {
			want := n
			if o.Voter == "network" {
				want = network
			}
			if o.Of != want {
				t.Errorf("%d benign rows: %s says it is of %d, want %d", n, o.Voter, o.Of, want)
			}
		}
	}
}

// However far out a row is, logistic regression says no more than of the oddest benign one.
func TestALineSaysNoMoreThanItKnows(t *testing.T) {
	task := wide(15, 300, 5, 6)
	s, err := (&Vote{Matcher: Shipped(1)}).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	var most float32
	row := make([]float32, 6)
	for _, far := range []float32{-1e4, 1e4} {
		for j := range row {
			row[j] = far * (task.Support.X.Row(300)[j] - task.Support.X.Row(0)[j])
		}
		for _, o := range s.(Voter).Opinions(row) {
			if o.Voter == "logistic-regression" {
				most = max(most, o.Surprise)
			}
		}
	}
	if most != softened {
		t.Errorf("at most %v nats, want %v", most, softened)
	}
}

// Each vote is a p-value: of fresh benign rows about a share p has one below p.
func TestVotesAreCalibrated(t *testing.T) {
	task := wide(9, 1000, 5, 8)
	r := wide(9, 5000, 1, 8) // the same world: benign rows come first
	fresh := tensor.From(r.Support.X.Data[1000*8:5000*8], 4000, 8)
	by := rowsOf(task)
	v, err := castVotes(context.Background(), by[0], by[1], wide(10, 40, 20, 8).Support, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	told := make([]float32, 4000*voteSides)
	v.tellTo(told, fresh, nil)
	for k, name := range voteNames {
		for _, p := range []float64{.2, .05, .01} {
			below := 0.0
			for i := range 4000 {
				if math.Exp(-float64(told[i*voteSides+k])) < p {
					below += 1. / 4000
				}
			}
			if below > 1.6*p+.004 || below < p/2.5-.004 {
				t.Errorf("%s: a share of %.4f of fresh benign rows has p below %v", name, below, p)
			}
		}
	}
}

// The bounds that are told: 2,000 columns, pools far beyond what is looked at, 200 examples, with known attacks and without.
func TestVoteTakesLargeTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	for _, c := range []struct{ m, k, d int }{{400, 3, 2000}, {100000, 200, 4}, {20, 1, 1}} {
		task := wide(11, c.m, c.k, c.d)
		for _, known := range []Set{wide(12, 30, 20, c.d).Support, {}} {
			task.Known = known
			s, err := (&Vote{Matcher: Shipped(1)}).Adapt(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range Margin(s, task.Query.X) {
				if v != v || math.IsInf(float64(v), 0) {
					t.Fatalf("%v, %d known: row %d scores %v", c, known.Len(), i, v)
				}
			}
		}
	}
}

// What is taught briefly says about what the whole would.
func TestBriefVoteSaysTheSame(t *testing.T) {
	task := wide(13, 400, 5, 10)
	l := &Vote{Matcher: Shipped(1), More: []Learner{&KNN{}}}
	whole, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	brief, err := l.Brief(whole).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	got, want, sum := Margin(brief, task.Query.X), Margin(whole, task.Query.X), 0.0
	for i := range want {
		off := math.Abs(float64(got[i] - want[i]))
		if sum += off; off > .2 { // a surprise goes in steps, among few benign rows that are as odd in large ones
			t.Errorf("row %d: %v briefly, else %v", i, got[i], want[i])
		}
	}
	if mean := sum / float64(len(want)); mean > .005 {
		t.Errorf("off by %v in the mean", mean)
	}
}

// Where the search for the weights starts makes no difference to where it ends.
func TestLogisticStartsAnywhere(t *testing.T) {
	task, part := wide(5, 300, 6, 9), wide(5, 200, 6, 9)
	var l Logistic
	whole, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	want, err := l.Adapt(context.Background(), part)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.startNear(whole).Adapt(context.Background(), part)
	if err != nil {
		t.Fatal(err)
	}
	a, b := Margin(got, task.Query.X), Margin(want, task.Query.X)
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-3 {
			t.Fatalf("row %d: %v from near, %v from 0", i, a[i], b[i])
		}
	}
}

func BenchmarkVoteAdapt(b *testing.B) {
	task, l := wide(1, 1000, 10, 50), &Vote{Matcher: Shipped(1)}
	for b.Loop() {
		if _, err := l.Adapt(context.Background(), task); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVoteScore(b *testing.B) {
	benchScore(b, &Vote{Matcher: Shipped(1)})
}
