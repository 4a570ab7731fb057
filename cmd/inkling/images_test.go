package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
)

// characters writes a packed file of characters, each three strokes by eight
// unsteady hands, and gives its path. Of 40, 27 are to train on, 2 to validate, 11 to test.
func characters(t *testing.T, classes, side int) string {
	t.Helper()
	const hands = 8
	var pixels []byte
	var names []string
	for c := range classes {
		names = append(names, fmt.Sprintf("Drawn/character%02d", c))
		for h := range hands {
			strokes, hand := rand.New(rand.NewPCG(uint64(c), 1)), rand.New(rand.NewPCG(uint64(c), uint64(2+h)))
			m := make([]byte, side*side)
			for range 3 {
				x, y, dx, dy := strokes.Float64(), strokes.Float64(), strokes.Float64()-.5, strokes.Float64()-.5
				x, y = x+.18*hand.Float64(), y+.18*hand.Float64()
				for i := range 20 {
					px, py := int((x+dx*float64(i)/20)*float64(side)), int((y+dy*float64(i)/20)*float64(side))
					if px >= 0 && py >= 0 && px < side && py < side {
						m[py*side+px] = 255
					}
				}
			}
			pixels = append(pixels, m...)
		}
	}
	head, err := json.Marshal(map[string]any{"shape": []int{classes, hands, side, side}, "dtype": "uint8", "order": "class,drawer,row,col", "ink": 255, "names": names})
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(t.TempDir(), "drawn")
	write(t, base+".json", string(head))
	return write(t, base+".u8.gz", gzipped(t, string(pixels)))
}

// kinds are models to train, as small as can be.
var kinds = []struct {
	name  string
	both  bool // judged transductively too
	words []string
}{
	{"protonet", false, []string{"--learner", "protonet", "--network", "conv4-strided", "--iterations", "40", "--set", `{"Filters":[8,8,8,8],"Outer":{"Rate":0.01}}`}},
	{"maml", true, []string{"--learner", "maml", "--network", "conv4-strided", "--iterations", "2", "--set", `{"Filters":[8,8,8,8],"Steps":1,"TestSteps":1,"Rate":0.4}`}},
	{"mlp", true, []string{"--learner", "maml", "--network", "mlp", "--iterations", "3", "--set", `{"Steps":1,"Rate":0.4,"Hidden":[16,8],"BatchNorm":true}`}},
	{"layer-norm", false, []string{"--learner", "maml", "--network", "mlp", "--iterations", "1", "--set", `{"Steps":1,"TestSteps":1}`}},
}

// trainImages trains a kind on tasks of three classes and gives the model's file.
func trainImages(t *testing.T, data string, kind int, more ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), kinds[kind].name+".safetensors")
	words := slices.Concat([]string{"train", "--schema", "image", "--data", data, "--ways", "3", "--queries", "4", "--meta-batch", "2", "-o", out}, kinds[kind].words, more)
	m := objects(t, must(t, append(words, "--json")...))[0]
	has(t, "train", m, "model", "model_id", "learner", "images", "division", "network", "ways", "shots", "queries", "seconds", "validation")
	judged, _ := m["validation"].([]any)
	if want := map[bool]int{false: 1, true: 2}[kinds[kind].both]; len(judged) != want {
		t.Fatalf("%s is validated in %d ways, not %d", kinds[kind].name, len(judged), want)
	}
	has(t, "validation", judged[0].(map[string]any), "accuracy", "ci95", "judged", "tasks", "shots")
	return out
}

func TestImages(t *testing.T) {
	data := characters(t, 40, 14)
	var files, want []string
	for i, k := range kinds {
		file := trainImages(t, data, i)
		files = append(files, file)
		want = append(want, k.name+" inductive")
		if k.both {
			want = append(want, k.name+" transductive")
		}
		_, about, err := meta.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		command := fmt.Sprintf("inkling train --data drawn.u8.gz --schema image --images omniglot --ways 3 --shots 1 --queries 4 --network %s --learner %s --set '%s' --iterations %s --meta-batch 2 --seed 1", k.words[3], k.words[1], k.words[7], k.words[5])
		if got := fmt.Sprint(about[imagesKey], about[waysKey], about[shotsKey], about[queriesKey], about[seedKey], about[networkKey]); got != "omniglot31"+"41"+k.words[3] || about[commandKey] != command || !strings.Contains(about[protocolKey], "27 characters to train, 2 to validate, 11 to test") {
			t.Errorf("%s keeps %q", k.name, about)
		}
	}
	want = append(want, "nearest-mean inductive", "knn inductive")
	words := []string{"eval", "--schema", "image", "--data", data, "--ways", "3", "--queries", "4", "--shots", "1,2", "--tasks", "30", "--models", strings.Join(files, ","), "--learners", "nearest-mean,knn"}
	rows := objects(t, must(t, append(words, "--json")...))
	accuracy := map[string]float64{} // by name, manner and shots
	var got []string
	for i, r := range rows {
		has(t, "result", r, "protocol", "dataset", "division", "learner", "judged", "ways", "shots", "queries", "tasks", "seed", "accuracy", "ci95", "seconds")
		name, _ := r["model"].(string)
		if name == "" {
			name = r["learner"].(string)
		} else {
			has(t, "result of a model", r, "model_id", "trained_by")
		}
		name = strings.TrimSuffix(filepath.Base(name), ".safetensors") + " " + r["judged"].(string)
		if shots := float64(1 + i/len(want)); r["shots"] != shots || r["tasks"] != 30. || r["ways"] != 3. {
			t.Errorf("row %d: %v", i, r)
		}
		got = append(got, name)
		accuracy[fmt.Sprint(name, r["shots"])] = r["accuracy"].(float64)
	}
	if !slices.Equal(got, slices.Concat(want, want)) {
		t.Fatalf("judged %q, not twice %q", got, want)
	}
	if a := accuracy["protonet inductive1"]; a < .45 {
		t.Errorf("after training %g of three classes", a)
	}
	if accuracy["maml inductive1"] == accuracy["maml transductive1"] && accuracy["maml inductive2"] == accuracy["maml transductive2"] {
		t.Error("judged together and alone, images get the same classes")
	}

	// The same figures on one core, and by the library.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i, r := range objects(t, must(t, append(words, "--json")...)) {
		for _, k := range []string{"accuracy", "ci95"} {
			if fmt.Sprint(r[k]) != fmt.Sprint(rows[i][k]) {
				t.Errorf("%s on one core: %s %v, on several %v", got[i], k, r[k], rows[i][k])
			}
		}
	}
	splits, err := images.Omniglot(t.Context(), data, images.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := splits.Test.Source(images.Episodes{Ways: 3, Shots: 2, Queries: 4, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := (eval.Images{Tasks: tasks, Draws: 30}).Judge(t.Context(), &meta.NearestMean{}); err != nil || round5(e.Mean) != accuracy["nearest-mean inductive2"] {
		t.Errorf("nearest-mean has %g, the command says %g: %v", e.Mean, accuracy["nearest-mean inductive2"], err)
	}

	text := must(t, words...)
	for _, says := range []string{"27 characters to train", "30 tasks of 3 ways and 4 query images a class, drawn with seed 1 from 44 classes to test",
		"maml: maml, conv4-strided, trained on 3-way 1-shot tasks with seed 1\n  inkling train --data", "the 12 images that are judged together",
		"3-way 2-shot", fmt.Sprintf("%-28s %-14s %.2f %% ±", "mlp", "transductive", 100*accuracy["mlp transductive2"])} {
		if !strings.Contains(text, says) {
			t.Errorf("the text does not say %q:\n%s", says, text)
		}
	}
}

func TestTrainImagesSaysHowGood(t *testing.T) {
	data := characters(t, 40, 14)
	out := filepath.Join(t.TempDir(), "m.safetensors")
	words := []string{"train", "--schema", "image", "--data", data, "--learner", "maml", "--network", "mlp", "--set", `{"Hidden":[4],"BatchNorm":true,"Steps":1}`, "--iterations", "1", "--queries", "2", "-o", out}
	text := must(t, words...)
	for _, says := range []string{"Trained maml, mlp, on omniglot in ", "27 characters to train, 2 to validate", " on 100 tasks of unseen classes, inductive\n", " of unseen classes, transductive\n", "Next: inkling eval --schema image --data " + data} {
		if !strings.Contains(text, says) {
			t.Errorf("no %q in:\n%s", says, text)
		}
	}
	_, next, _ := strings.Cut(text, "Next: inkling ")
	must(t, append(strings.Fields(next), "--tasks", "2", "--queries", "2")...)

	// Two characters and their turns are eight classes.
	if text = must(t, append(words, "--ways", "9")...); !strings.Contains(text, "Validation   none: validation part: 9-way tasks of 8 classes") {
		t.Errorf("nine ways: %s", text)
	}
}

func TestTrainImagesStopped(t *testing.T) {
	data := characters(t, 20, 14)
	dir := t.TempDir()
	words := func(out string) []string {
		return []string{"train", "--schema", "image", "--data", data, "--learner", "maml", "--network", "mlp", "--set", `{"Hidden":[16]}`, "--ways", "3", "--queries", "4", "--iterations", "60", "--meta-batch", "2", "--checkpoint-every", "1", "-o", out}
	}
	whole, cut := filepath.Join(dir, "whole.safetensors"), filepath.Join(dir, "cut.safetensors")
	must(t, words(whole)...)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(cut + ".checkpoint"); err == nil {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	var stdout, stderr bytes.Buffer
	if status := run(ctx, words(cut), &stdout, &stderr); status != statusInterrupted || !strings.Contains(stderr.String(), cut+".checkpoint is kept") {
		t.Fatalf("stopped: status %d: %s", status, stderr.String())
	}
	if _, err := os.Stat(cut); err == nil {
		t.Error("half a model stands under the name of a whole one")
	}
	exec(t, append(words(cut), "--seed", "2")...).fails(t, 4, "cannot go on from this checkpoint")
	must(t, words(cut)...)
	want, _ := os.ReadFile(whole)
	if got, err := os.ReadFile(cut); err != nil || !bytes.Equal(got, want) {
		t.Errorf("stopped and resumed, training gives another model: %v", err)
	}
	if _, err := os.Stat(cut + ".checkpoint"); err == nil {
		t.Error("the checkpoint was left behind")
	}
}

// photographs writes a tiny miniImageNet, its classes each of a colour.
func photographs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for list, classes := range map[string][]int{"train": {0, 1, 2}, "val": {3, 4}, "test": {5, 6, 7}} {
		text := "filename,label\n"
		for _, c := range classes {
			for i := range 4 {
				m := image.NewRGBA(image.Rect(0, 0, 84, 84))
				for p := range 84 * 84 {
					m.Set(p%84, p/84, color.RGBA{uint8(30*c + 5*i), uint8(200 - 20*c), uint8(p + i), 255})
				}
				name := fmt.Sprintf("n%d%d", c, i)
				var b bytes.Buffer
				if err := png.Encode(&b, m); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, name+".png"), b.String())
				text += fmt.Sprintf("%s.jpg,n%d\n", name, c)
			}
		}
		write(t, filepath.Join(dir, list+".csv"), text)
	}
	return dir
}

// A model brings its scale along: the images it was trained on are not needed to judge it.
func TestMiniImageNet(t *testing.T) {
	data := photographs(t)
	out := filepath.Join(t.TempDir(), "mini.safetensors")
	must(t, "train", "--schema", "image", "--images", "miniimagenet", "--data", data, "--network", "mlp", "--set", `{"Hidden":[4],"Out":4}`, "--ways", "2", "--queries", "2", "--iterations", "2", "--meta-batch", "1", "-o", out)
	l, about, err := meta.Load(out)
	var scale images.Scale
	if err != nil || json.Unmarshal([]byte(about[scaleKey]), &scale) != nil || len(scale.Mean) != 3 {
		t.Fatalf("scale %q: %v", about[scaleKey], err)
	}
	words := []string{"eval", "--schema", "image", "--images", "miniimagenet", "--data", data, "--models", out, "--learners", "nearest-mean", "--ways", "2", "--shots", "1", "--queries", "2", "--tasks", "9", "--json"}
	before := objects(t, must(t, words...))
	for c := range 3 {
		for i := range 4 {
			os.Remove(filepath.Join(data, fmt.Sprintf("n%d%d.png", c, i)))
		}
	}
	for i, r := range objects(t, must(t, words...)) {
		if r["accuracy"] != before[i]["accuracy"] {
			t.Errorf("without the training images %v, with them %v", r, before[i])
		}
	}
	// Beside another model it is judged by its own scale all the same.
	other := filepath.Join(t.TempDir(), "other.safetensors")
	about[scaleKey] = `{"mean":[0.9,0,0.1],"deviation":[0.001,9,9]}`
	if err := meta.Save(other, l, about); err != nil {
		t.Fatal(err)
	}
	words[8] = other + "," + out
	if r := objects(t, must(t, words...)); r[1]["accuracy"] != before[0]["accuracy"] || r[0]["accuracy"] == r[1]["accuracy"] {
		t.Errorf("alone %v, beside a model of another scale %v", before[0], r)
	}
	set, err := images.MiniImageNet(t.Context(), data, images.Options{Parts: []string{images.Test}, Scale: &scale})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := set.Test.Source(images.Episodes{Ways: 2, Shots: 1, Queries: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := (eval.Images{Tasks: tasks, Draws: 9}).Judge(t.Context(), l); err != nil || round5(e.Mean) != before[0]["accuracy"] {
		t.Errorf("by the library %g, by the command %v: %v", e.Mean, before[0]["accuracy"], err)
	}
}

func TestImageMistakes(t *testing.T) {
	s := newSite(t)
	data, small := characters(t, 40, 14), characters(t, 40, 10)
	model := trainImages(t, data, 2)
	other := func(name string, change map[string]string) string {
		l, about, err := meta.Load(model)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(about, change)
		file := filepath.Join(s.dir, name+".safetensors")
		if err := meta.Save(file, l, about); err != nil {
			t.Fatal(err)
		}
		return file
	}
	flow := filepath.Join(s.dir, "flow.safetensors")
	must(t, "train", "--data", s.log, "--iterations", "1", "-o", flow)
	trainOn := func(words ...string) []string {
		return append([]string{"train", "--schema", "image", "--data", data, "--iterations", "1", "-o", filepath.Join(s.dir, "m")}, words...)
	}
	judge := func(words ...string) []string {
		return append([]string{"eval", "--schema", "image", "--data", data, "--tasks", "2", "--queries", "3", "--shots", "1"}, words...)
	}
	records := func(words ...string) []string { return append([]string{"train", "--data", s.log}, words...) }
	for _, tt := range []struct {
		status int
		args   []string
		says   []string
	}{
		// Flags of the one with the other.
		{2, trainOn("--label", "class"), []string{"--label with --schema image", "it is for --schema flow, ", " or table: leave it out"}},
		{2, trainOn("--hold-out", "x"), []string{"--hold-out", "leave it out"}},
		{2, judge("--known", s.log), []string{"--known with --schema image"}},
		{2, judge("--draws", "3"), []string{"--draws"}},
		{2, judge("--protocol", "n-way"), []string{"--protocol"}},
		{2, records("--ways", "5"), []string{"--ways with --schema flow", "for --schema image"}},
		{2, records("--images", "omniglot"), []string{"--images"}},
		{2, records("--schema", "table", "--shots", "5"), []string{"--shots with --schema table"}},
		{2, []string{"eval", "--data", s.log, "--tasks", "5"}, []string{"--tasks with --schema flow"}},
		{2, []string{"baseline", s.log, "--schema", "image"}, []string{`no schema "image"`, "choose flow, ", " or table"}},
		// Networks.
		{2, records("--network", "conv4"), []string{"--network conv4 with --schema flow", "records have an mlp"}},
		{2, records("--schema", "table", "--network", "conv4-strided"), []string{"--schema table"}},
		{2, trainOn("--network", "resnet"), []string{`no network "resnet"`, "mlp, conv4 or conv4-strided"}},
		// Data.
		{2, []string{"train", "--schema", "image"}, []string{"no data", "--data"}},
		{3, []string{"train", "--schema", "image", "--data", filepath.Join(s.dir, "none")}, []string{"none", "correct the path"}},
		{2, []string{"train", "--schema", "image", "--data", s.log}, []string{"conn.log", "not a form of Omniglot"}},
		{2, []string{"train", "--schema", "image", "--data", data + "," + data}, []string{"2 paths of images", "the one folder or file"}},
		{2, trainOn("--images", "mnist"), []string{`no image benchmark "mnist"`, "omniglot, miniimagenet"}},
		{3, trainOn("--lists", s.dir), []string{"train.txt"}},
		// Sizes of tasks.
		{2, trainOn("--ways", "1"), []string{"--ways 1", "give 2 or more"}},
		{2, trainOn("--shots", "0"), []string{"--shots 0"}},
		{2, trainOn("--queries", "-1"), []string{"--queries -1"}},
		{2, trainOn("--ways", "200"), []string{"train part: 200-way tasks of 108 classes", "fewer ways"}},
		{2, trainOn("--shots", "5", "--queries", "4"), []string{"train part: class Drawn/", "8 images, but 5 to learn from and 4 to judge"}},
		{2, judge("--ways", "45"), []string{"test part: 45-way tasks of 44 classes"}},
		{2, judge("--tasks", "0"), []string{"--tasks 0"}},
		{2, judge("--shots", "1,0"), []string{"--shots 0"}},
		{2, judge("--shots", "6"), []string{"test part: class Drawn/"}},
		// Learners and models.
		{2, trainOn("--learner", "knn"), []string{"knn has nothing to train"}},
		{2, judge("--learners", "protonet"), []string{"protonet is not trained here", "inkling train --schema image --learner protonet"}},
		{2, judge("--learners", "guess"), []string{`no learner "guess"`}},
		{3, judge("--models", filepath.Join(s.dir, "none.safetensors")), []string{"cannot read the model", "none.safetensors"}},
		{2, judge("--models", s.log), []string{"the file is damaged"}},
		{4, judge("--models", flow), []string{"flow.safetensors", "it judges records, not images"}},
		{4, judge("--models", model), []string{"mlp.safetensors: it tells 3 classes apart, a task has 5", "give --ways 3"}},
		{4, []string{"eval", "--schema", "image", "--data", small, "--ways", "3", "--models", model}, []string{"it takes rows of 196 numbers, an image of 10 × 10 × 1 has 100"}},
		{4, []string{"eval", "--schema", "image", "--data", small, "--models", trainImages(t, data, 0)}, []string{"it takes images of 14 × 14 × 1, these are 10 × 10 × 1"}},
		{4, []string{"eval", "--schema", "image", "--data", characters(t, 41, 14), "--ways", "3", "--models", model}, []string{"another division of the classes", "it may know those to test"}},
		{4, judge("--ways", "3", "--models", other("elsewhere", map[string]string{imagesKey: "cifar"})), []string{"trained on cifar, not on omniglot", "--images cifar"}},
		{2, judge("--ways", "3", "--models", other("half-scale", map[string]string{scaleKey: "{"})), []string{"half-scale", "damaged"}},
		{4, judge("--ways", "3", "--models", other("wide-scale", map[string]string{scaleKey: `{"mean":[0,0],"deviation":[1,1]}`})), []string{"its scale is not of 1 channels"}},
		{4, []string{"eval", "--data", s.log, "--models", model}, []string{"mlp.safetensors: it judges images of omniglot, not records"}},
	} {
		r := exec(t, tt.args...)
		r.fails(t, tt.status, tt.says...)
		if r.stdout != "" {
			t.Errorf("%v writes to standard output: %q", tt.args, r.stdout)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "m*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// A model that a program saved without a word is judged as it is.
	l, _, err := meta.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	silent := filepath.Join(s.dir, "silent.safetensors")
	if err := meta.Save(silent, l, nil); err != nil {
		t.Fatal(err)
	}
	if out := must(t, judge("--ways", "3", "--models", silent)...); !strings.Contains(out, "silent: maml; its file does not say") || !strings.Contains(out, "transductive") {
		t.Errorf("a model without texts: %s", out)
	}
}

func TestImageCompletion(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{[]string{"train", "--network", ""}, "mlp\nconv4\nconv4-strided\n"},
		{[]string{"train", "--images", ""}, "omniglot\nminiimagenet\n"},
		{[]string{"eval", "--schema", ""}, strings.Join(schemas, "\n") + "\n"},
		{[]string{"eval", "--protocol", ""}, "new-attack\nn-way\nbound\n"},
		{[]string{"train", "--learner", ""}, strings.Join(trainers(), "\n") + "\n"},
	} {
		if r := exec(t, append([]string{"__complete"}, tt.words...)...); r.status != 0 || r.stdout != tt.want+":4\n" {
			t.Errorf("%v is completed to %q", tt.words, r.stdout)
		}
	}
}
