package meta_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// ints gives the whole numbers among the settings of a learner, by name.
func ints(v reflect.Value, into map[string]reflect.Value) map[string]reflect.Value {
	for i := range v.NumField() {
		switch f := v.Type().Field(i); {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Struct:
			ints(v.Field(i), into)
		case f.Type.Kind() == reflect.Int:
			into[f.Name] = v.Field(i)
		}
	}
	return into
}

// Whatever setting of whatever learner is below 0: it is refused.
func TestSettingsBelowZero(t *testing.T) {
	task := metatest.Detection(7, 60, 2, 1, 5)
	for _, e := range meta.Learners {
		for name := range ints(reflect.ValueOf(e.New(1)).Elem(), map[string]reflect.Value{}) {
			l := e.New(1)
			ints(reflect.ValueOf(l).Elem(), map[string]reflect.Value{})[name].SetInt(-2)
			refused := func(err error) bool { // by the name of the setting, or what it counts
				return err != nil && strings.HasPrefix(err.Error(), e.Name+": ") && strings.Contains(err.Error(), "-2")
			}
			if _, err := l.Adapt(context.Background(), task); !refused(err) {
				t.Errorf("%s, %s -2: Adapt gives %v", e.Name, name, err)
			}
			if tr, ok := l.(meta.Trainer); ok {
				if _, err := tr.Train(context.Background(), func(uint64) *meta.Task { return task }, meta.Run{Iterations: 1, MetaBatch: 1}); !refused(err) {
					t.Errorf("%s, %s -2: Train gives %v", e.Name, name, err)
				}
			}
		}
	}
}

func TestSenselessSettings(t *testing.T) {
	task := metatest.Detection(7, 60, 2, 1, 5)
	for says, l := range map[string]meta.Learner{
		"protonet: Hidden has a 0 in it":                           &meta.ProtoNet{Model: meta.Model{Hidden: []int{0}}},
		"matcher: Hidden has a 0 in it":                            &meta.Matcher{Model: meta.Model{Hidden: []int{64, 48, 0, 32, 48}}},
		"maml: setting Out is -1 without Filters":                  &meta.MAML{Model: meta.Model{Out: meta.AsConvolved}},
		"reptile: setting Filters goes with an Image of 0 x 0 x 0": &meta.Reptile{Model: meta.Model{Filters: []int{4, 4}}},
		"relation: setting Filters has no block":                   &meta.Relation{Model: meta.Model{Filters: []int{}}},
		"r2d2: an Image of 2 x 3 x 1 in rows of 5":                 &meta.R2D2{Model: meta.Model{Filters: []int{4}, Image: meta.Image{Height: 2, Width: 3, Channels: 1}, In: 5}},
		"triplet: rows of 5 columns, the model wants 6":            &meta.Triplet{Model: meta.Model{Filters: []int{4}, Image: meta.Image{Height: 2, Width: 3, Channels: 1}}},
		"meta-sgd: Rate is -0.5":                                   &meta.MetaSGD{Rate: -.5},
		"logistic-regression: C is NaN":                            &meta.Logistic{C: math.NaN()},
		"matcher: Width is 2000":                                   &meta.Matcher{Width: 2000},
		"vote: no Matcher":                                         &meta.Vote{},
		"lda: Least is 1.5":                                        &meta.LDA{Least: 1.5},
		"siamese: Dropout is 1":                                    &meta.Siamese{Model: meta.Model{Dropout: 1}},
		"meta-vote: Hidden has a -3 in it":                         &meta.MetaVote{ProtoNet: meta.ProtoNet{Model: meta.Model{Hidden: []int{8, -3}}}},
		"meta-vote: protonet: rows of 5 columns":                   &meta.MetaVote{ProtoNet: meta.ProtoNet{Model: meta.Model{In: 7}}},
		"meta-sgd: rows of 5 columns":                              &meta.MetaSGD{Model: meta.Model{In: 7}},
	} {
		if _, err := l.Adapt(context.Background(), task); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	for name, run := range map[string]meta.Run{"Iterations": {Iterations: -1}, "MetaBatch": {MetaBatch: -1}, "Workers": {Workers: -1}, "CheckpointEvery": {CheckpointEvery: -1}} {
		for _, l := range []meta.Trainer{&meta.ProtoNet{}, &meta.MetaVote{}, &meta.Matcher{}} {
			want := l.Name() + ": " + name + " is -1"
			if _, err := l.Train(context.Background(), func(uint64) *meta.Task { return task }, run); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

// With more neighbours than rows all rows are neighbours.
func TestManyNeighbours(t *testing.T) {
	task := metatest.Detection(3, 300, 5, 20, 5)
	for of, l := range map[string][2]meta.Learner{
		"knn":   {&meta.KNN{Neighbours: math.MaxInt}, &meta.KNN{Neighbours: 305}},
		"ratio": {&meta.Ratio{Neighbours: math.MaxInt}, &meta.Ratio{Neighbours: 300}},
	} {
		if got, want := margins(t, l[0], task), margins(t, l[1], task); !slices.Equal(got, want) {
			t.Errorf("%s: margins differ", of)
		}
	}
}

func TestTasksOfNothing(t *testing.T) {
	rows := tensor.New(10, 3)
	for says, f := range map[string]func(){
		"NWay of nothing":                        func() { meta.NWay(nil, meta.Episodes{}) },
		"NWay: Ways is -1":                       func() { meta.NWay([]*tensor.Tensor{rows}, meta.Episodes{Ways: -1}) },
		"NWay: Shots is empty":                   func() { meta.NWay([]*tensor.Tensor{rows}, meta.Episodes{Shots: []int{}}) },
		"NWay: Shots has a 0 in it":              func() { meta.NWay([]*tensor.Tensor{rows}, meta.Episodes{Shots: []int{0}}) },
		"BenignAgainstOne of nothing":            func() { meta.BenignAgainstOne(nil, meta.Episodes{}) },
		"BenignAgainstOne: site 0 has no attack": func() { meta.BenignAgainstOne([]meta.Site{{Benign: rows}}, meta.Episodes{}) },
		"BenignAgainstOne: SupportBenign is -5":  func() { meta.BenignAgainstOne([]meta.Site{{}}, meta.Episodes{SupportBenign: -5}) },
	} {
		t.Run(says, func(t *testing.T) {
			defer func() {
				if what, _ := recover().(string); !strings.Contains(what, "meta: "+says) {
					t.Errorf("panics with %q", what)
				}
			}()
			f()
		})
	}
}

// A missing value in what is taught never makes scores that are NaN for every row: it is named, or the rows beside it are enough.
func TestMissingInSupport(t *testing.T) {
	refuse := []string{"nearest-mean", "logistic-regression", "lda", "maml", "fomaml", "anil", "meta-sgd", "reptile", "baseline++", "matching", "r2d2"}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		for _, e := range meta.Learners {
			for _, row := range []int{3, 301, -1} {
				task := metatest.Detection(7, 300, 5, 50, 5)
				if row < 0 {
					task.Known.X.Row(1)[2] = bad
				} else {
					task.Support.X.Row(row)[2] = bad
				}
				s, err := e.New(1).Adapt(context.Background(), task)
				if row >= 0 && slices.Contains(refuse, e.Name) {
					if err == nil || !strings.HasPrefix(err.Error(), e.Name+": support set: row ") {
						t.Errorf("%s: %v", e.Name, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", e.Name, err)
					continue
				}
				if m := meta.Margin(s, task.Query.X); slices.ContainsFunc(m, func(v float32) bool { return v != v }) {
					t.Errorf("%s, row %d: scores that are NaN", e.Name, row)
				}
			}
			many := metatest.FiveWays(7, 5, 3, 5)
			many.Support.X.Row(7)[1] = bad
			s, err := e.New(1).Adapt(context.Background(), many)
			if err != nil {
				continue
			}
			for _, v := range judged(s, many.Query.X) {
				if v != v {
					t.Errorf("%s, five ways: scores that are NaN", e.Name)
					break
				}
			}
		}
	}
}

func judged(s meta.Scorer, x *tensor.Tensor) []float32 {
	out := make([]float32, x.Rows()*s.Ways())
	s.Score(out, x)
	return out
}

// A model file whose settings make no network, or whose weights are no numbers, is refused when it is read, not when it judges.
func TestModelOfOtherImages(t *testing.T) {
	image := meta.Image{Height: 4, Width: 3, Channels: 1}
	task := metatest.Detection(7, 60, 2, 5, 12)
	l, err := (&meta.ProtoNet{Model: meta.Model{Filters: []int{4}, Image: image}}).Train(context.Background(), func(uint64) *meta.Task { return task }, meta.Run{Iterations: 1, MetaBatch: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := meta.Encode(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := meta.Decode(b); err != nil {
		t.Fatal(err)
	}
	f, err := nn.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	f.Tensors["conv0.weight"].Data[3] = float32(math.NaN()) // judges with scores that never alert
	other, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := meta.Decode(other); err == nil || !strings.Contains(err.Error(), `array "conv0.weight" holds what is no number`) {
		t.Errorf("a weight of NaN: %v", err)
	}
	for from, to := range map[string]string{`"In":12`: `"In":13`, `"Width":3`: `"Width":5`, `"Iterations":1`: `"Iterations":-1`} {
		f, err := nn.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range f.Metadata {
			f.Metadata[k] = strings.ReplaceAll(v, from, to)
		}
		other, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := meta.Decode(other); err == nil || !strings.Contains(err.Error(), "config: ") {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// A set whose numbers are fewer than its shape says is refused, not read beyond its end.
func TestFewerNumbersThanTheShape(t *testing.T) {
	for of, spoil := range map[string]func(*meta.Task){
		"support set": func(k *meta.Task) { k.Support.X.Data = k.Support.X.Data[:7] },
		"known rows":  func(k *meta.Task) { k.Known.X.Data = k.Known.X.Data[:7] },
	} {
		task := metatest.Detection(7, 60, 2, 1, 5)
		spoil(task)
		for _, e := range meta.Learners {
			if _, err := e.New(1).Adapt(context.Background(), task); err == nil || !strings.HasPrefix(err.Error(), e.Name+": "+of) {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
	}
}

// Numbers of known classes may have gaps, as where they stand for something.
func TestKnownClassesOfAnyNumbers(t *testing.T) {
	near := metatest.Detection(7, 60, 2, 20, 5)
	far := *near
	far.Known.Y = nil
	for _, c := range near.Known.Y {
		far.Known.Y = append(far.Known.Y, c<<40+7)
	}
	for _, e := range meta.Learners {
		if got, want := margins(t, e.New(1), &far), margins(t, e.New(1), near); !slices.Equal(got, want) {
			t.Errorf("%s: margins differ", e.Name)
		}
	}
	far.Known.X = nil
	if _, err := (&meta.Forest{Known: true}).Adapt(context.Background(), &far); err == nil {
		t.Error("known classes without rows are no error")
	}
}
