package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

func TestSet(t *testing.T) {
	for _, tt := range []struct {
		learner, network, set, says string // says "" is taken
	}{
		{"maml", "mlp", `{"Steps":1,"Rate":0.4,"Hidden":[256,128,64,64],"BatchNorm":true}`, ""},
		{"maml", "mlp", ` {"Outer":{"Rate":0.001,"Clip":-1}} `, ""},
		{"maml", "mlp", `{"Outer":null,"Hidden":[]}`, ""},
		{"maml", "conv4", `{"Filters":[32,32,32,32],"TestSteps":3}`, ""},
		{"protonet", "conv4", `{"Out":64,"Prototypes":false}`, ""},
		{"reptile", "mlp", `{"Dropout":0.2}`, ""},
		{"maml", "mlp", `{"Stepps":1}`, `maml has no setting "Stepps" (there are BatchNorm, `},
		{"maml", "mlp", `{"steps":1}`, `no setting "steps"`},
		{"maml", "mlp", `{"Outer":{"Speed":1}}`, `Outer has no setting "Speed" (there are Clip, `},
		{"protonet", "mlp", `{"Steps":1}`, `protonet has no setting "Steps"`},
		{"protonet", "mlp", `{"Net":{}}`, `no setting "Net"`},
		{"maml", "mlp", `{"Model":{}}`, `no setting "Model"`},
		{"maml", "mlp", `{"In":5}`, "In is not to be set (the data decide it)"},
		{"maml", "mlp", `{"Seed":5}`, "choose it with --seed"},
		{"maml", "mlp", `{"Out":5}`, "the classes of a task decide it"},
		{"maml", "conv4", `{"Strided":true}`, "choose it with --network"},
		{"maml", "conv4", `{"Hidden":[5]}`, "it is of an mlp"},
		{"maml", "mlp", `{"Filters":[5]}`, "it is of a convolutional network"},
		{"maml", "mlp", `{"Transductive":true}`, "judges both ways"},
		{"maml", "mlp", `{"FirstOrder":true}`, "that makes maml another learner, fomaml (choose it with --learner)"},
		{"maml", "mlp", `{"Steps":"one"}`, "Steps cannot be a string (it is of type int)"},
		{"maml", "mlp", `{"Outer":{"Rate":[1]}}`, "Outer.Rate cannot be a array"},
		{"maml", "mlp", `{"Outer":3}`, "not a JSON object"},
		{"maml", "mlp", `{"Rate":1e39}`, "Rate cannot be a number 1e39"},
		{"maml", "mlp", `{"Steps":1.5}`, "Steps cannot be a number 1.5"},
		{"maml", "mlp", `{"Steps":-1}`, "Steps -1 (give 1 or more"},
		{"maml", "mlp", `{"Rate":-1}`, "Rate -1 "},
		{"maml", "mlp", `{"Outer":{"MetaBatch":-1}}`, "MetaBatch -1"},
		{"maml", "mlp", `{"Dropout":1}`, "Dropout 1 (give a share below 1)"},
		{"maml", "mlp", `{"Hidden":[64,0]}`, "Hidden: a layer of 0"},
		{"maml", "mlp", `{"Hidden":[1000000]}`, "give 1 to 65536"},
		{"maml", "conv4", `{"Filters":[-2]}`, "Filters: a layer of -2"},
		{"maml", "conv4", `{"Filters":[]}`, "Filters: no block"},
		{"relation", "mlp", `{"Units":100000000000}`, "Units 100000000000 (give 65536 at most)"},
		{"maml", "mlp", `{"LearnRates":true,"Steps":100000000000}`, "Steps 100000000000 (give 65536 at most)"},
		{"matcher", "mlp", `{"Width":1000}`, "Width 1000 (give 100 at most)"},
		{"protonet", "mlp", `{"Out":-5}`, "Out -5"},
		{"maml", "mlp", `[]`, "not a JSON object"},
		{"maml", "mlp", `null`, "not a JSON object"},
		{"maml", "mlp", `Steps=1`, "not a JSON object"},
		{"maml", "mlp", `{"Steps":1`, "not JSON"},
		{"maml", "mlp", `{"Steps":1}{}`, "not JSON"},
	} {
		e, err := meta.Find(tt.learner)
		if err != nil {
			t.Fatal(err)
		}
		err = build(e.New(1).(meta.Trainer), tt.network, meta.Image{Height: 28, Width: 28, Channels: 1}, tt.set)
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s %s: %v", tt.learner, tt.set, err)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "--set: ") || !strings.HasSuffix(err.Error(), ")")):
			t.Errorf("%s %s: %v, not %q", tt.learner, tt.set, err, tt.says)
		}
	}
}

// Networks and settings reach the fields that they name, and nothing else.
func TestBuild(t *testing.T) {
	size := meta.Image{Height: 28, Width: 28, Channels: 1}
	for _, tt := range []struct {
		network, set string
		want         meta.MAML
	}{
		{"mlp", "", meta.MAML{}},
		{"mlp", `{"Steps":2,"Rate":0.5,"Outer":{"Rate":0.25}}`, meta.MAML{Steps: 2, Rate: .5, Model: meta.Model{Outer: meta.Outer{Rate: .25}}}},
		{"conv4", "", meta.MAML{Model: meta.Model{Filters: []int{64, 64, 64, 64}, Image: size}}},
		{"conv4-strided", `{"Filters":[32,16]}`, meta.MAML{Model: meta.Model{Filters: []int{32, 16}, Image: size, Strided: true}}},
	} {
		got := new(meta.MAML)
		if err := build(got, tt.network, size, tt.set); err != nil || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s %s: %+v, %v", tt.network, tt.set, *got, err)
		}
	}
	for _, name := range trainers() { // what the list holds, the networks fit
		e, err := meta.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range networkNames() {
			l := e.New(1).(meta.Trainer)
			if err := build(l, n, size, ""); err != nil || meta.HasStatistics(l) != (n != "mlp") {
				t.Errorf("%s with %s: batch norm %v, %v", name, n, meta.HasStatistics(l), err)
			}
		}
	}
}

func TestSetForRecords(t *testing.T) {
	s := newSite(t)
	out := filepath.Join(s.dir, "m.safetensors")
	set := `{"Hidden":[8],"Steps":2,"Rate":0.125,"Outer":{"Rate":0.5}}`
	must(t, "train", "--data", s.log, "--learner", "maml", "--set", set, "--iterations", "1", "--meta-batch", "1", "-o", out)
	l, about, err := meta.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	m := l.(*meta.MAML)
	if len(m.Hidden) != 1 || m.Hidden[0] != 8 || m.Steps != 2 || m.Rate != 0.125 || m.Outer.Rate != 0.5 || !strings.Contains(about[commandKey], "--learner maml --set '"+set+"' --iterations 1") {
		t.Errorf("the model has %+v and was made by %s", m, about[commandKey])
	}
	for set, says := range map[string]string{`{"Stepps":1}`: "there are", `{"Filters":[8]}`: "--network", `{"Rate":1e30,"Outer":{"Rate":1e30}}`: "training stopped"} {
		exec(t, "train", "--data", s.log, "--learner", "maml", "--set", set, "--iterations", "20", "--meta-batch", "1", "-o", filepath.Join(s.dir, "n")).fails(t, 2, says)
	}
}

// The command that a model keeps makes it again: all that it is made of, as a shell takes it.
func TestModelKeepsItsCommand(t *testing.T) {
	s := newSite(t)
	table := write(t, filepath.Join(s.dir, "my table.csv"), strings.ReplaceAll(strings.ReplaceAll(payments(), ",web\n", ",web,fraud one\n"), ",app\n", ",app,usual\n"))
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	write(t, table, strings.ReplaceAll(strings.ReplaceAll(string(text), ",channel\n", ",channel,my kind\n"), ",shop\n", ",shop,usual\n"))
	out := filepath.Join(s.dir, "m.safetensors")
	args := []string{"train", "--data", table, "--schema", "table", "--label", "my kind", "--benign", "usual", "--drop", "hour", "--learner", "protonet", "--iterations", "1"}
	must(t, append(args, "-o", out)...)
	_, about, err := meta.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(s.dir)
	words, err := osexec.Command("sh", "-c", "printf '%s\\n' "+about[commandKey]).Output()
	if err != nil {
		t.Fatal(err)
	}
	again := strings.Split(strings.TrimSpace(string(words)), "\n")
	must(t, append(again[1:], "-o", "again")...)
	_, same, err := meta.Load("again")
	if err != nil || same[contractKey] != about[contractKey] || same[commandKey] != about[commandKey] {
		t.Errorf("%q makes another model: %q, %v", about[commandKey], same[commandKey], err)
	}
}
