package meta

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// compared are the learners that compare rows in an embedding, in sizes for tests.
func compared(hidden ...int) map[string]Trainer {
	m := func() Model { return Model{Hidden: hidden, Seed: 5, Outer: Outer{MetaBatch: 4, Rate: 0.01}} }
	return map[string]Trainer{
		"siamese":              &Siamese{Model: m()},
		"siamese, nearest":     &Siamese{Model: m(), Nearest: true, Prototypes: true},
		"triplet":              &Triplet{Model: m()},
		"triplet, hinge":       &Triplet{Model: m(), BatchHard: true, Unit: true, Margin: 0.5},
		"triplet, soft":        &Triplet{Model: m(), BatchHard: true},
		"matching":             &Matching{Model: m()},
		"matching, squared":    &Matching{Model: m(), Squared: true, Fixed: true},
		"matching, context":    &Matching{Model: func() Model { m := m(); m.Out = 12; return m }(), FullContext: true, Steps: 3},
		"relation":             &Relation{Model: m()},
		"relation, entropy":    &Relation{Model: m(), CrossEntropy: true, Module: true},
		"r2d2":                 &R2D2{Model: m()},
		"relation, batch norm": &Relation{Model: func() Model { m := m(); m.BatchNorm = true; return m }()},
	}
}

// convolved are the same with convolutions; a row is a picture of 8 by 1 pixels, or of 4 by 2.
func convolved(im Image) map[string]Trainer {
	m := func() Model {
		return Model{Filters: []int{6, 6}, Image: im, Seed: 5, Outer: Outer{MetaBatch: 4, Rate: 0.01}}
	}
	return map[string]Trainer{
		"siamese": &Siamese{Model: m()}, "triplet": &Triplet{Model: m()}, "matching": &Matching{Model: m()},
		"matching, context": &Matching{Model: m(), FullContext: true}, "relation": &Relation{Model: m()}, "r2d2": &R2D2{Model: m()},
	}
}

func TestComparersLearn(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts []int
		least  float64
	}{
		{"2-way, one row", []int{1, 1}, 0.75},
		{"2-way, 60 rows against 2", []int{60, 2}, 0.75},
		{"4-way, 3 rows", []int{3, 3, 3, 3}, 0.7},
	} {
		for name, l := range compared(32, 32) {
			t.Run(name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				src := toy(9, c.counts...)
				before := hits(t, l, src, 60)
				after := hits(t, train(t, l, src, Run{Iterations: 200}), src, 60)
				t.Logf("%.3f untrained, %.3f trained", before, after)
				if after < c.least || after < before {
					t.Errorf("%.3f of new rows right, %.3f untrained; want %.2f", after, before, c.least)
				}
			})
		}
	}
}

func TestConvolvedComparersLearn(t *testing.T) {
	for _, im := range []Image{{Height: 1, Width: 8, Channels: 1}, {Height: 4, Width: 2, Channels: 1}} {
		for name, l := range convolved(im) {
			src := toy(9, 3, 3, 3)
			before := hits(t, l, src, 40)
			trained := train(t, l, src, Run{Iterations: 150})
			after := hits(t, trained, src, 40)
			t.Logf("%s %v: %.3f untrained, %.3f trained", name, im, before, after)
			if after < 0.5 || after < before-0.02 {
				t.Errorf("%s: %.3f of new rows right, %.3f untrained", name, after, before)
			}
			again, _, err := Decode(bytesOf(t, trained))
			if err != nil {
				t.Fatal(err)
			}
			if task := src(7); !reflect.DeepEqual(scores(t, trained, task), scores(t, again, task)) {
				t.Errorf("%s comes back with other scores", name)
			}
		}
	}
}

// Bytes depend on the seed and not on cores, stops or saving.
func TestComparersRepeat(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	all := compared(8)
	for name, l := range convolved(Image{Height: 1, Width: 8, Channels: 1}) {
		all["convolved "+name] = l
	}
	for name, l := range all {
		src := toy(1, 55, 2)
		runtime.GOMAXPROCS(1)
		want := bytesOf(t, train(t, l, src, Run{Iterations: 6}))
		runtime.GOMAXPROCS(4)
		if got := bytesOf(t, train(t, l, src, Run{Iterations: 6})); !bytes.Equal(got, want) {
			t.Errorf("%s: more cores give other bytes", name)
		}
		run := Run{Iterations: 6, Checkpoint: filepath.Join(t.TempDir(), "c")}
		ctx, cancel := context.WithCancel(context.Background())
		run.Report = func(p Progress) {
			if p.Iteration == 3 {
				cancel()
			}
		}
		if _, err := l.Train(ctx, src, run); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v, want an end by ctx", name, err)
		}
		run.Report = nil
		got := train(t, l, src, run)
		if !bytes.Equal(bytesOf(t, got), want) {
			t.Errorf("%s: stopped and gone on gives other bytes", name)
		}
		again, _, err := Decode(want)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := scores(t, got, src(7)), scores(t, again, src(7)); !reflect.DeepEqual(a, b) {
			t.Errorf("%s comes back with other scores", name)
		}
		if again.Name() != l.Name() || reflect.TypeOf(again) != reflect.TypeOf(l) {
			t.Errorf("%s comes back as %T", name, again)
		}
		if _, err := again.Adapt(context.Background(), toy(2, 2, 2, 2)(0)); err != nil {
			t.Errorf("%s: more ways than trained for: %v", name, err)
		}
	}
}

func TestComparersAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools allocate")
	}
	task := toy(3, 60, 5)(1)
	all := compared(32, 32)
	for name, l := range convolved(Image{Height: 4, Width: 2, Channels: 1}) {
		all["convolved "+name] = l
	}
	for name, l := range all {
		params, run := episodeOf(t, l, task)
		var tape grad.Tape
		step := func() {
			tape.Reset()
			if _, err := run(context.Background(), leaves(&tape, params), task); err != nil {
				t.Fatal(err)
			}
		}
		step()
		if n := testing.AllocsPerRun(5, step); n != 0 {
			t.Errorf("%s: %v allocations an episode, want none", name, n)
		}
	}
}

func episodeOf(t *testing.T, l Trainer, task *Task) ([]*tensor.Tensor, episode) {
	t.Helper()
	switch l := l.(type) {
	case *Siamese:
		c, err := l.sized(task, 1)
		return c.params, must(t, c.episode, err)
	case *Triplet:
		c, err := l.sized(task, 1)
		return c.params, must(t, c.episode, err)
	case *Matching:
		c, err := l.sized(task, 1)
		return c.params, must(t, c.episode, err)
	case *Relation:
		c, err := l.sized(task, 1)
		return c.params, must(t, c.episode, err)
	case *R2D2:
		c, err := l.sized(task, 1)
		return c.params, must(t, c.episode, err)
	}
	t.Fatalf("no episode of %T", l)
	return nil, nil
}

func must(t *testing.T, e episode, err error) episode {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Every learner's gradient is held to differences of its loss, along the
// gradient of each array; but for semi-hard triplets, which step from one row to another.
func TestComparersGradient(t *testing.T) {
	const step = 1. / 2048
	for name, l := range compared(7, 6) {
		if name == "triplet" {
			continue
		}
		task := toy(3, 6, 4)(1)
		params, run := episodeOf(t, l, task)
		var tape grad.Tape
		loss := func() outcome {
			tape.Reset()
			o, err := run(context.Background(), leaves(&tape, params), task)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		var grads []*tensor.Tensor
		for _, g := range loss().grads {
			grads = append(grads, g.Value().Clone())
		}
		all := nn.Norm(grads)
		for i, g := range grads {
			norm := nn.Norm(grads[i : i+1])
			if norm < 0.02*all {
				continue // too small beside the others to be told from rounding
			}
			p, start := params[i], params[i].Clone()
			at := func(k float64) float64 {
				tensor.AddScaledTo(p, start, g, float32(k*step/norm))
				return loss().loss
			}
			got := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * step)
			copy(p.Data, start.Data)
			if math.Abs(got-norm) > 0.01*all {
				t.Errorf("%s: parameter %d: %v, differences give %v", name, i, norm, got)
			}
		}
	}
}

// line gives a task of rows of one column.
func line(ways int, support, query []float32, ys, yq []int) *Task {
	return &Task{Ways: ways, Support: Set{tensor.From(support, len(ys), 1), ys}, Query: Set{tensor.From(query, len(yq), 1), yq}}
}

// identity is a linear network of one side that changes nothing.
func identity(more ...float32) Model {
	m := Model{Hidden: []int{}, In: 1, Out: 1, params: []*tensor.Tensor{tensor.From([]float32{1}, 1, 1), tensor.New(1)}}
	for _, v := range more {
		m.params = append(m.params, tensor.From([]float32{v}, 1))
	}
	return m
}

func lossOf(t *testing.T, l Trainer, task *Task) outcome {
	t.Helper()
	params, run := episodeOf(t, l, task)
	o, err := run(context.Background(), leaves(new(grad.Tape), params), task)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func nearly(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Rows 0 and 0.3 of class 0, 1 and 0.6 of class 1, embedded as they are.
var four = line(2, []float32{0, 1}, []float32{0.3, 0.6}, []int{0, 1}, []int{0, 1})

// Pairs alike: 0.3² in class 0 and 0.4² in class 1, half of all weight: (0.09 + 0.16)/2/2. Pairs that
// differ are 1, 0.6, 0.7 and 0.3 apart: with margin 0.8 they are 0, 0.2, 0.1
// and 0.5 short, and (0.04 + 0.01 + 0.25)/4/2.
func TestSiameseByHand(t *testing.T) {
	o := lossOf(t, &Siamese{Model: identity(), Margin: 0.8}, four)
	nearly(t, "the loss", o.loss, 0.0625+0.0375)
	nearly(t, "the accuracy", o.accuracy, 1)
	// All distances grow with the weight w: L(w) = w²·0.0625 + Σ (0.8 − w·d)²/8 over those short,
	// whose derivative at 1 is 0.125 − (0.2·0.6 + 0.1·0.7 + 0.5·0.3)/4.
	nearly(t, "the gradient", float64(o.grads[0].Scalar()), 0.125-0.085)
}

// The farthest of each class and the nearest of the other: 0: 0.3 and 0.6; 0.3: 0.3 and
// 0.3; 1: 0.4 and 0.7; 0.6: 0.4 and 0.3.
func TestTripletByHand(t *testing.T) {
	soft := func(x float64) float64 { return math.Log(1 + math.Exp(x)) }
	o := lossOf(t, &Triplet{Model: identity(), BatchHard: true}, four)
	nearly(t, "the soft loss", o.loss, (soft(-0.3)+soft(0)+soft(-0.3)+soft(0.1))/4)
	o = lossOf(t, &Triplet{Model: identity(), BatchHard: true, Margin: 0.2}, four)
	nearly(t, "the hinge loss", o.loss, (0+0.2+0+0.3)/4)
}

// On the unit sphere rows at angles 0 and 40° of class 0, 60° and 10° of class 1. The squared distance at
// an angle a is 2 − 2·cos a. Of 0: its pair is 40 off, the nearest that is
// farther 60. Of 40: pair 40, others 20 and 30, none is farther, so the farthest: 30. Of 60: pair 50, others 60
// and 20: 60. Of 10: pair 50, others 10 and 30: 30.
func TestSemiHardByHand(t *testing.T) {
	angle := func(degrees ...float64) (x []float32) {
		for _, d := range degrees {
			x = append(x, float32(2*math.Cos(d*math.Pi/180)), float32(2*math.Sin(d*math.Pi/180)))
		}
		return x
	}
	task := &Task{Ways: 2, Support: Set{tensor.From(angle(0, 60), 2, 2), []int{0, 1}}, Query: Set{tensor.From(angle(40, 10), 2, 2), []int{0, 1}}}
	l := &Triplet{Model: Model{Hidden: []int{}, In: 2, Out: 2, params: []*tensor.Tensor{tensor.From([]float32{1, 0, 0, 1}, 2, 2), tensor.New(2)}}}
	d := func(degrees float64) float64 { return 2 - 2*math.Cos(degrees*math.Pi/180) }
	want := 0.0
	for _, pair := range [][2]float64{{40, 60}, {40, 30}, {50, 60}, {50, 30}} {
		want += max(0, d(pair[0])-d(pair[1])+0.2) / 4
	}
	nearly(t, "the loss", lossOf(t, l, task).loss, want)
}

// Of a class of 50 rows and more a row is pulled to its nearest only.
func TestLargeClassesAreNoCloud(t *testing.T) {
	var x []float32
	var y []int
	for i := range 25 { // two heaps of pairs, far apart
		x, y = append(x, float32(i), 1000+float32(i)), append(y, 0, 0)
	}
	task := line(2, append(x, 500), []float32{0.25, 501}, append(y, 1), []int{0, 1})
	tape := new(grad.Tape)
	r := together(nn.MLP{In: 1, Out: 1}, leaves(tape, identity().params), task)
	d2 := r.squaredDistances()
	alike, apart := tensor.New(r.len(), r.len()), tensor.New(r.len(), r.len())
	r.pairsTo(alike, apart, d2)
	nearly(t, "the weight of pairs alike", tensor.Sum(alike), 0.5)
	nearly(t, "the weight of pairs apart", tensor.Sum(apart), 0.5)
	for i := range r.len() {
		for j, w := range alike.Row(i) {
			if w > 0 && r.class(i) == 0 && d2.Row(i)[j] > 1 {
				t.Fatalf("rows %d and %d are pulled together", i, j)
			}
		}
	}
	m := mining{rows: r, d2: d2.Data, count: r.counts()}
	got := m.triplets()
	nearly(t, "the weight of triplets", tensor.Sum(got.weight.Value()), 1)
	for i, a := range got.anchor.Value().Data {
		if p := got.positive.Value().Data[i]; r.class(int(a)) == 0 && d2.Row(int(a))[int(p)] > 1 {
			t.Fatalf("anchor %v goes by row %v", a, p)
		}
	}
}

// Rows at 0° and 90° are the support set; the query row at 60° has the cosines
// 1/2 and √3/2 with them.
func TestMatchingByHand(t *testing.T) {
	unit := func() Model {
		return Model{Hidden: []int{}, In: 2, Out: 2, params: []*tensor.Tensor{tensor.From([]float32{1, 0, 0, 1}, 2, 2), tensor.New(2), tensor.From([]float32{float32(math.Log(3))}, 1)}}
	}
	task := &Task{Ways: 2, Support: Set{tensor.From([]float32{2, 0, 0, 3}, 2, 2), []int{0, 1}},
		Query: Set{tensor.From([]float32{0.5, float32(math.Sqrt(0.75))}, 1, 2), []int{1}}}
	a, b := math.Exp(3*0.5), math.Exp(3*math.Sqrt(0.75))
	l := &Matching{Model: unit()}
	nearly(t, "the loss by cosines", lossOf(t, l, task).loss, -math.Log(b/(a+b)))
	s := scores(t, l, task)
	nearly(t, "the difference of scores", float64(s[1]-s[0]), math.Log(b/a))
	l = &Matching{Model: unit(), Squared: true} // 2.25 + 0.75 = 3·… off: (2 − 1/2)² + 3/4 and 1/4 + (3 − √3/2)²
	a, b = math.Exp(-3*(2.25+0.75)), math.Exp(-3*(0.25+math.Pow(3-math.Sqrt(0.75), 2)))
	nearly(t, "the loss by squared distances", lossOf(t, l, task).loss, -math.Log(b/(a+b)))
	// A class's rows weigh 1 over their number: a second row of class 0 at 0° changes nothing.
	task.Support = Set{tensor.From([]float32{2, 0, 0, 3, 2, 0}, 3, 2), []int{0, 1, 0}}
	nearly(t, "the loss with a row twice", lossOf(t, l, task).loss, -math.Log(b/(a+b)))
}

// With Σ r the sigmoids of two rows' relations, by eq. 2.
func TestRelationLossByHand(t *testing.T) {
	var tape grad.Tape
	r := tape.Leaf(tensor.From([]float32{0.9, 0.2, 0.4, 0.7}, 2, 2))
	loss := squaredError(r, targets(&tape, []int{0, 1}, 2))
	nearly(t, "the loss", float64(loss.Scalar()), (0.01+0.04+0.16+0.09)/2)
	// Three rows, two of class 0: classes weigh the same.
	r = tape.Leaf(tensor.From([]float32{0.9, 0.2, 0.5, 0.5, 0.4, 0.7}, 3, 2))
	loss = squaredError(r, targets(&tape, []int{0, 0, 1}, 2))
	nearly(t, "the loss of three", float64(loss.Scalar()), (0.05+0.5)/4+0.25/2)
}

// The module sees the mean of a class's rows, of a large class that of the five nearest.
func TestRelationPairs(t *testing.T) {
	x, y := []float32{7, 9}, []int{1, 1}
	for i := range 60 {
		x, y = append(x, float32(10*i)), append(y, 0)
	}
	task := line(2, x, []float32{203}, y, []int{0})
	l, err := (&Relation{Model: identity(), Units: 3}).sizedFor(task)
	if err != nil {
		t.Fatal(err)
	}
	var tape grad.Tape
	got := l.pairs(tape.Leaf(task.Query.X), tape.Leaf(task.Support.X), task).Value()
	for i, want := range []float32{200, 203, 8, 203} { // 180, 190, 200, 210 and 220 are nearest
		if math.Abs(float64(got.Data[i]-want)) > 1e-4 {
			t.Fatalf("pairs %v, want classes 200 and 8 beside 203", got.Data)
		}
	}
	got = l.pairs(tape.Leaf(four.Query.X), tape.Leaf(tensor.From([]float32{1, 5, 3}, 3, 1)), &Task{Ways: 2, Support: Set{Y: []int{0, 1, 0}}}).Value()
	if want := []float32{2, 0.3, 5, 0.3, 2, 0.6, 5, 0.6}; !slices.Equal(got.Data, want) {
		t.Fatalf("pairs %v, want %v", got.Data, want)
	}
}

func (l *Relation) sizedFor(t *Task) (*Relation, error) {
	l.params = nil
	return l.sized(t, 1)
}

// One row of 2 for class 0, one of −1 for class 1, λ = 1: XᵀX + λ = 6, XᵀY = (2, −1), so
// W = (1/3, −1/6); a row of 3 has with scale 2 the logits 2 and −1.
func TestR2D2ByHand(t *testing.T) {
	task := line(2, []float32{2, -1}, []float32{3}, []int{0, 1}, []int{0})
	l := &R2D2{Model: identity(0, float32(math.Log(2)))}
	nearly(t, "the loss", lossOf(t, l, task).loss, math.Log(1+math.Exp(-3)))
	s := scores(t, l, task)
	nearly(t, "class 0", float64(s[0]), 2)
	nearly(t, "class 1", float64(s[1]), -1)
	// A row twice weighs half: nothing changes but that λ counts 3 rows where there were 2.
	task.Support = Set{tensor.From([]float32{2, -1, 2}, 3, 1), []int{0, 1, 0}}
	l = &R2D2{Model: identity(float32(math.Log(1.5)), float32(math.Log(2)))}
	nearly(t, "class 0 with a row twice", float64(scores(t, l, task)[0]), 2)
}

// The two closed forms are one: with as many sides as rows, and with one side more that is always 0.
func TestR2D2Woodbury(t *testing.T) {
	var tape grad.Tape
	task := toy(1, 4, 4)(0)
	l := &R2D2{at: []int{0, 0, 1}}
	number := func(v float32) *grad.Node { return tape.Leaf(tensor.From([]float32{v}, 1)) }
	x := tape.Leaf(task.Support.X) // 8 rows of 8 sides: by rows
	side := float32(math.Sqrt(7. / 8))
	narrow := grad.Columns(x, 0, 7) // 8 rows of 7: by sides
	wide := grad.Beside(narrow, tape.Zeros(8, 1))
	a := l.fit([]*grad.Node{number(0), number(0)}, narrow, task).Value()
	// Divided by √8 in place of √7: rows, and λ with them.
	b := l.fit([]*grad.Node{number(2 * float32(math.Log(float64(side)))), number(0)}, wide, task).Value()
	for i, v := range a.Data {
		if math.Abs(float64(v-b.Data[i])) > 1e-4 {
			t.Fatalf("weights %v by sides, %v by rows", a.Data, b.Data)
		}
	}
}
