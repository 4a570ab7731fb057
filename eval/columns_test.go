package eval

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// spy is the ratio that notes what the tasks it is given say of their columns.
type spy struct {
	*meta.Ratio
	mu   *sync.Mutex
	seen *[][]meta.Column
}

func newSpy() spy { return spy{Ratio: &meta.Ratio{}, mu: new(sync.Mutex), seen: new([][]meta.Column)} }

func (s spy) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	s.mu.Lock()
	*s.seen = append(*s.seen, t.Columns)
	s.mu.Unlock()
	if len(t.Columns) != t.Support.X.Shape[1] {
		return nil, fmt.Errorf("%d columns are told of %d", len(t.Columns), t.Support.X.Shape[1])
	}
	return s.Ratio.Adapt(ctx, t)
}

// a and b are numbers, kind is a category of one level and the others.
var tableColumns = []meta.Column{meta.Number, meta.Number, meta.Level, meta.Level}

func TestEveryProtocolTellsTheColumns(t *testing.T) {
	d := testData(t)
	for _, row := range []struct {
		name string
		play func(l meta.Learner) error
	}{
		{"new-attack", func(l meta.Learner) error {
			plan := Plan{Protocol: NewAttack{Benign: "ok", Shots: []int{1}, Draws: 1}, Trained: []meta.Learner{l}}
			episodes, err := plan.Protocol.Episodes(d)
			if err == nil {
				_, err = plan.Play(t.Context(), d, episodes)
			}
			return err
		}},
		{"n-way", func(l meta.Learner) error {
			_, err := NWay{Ways: 2, Shots: []int{1}, Draws: 2, Learners: []meta.Learner{l}}.Play(t.Context(), d)
			return err
		}},
		{"bound", func(l meta.Learner) error {
			big := d.Relabel(func(i int) string { return d.Label[i] })
			for range 3 {
				big.Label, big.Group, big.Number, big.records = slices.Concat(big.Label, big.Label), slices.Concat(big.Group, big.Group), slices.Concat(big.Number, big.Number), slices.Concat(big.records, big.records)
			}
			_, err := Bound{Benign: "ok", Attack: "attack1", Learner: l, Calibration: 100, Draws: 2}.Play(t.Context(), big)
			return err
		}},
	} {
		s := newSpy()
		if err := row.play(s); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if len(*s.seen) == 0 {
			t.Errorf("%s: the learner was not asked", row.name)
		}
		for _, c := range *s.seen {
			if !reflect.DeepEqual(c, tableColumns) {
				t.Errorf("%s: columns %v, want %v", row.name, c, tableColumns)
			}
		}
	}
}

func TestTrainingTasksTellTheColumns(t *testing.T) {
	src := tell(func(n uint64) *meta.Task { return &meta.Task{Ways: int(n)} }, tableColumns)
	if task := src(3); task.Ways != 3 || !slices.Equal(task.Columns, tableColumns) {
		t.Errorf("%+v", task)
	}
}

func TestARankAloneIsANumber(t *testing.T) {
	c := &feature.Contract{Name: "table", Features: []feature.Feature{{Name: "a", Missing: true}, {Name: "k", Kind: feature.Category, Levels: []string{"x"}}}}
	for _, row := range []struct {
		views []string
		want  []meta.Column
	}{
		{[]string{feature.ViewLog, feature.ViewRank}, []meta.Column{meta.Number, meta.View, meta.Level, meta.Level, meta.Level}},
		{nil, []meta.Column{meta.Number, meta.Level, meta.Level, meta.Level}},
		{[]string{feature.ViewRank}, []meta.Column{meta.Number, meta.Level, meta.Level, meta.Level}},
	} {
		s, err := feature.Fit(c, [][]float64{{1, 0}, {2, 0}}, feature.Scaling{Views: row.views})
		if err != nil {
			t.Fatal(err)
		}
		if got := detect.Columns(s); !slices.Equal(got, row.want) {
			t.Errorf("views %v: %v, want %v", row.views, got, row.want)
		}
	}
}

// grouped is the test data in ten files.
func grouped(t *testing.T) *Data {
	t.Helper()
	all := testData(t)
	var open []func() (inkling.Reader, error)
	for g := range 10 {
		var data [][]string
		for i := g; i < len(all.Label); i += 10 {
			r := all.records[i]
			data = append(data, []string{string(r.Text[0]), string(r.Text[1]), "x", all.Label[i]})
		}
		open = append(open, func() (inkling.Reader, error) { return &rows{data: data}, nil })
	}
	d, err := Load(t.Context(), "t", open, Options{Schema: "table", Label: "class"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestApartDividesNoGroup(t *testing.T) {
	d := grouped(t) // benign rows are in the even files, attack k in file 2k+1 alone
	d = d.Relabel(func(i int) string {
		if d.Label[i] == "attack4" || d.Label[i] == "attack3" {
			return "wide"
		}
		return d.Label[i]
	})
	p := NewAttack{Benign: "ok", Shots: []int{1, 5}, Draws: 2, Seed: 5, Apart: true}
	episodes, err := p.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range episodes {
		if e.Class != "wide" {
			t.Fatalf("%s stands in one file alone and is judged", e.Class)
		}
		learned := map[int]bool{}
		for _, r := range slices.Concat(e.Benign, e.Support, e.Known) {
			learned[d.Group[r]] = true
		}
		for _, r := range slices.Concat(e.QueryBenign, e.QueryAttack) {
			if learned[d.Group[r]] {
				t.Fatalf("file %d is learned from and judged", d.Group[r])
			}
		}
		if len(e.QueryAttack) < leastJudged || len(e.Benign) < leastPool {
			t.Errorf("%d attacks judged by %d benign rows", len(e.QueryAttack), len(e.Benign))
		}
	}
	if len(episodes) != 4 {
		t.Errorf("%d episodes, want 4", len(episodes))
	}
	again, err := p.Episodes(d)
	if err != nil || !reflect.DeepEqual(again, episodes) {
		t.Errorf("the same protocol gives other episodes (%v)", err)
	}
	left := p.LeftOut(d, episodes)
	if len(left) != 3 || left[0].Class != "attack0" || !strings.Contains(left[0].Why, "one group") {
		t.Errorf("left out: %v", left)
	}
	p.Classes = []string{"wide", "attack1"}
	if left = p.LeftOut(d, episodes); len(left) != 1 || left[0].Class != "attack1" {
		t.Errorf("of two named, left out: %v", left)
	}
}

// Who is left out for want of rows is told, at all numbers of examples or at some.
func TestLeftOut(t *testing.T) {
	d := testData(t)
	p := NewAttack{Benign: "ok", Shots: []int{1, len(d.Of("attack2"))}, Draws: 1, MinRows: 1}
	episodes, err := p.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	left := p.LeftOut(d, episodes)
	if len(left) != 5 || !strings.Contains(left[2].Why, "too few to draw") || left[2].Shots != p.Shots[1] {
		t.Errorf("%v", left)
	}
	if p.Shots = []int{1}; len(p.LeftOut(d, episodes)) != 0 {
		t.Errorf("left out: %v", p.LeftOut(d, episodes))
	}
}

func TestKeepKeepsNumbersAndRows(t *testing.T) {
	d := testData(t)
	k := d.Keep([]int{7, 3})
	if len(k.Label) != 2 || k.Label[0] != d.Label[7] || k.Number[1] != d.Number[3] {
		t.Fatalf("%v %v", k.Label, k.Number)
	}
	_, all, err := d.Features([]int{3, 7})
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := k.Features([]int{0, 1})
	if err != nil || !reflect.DeepEqual(two, [][]float64{all[7], all[3]}) {
		t.Errorf("%v, %v (%v)", two, all[3], err)
	}
}

// A group is one whatever blanks stand about its name, as a class is: else a patient could be on both sides.
func TestGroupsAreTrimmed(t *testing.T) {
	data := [][]string{{"1", "2", "p1", "ok"}, {"3", "4", "p1 ", "ok"}, {"5", "6", " p2", "ok"}}
	d, err := Load(t.Context(), "t", []func() (inkling.Reader, error){func() (inkling.Reader, error) { return &rows{data: data}, nil }}, Options{Schema: "table", Label: "class", Group: "kind"})
	if err != nil || !slices.Equal(d.Group, []int{0, 0, 1}) {
		t.Errorf("groups %v, %v", d.Group, err)
	}
}
