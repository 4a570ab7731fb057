package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
)

// networks are what a model can be made of. Each is some settings of meta.Model;
// adding one is a line here.
var networks = []struct{ name, about, settings string }{
	{"mlp", "fully connected layers; --set says how many (Hidden) and with what norm", `{}`},
	{"conv4", "four blocks of 3×3 convolution, batch norm, ReLU and 2×2 max-pool, 64 filters each", `{"Filters":[64,64,64,64]}`},
	{"conv4-strided", "the same with stride 2 in place of max-pool, as MAML has it for Omniglot", `{"Filters":[64,64,64,64],"Strided":true}`},
}

func networkNames() (names []string) {
	for _, n := range networks {
		names = append(names, n.name)
	}
	return names
}

// build gives l the network of that name, for images of that size where it is a
// convolutional one, and the settings of text, a JSON object or "".
func build(l meta.Trainer, network string, image meta.Image, text string) error {
	at := slices.Index(networkNames(), network)
	if at < 0 {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no network %q", network), Remedy: "choose " + either(networkNames()) + " with --network"}
	}
	if err := json.Unmarshal([]byte(networks[at].settings), l); err != nil {
		return err
	}
	convolved := convolves(networks[at].settings)
	if convolved {
		size, err := json.Marshal(struct{ Image meta.Image }{image})
		if err != nil {
			return err
		}
		if err := json.Unmarshal(size, l); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	name := l.Name()
	if err := set(l, text, elsewhere(l, convolved)); err != nil {
		return err
	}
	if now := l.Name(); now != name {
		return badSet("that makes "+name+" another learner, "+now, "choose it with --learner", nil)
	}
	return nil
}

func convolves(settings string) bool { return strings.Contains(settings, "Filters") }

// elsewhere gives the settings that are not to be had by --set, each with what to do instead.
func elsewhere(l meta.Trainer, convolved bool) map[string]string {
	out := map[string]string{
		"In": "the data decide it", "Image": "the data decide it", "Seed": "choose it with --seed",
		"Strided": "choose it with --network", "Transductive": "inkling eval judges both ways",
	}
	if byGradients(l) {
		out["Out"] = "the classes of a task decide it"
	}
	of, not := "a convolutional network", []string{"Filters"}
	if convolved {
		of, not = "an mlp", []string{"Hidden", "NoNorm", "BatchNorm", "Dropout"}
	}
	for _, name := range not {
		out[name] = "it is of " + of + ": choose the network with --network"
	}
	return out
}

// byGradients tells whether l adapts by steps of gradient descent: its network
// then has an output for each class, and judges transductively if it is to.
func byGradients(l meta.Learner) bool {
	_, ok := l.(meta.Trainer)
	return ok && slices.Contains(names(settings(reflect.TypeOf(l).Elem())), "TestSteps")
}

// set merges a JSON object into the exported fields of l.
func set(l meta.Trainer, text string, not map[string]string) error {
	t := reflect.TypeOf(l).Elem()
	if err := known(t, l.Name(), []byte(text), not); err != nil {
		return err
	}
	err := json.Unmarshal([]byte(text), l)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return badSet(wrong.Field+" cannot be a "+wrong.Value, fmt.Sprintf("it is of type %s", wrong.Type), nil)
	case err != nil:
		return badSet("not JSON", `write it as '{"Steps":1,"Rate":0.4}'`, err)
	}
	return sane("", reflect.ValueOf(l).Elem())
}

// known refuses keys that no field has, or only by other means.
func known(t reflect.Type, of string, text []byte, not map[string]string) error {
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("{")) {
		return badSet("not a JSON object", `write it as '{"Steps":1,"Rate":0.4}'`, nil)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return badSet("not JSON", `write it as '{"Steps":1,"Rate":0.4}'`, err)
	}
	fields := settings(t)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		at := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == k })
		switch {
		case at < 0:
			return badSet(fmt.Sprintf("%s has no setting %q", of, k), "there are "+listed(fields, not), nil)
		case not[k] != "":
			return badSet(k+" is not to be set", not[k], nil)
		case fields[at].Type.Kind() == reflect.Struct && !bytes.Equal(keys[k], []byte("null")):
			if err := known(fields[at].Type, k, keys[k], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// settings gives the fields that JSON reaches, those of embedded structs among them, by name.
func settings(t reflect.Type) (out []reflect.StructField) {
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous && f.Tag.Get("json") != "-" {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b reflect.StructField) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func names(fields []reflect.StructField) (out []string) {
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}

func listed(fields []reflect.StructField, not map[string]string) string {
	var out []string
	for _, f := range fields {
		switch {
		case not[f.Name] != "":
		case f.Type.Kind() == reflect.Struct:
			out = append(out, f.Name+" {"+strings.Join(names(settings(f.Type)), ", ")+"}")
		default:
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, ", ")
}

const (
	maxUnits   = 1 << 16 // of a layer; a model file may have no more
	maxWeights = 1 << 27 // between two layers: training has them several times in memory
)

// maxWidth is how many times as wide as usual a matcher may be.
const maxWidth = 100

// sized are the whole numbers that memory is taken for.
var sized = []string{"Units", "Classes", "MetaBatch", "Steps", "InnerBatch", "TestBatch", "Columns"}

// sane refuses numbers that no learner can have.
func sane(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range settings(v.Type()) {
			if err := sane(f.Name, v.FieldByIndex(f.Index)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if name == "Filters" && !v.IsNil() && v.Len() == 0 {
			return badSet("Filters: no block", "give the filters of each block, as [64,64,64,64]", nil)
		}
		for i := range v.Len() {
			if i > 0 && name == "Hidden" && v.Index(i-1).Int() > maxWeights/max(1, v.Index(i).Int()) {
				return badSet(fmt.Sprintf("%s: layers of %d and %d", name, v.Index(i-1).Int(), v.Index(i).Int()), fmt.Sprintf("give two with %s weights or fewer", count(maxWeights)), nil)
			}
			if n, ok := v.Index(i).Interface().(int); ok && (n < 1 || n > maxUnits) {
				return badSet(fmt.Sprintf("%s: a layer of %d", name, n), fmt.Sprintf("give 1 to %d", maxUnits), nil)
			}
		}
	case reflect.Int:
		if n := v.Int(); n < 0 && name != "Out" || name == "Out" && (n < meta.AsConvolved || n > maxUnits) {
			return badSet(fmt.Sprintf("%s %d", name, n), "give 1 or more; 0 is the default", nil)
		} else if n > maxUnits && slices.Contains(sized, name) {
			return badSet(fmt.Sprintf("%s %d", name, n), fmt.Sprintf("give %d at most", maxUnits), nil)
		}
	case reflect.Float32, reflect.Float64:
		switch x := v.Float(); {
		case x < 0 && name != "Clip": // Clip below 0 means none
			return badSet(fmt.Sprintf("%s %g", name, x), "give a number above 0; 0 is the default", nil)
		case x >= 1 && name == "Dropout":
			return badSet(fmt.Sprintf("Dropout %g", x), "give a share below 1", nil)
		case x > maxWidth && name == "Width":
			return badSet(fmt.Sprintf("Width %g", x), fmt.Sprintf("give %d at most", maxWidth), nil)
		}
	}
	return nil
}

func badSet(what, remedy string, err error) error {
	return &inkling.Error{Code: inkling.Invalid, Place: "--set", What: what, Remedy: remedy, Err: err}
}

// either joins names to "a, b or c".
func either(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
