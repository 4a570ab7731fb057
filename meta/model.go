package meta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// Trainers are the learners with parameters: those a model file may hold.
var Trainers = []Entry{
	{"maml", "steps of gradient descent from trained parameters (MAML, second order)", func(s uint64) Learner { return &MAML{Model: Model{Seed: s}} }},
	{"fomaml", "the same, trained by first-order gradients (FOMAML)", func(s uint64) Learner { return &MAML{Model: Model{Seed: s}, FirstOrder: true} }},
	{"anil", "steps of gradient descent in the last layer only (ANIL)", func(s uint64) Learner { return &MAML{Model: Model{Seed: s}, HeadOnly: true} }},
	{"meta-sgd", "a gradient step with a learned step size for every parameter (Meta-SGD)", func(s uint64) Learner { return &MetaSGD{Model: Model{Seed: s}} }},
	{"reptile", "steps of gradient descent from parameters near those of all tasks (Reptile)", func(s uint64) Learner { return &Reptile{Model: Model{Seed: s}} }},
	{"protonet", "distances in a trained embedding (prototypical network)", func(s uint64) Learner { return &ProtoNet{Model: Model{Seed: s}} }},
	{"baseline++", "cosines in an embedding trained to tell all known classes apart, no meta-learning (Baseline++)", func(s uint64) Learner { return &BaselinePP{Model: Model{Seed: s}} }},
	{"siamese", "distances in an embedding trained on pairs of rows (Siamese network)", func(s uint64) Learner { return &Siamese{Model: Model{Seed: s}} }},
	{"triplet", "distances in an embedding trained on triplets of rows", func(s uint64) Learner { return &Triplet{Model: Model{Seed: s}} }},
	{"matching", "attention over the support set in a trained embedding (matching network)", func(s uint64) Learner { return &Matching{Model: Model{Seed: s}} }},
	{"relation", "a trained network judges how rows and classes are related (relation network)", func(s uint64) Learner { return &Relation{Model: Model{Seed: s}} }},
	{"r2d2", "ridge regression in a trained embedding (R2-D2)", func(s uint64) Learner { return &R2D2{Model: Model{Seed: s}} }},
	{"matcher", "one network for every table, by what values look like among benign and beside taught ones", func(s uint64) Learner { return &Matcher{Model: Model{Seed: s}} }},
	{"meta-vote", "vote with a trained prototypical network as a further member", func(s uint64) Learner { return &MetaVote{ProtoNet{Model: Model{Seed: s}}} }},
}

// Model is what the trained learners have in common: a network and how to
// train it. Of a learner that Train or [Load] gave, all fields are filled in and
// the network has its parameters; one made otherwise has random ones.
type Model struct {
	// The network: an MLP, or with Filters a convolutional one.
	Hidden    []int   // MLP: units of the hidden layers; nil means 64 and 64
	NoNorm    bool    // MLP: leaves the layer norm out
	BatchNorm bool    `json:",omitempty"` // MLP: batch norm in place of layer norm
	Dropout   float32 `json:",omitempty"` // MLP: share of hidden units dropped in training
	Filters   []int   `json:",omitempty"` // of each block of an [nn.ConvNet]; four of 64 are "Conv-4"
	Image     Image   `json:",omitzero"`  // what a row is, with Filters
	Strided   bool    `json:",omitempty"` // ConvNet: stride 2 in place of max-pool
	Unpooled  int     `json:",omitempty"` // ConvNet: so many of the last blocks keep their sides
	Net       nn.Net  `json:"-"`          // a network of the caller's own in place of both; In and Out are its sides then

	In    int    // columns of a row; 0 means as many as the first task has
	Out   int    // columns of the output: classes, or sides of an embedding; 0 leaves it to the learner
	Seed  uint64 // of the random parameters
	Outer Outer

	// Transductive lets a scorer's batch norm go by the rows that are scored together, as
	// MAML's paper does: a row's scores then depend on those beside it. Without, it
	// goes by the support set's. Only learners that adapt by gradients know it.
	Transductive bool `json:",omitempty"`

	params []*tensor.Tensor
	built  nn.Net // of the fields above; nil until fit or rebuild
}

// Image says which picture, or with Height 1 which series, a row is: channels
// last, Height·Width·Channels columns.
type Image struct{ Height, Width, Channels int }

// modelled is a learner that has a Model.
type modelled interface {
	Trainer
	model() *Model
	// groups gives what the learner has parameters for, in their order: its
	// network first, then what else it learns.
	groups() []group
}

// group is some parameters whose names start with prefix.
type group struct {
	prefix string
	of     nn.Params
}

func (m *Model) model() *Model { return m }

func (m *Model) groups() []group { return []group{{"", m.net()}} }

func (m *Model) net() nn.Net {
	if m.built != nil {
		return m.built
	}
	return m.build()
}

func (m *Model) build() nn.Net {
	switch {
	case m.Net != nil:
		return m.Net
	case m.Filters != nil:
		return nn.ConvNet{Height: m.Image.Height, Width: m.Image.Width, Channels: m.Image.Channels, Filters: m.Filters, Strided: m.Strided, Unpooled: m.Unpooled, Out: max(m.Out, 0)}
	}
	return nn.MLP{In: m.In, Hidden: m.Hidden, Out: m.Out, LayerNorm: !m.NoNorm && !m.BatchNorm, BatchNorm: m.BatchNorm, Dropout: m.Dropout}
}

// AsConvolved, as a model's Out, takes what a convolutional network's last block gives for the output.
const AsConvolved = -1

// fit gives l, a copy, sizes and parameters for tasks like t; out is the
// learner's own choice for Out.
func fit(l modelled, t *Task, out int, seed uint64) error {
	_, in, err := ready(l, t)
	if err != nil {
		return err
	}
	m := l.model()
	if err := m.checkNetwork(); err != nil {
		return err
	}
	if m.Net != nil {
		m.In, m.Out = m.Net.Sides()
	}
	if m.Filters != nil && m.In == 0 {
		m.In = m.Image.Height * m.Image.Width * m.Image.Channels
	}
	if m.In != 0 && m.In != in {
		return fmt.Errorf("rows of %d columns, the model wants %d", in, m.In)
	}
	if m.Hidden == nil && m.Filters == nil {
		m.Hidden = []int{64, 64}
	}
	m.In, m.Out = in, cmp.Or(m.Out, out)
	m.built = m.build()
	if m.params == nil {
		for i, p := range l.groups() {
			m.params = append(m.params, p.of.Init(seed+uint64(i))...)
		}
	}
	return nil
}

// Params gives the parameters by name; it is empty before training. They are
// the learner's own and must not be changed.
func (m *Model) Params() map[string]*tensor.Tensor { return paramsOf(m, m.groups()) }

// paramsOf gives the parameters of a learner of those groups by name.
func paramsOf(m *Model, groups []group) map[string]*tensor.Tensor {
	byName := map[string]*tensor.Tensor{}
	if m.params != nil {
		nameInto(byName, "", groups, m.params)
	}
	return byName
}

func nameInto(byName map[string]*tensor.Tensor, prefix string, groups []group, params []*tensor.Tensor) {
	for _, p := range groups {
		names := p.of.Names()
		for i, name := range names {
			byName[prefix+p.prefix+name] = params[i]
		}
		params = params[len(names):]
	}
}

// named gives the parameters, in order, out of byName.
func named(byName map[string]*tensor.Tensor, prefix string, groups []group) (all []*tensor.Tensor, err error) {
	for _, p := range groups {
		var params []*tensor.Tensor
		for _, name := range p.of.Names() {
			params = append(params, byName[prefix+p.prefix+name])
		}
		if err := p.of.Check(params); err != nil {
			return nil, err
		}
		all = append(all, params...)
	}
	return all, nil
}

// Transductive gives a copy of l that judges rows as [Model.Transductive] says.
func Transductive(l Trainer) Trainer {
	c := reflect.New(reflect.TypeOf(l).Elem())
	c.Elem().Set(reflect.ValueOf(l).Elem())
	out := c.Interface().(modelled)
	out.model().Transductive = true
	return out
}

// HasStatistics tells whether a learner's network has batch norm, so that
// judging rows together or alone is not the same.
func HasStatistics(l Trainer) bool {
	m, ok := l.(modelled)
	if !ok {
		return false
	}
	net := m.model().net()
	return len(net.Names()) > net.Trained()
}

// Keys of a model file's texts; those of extra must not start with the prefix.
const (
	keyPrefix  = "inkling."
	learnerKey = keyPrefix + "learner"
	configKey  = keyPrefix + "config"
)

// Encode gives a model file's bytes: safetensors, with the learner's name and
// settings and what else the caller wants to keep among its texts.
func Encode(l Trainer, extra map[string]string) ([]byte, error) {
	config, err := json.Marshal(l.Config())
	if err != nil {
		return nil, fmt.Errorf("meta: %s: config: %w", l.Name(), err)
	}
	f := nn.File{Tensors: l.Params(), Metadata: map[string]string{learnerKey: l.Name(), configKey: string(config)}}
	if len(f.Tensors) == 0 {
		return nil, fmt.Errorf("meta: %s is not trained: there is nothing to save", l.Name())
	}
	for k, v := range extra {
		if strings.HasPrefix(k, keyPrefix) {
			return nil, fmt.Errorf("meta: key %q: the prefix %s is taken", k, keyPrefix)
		}
		f.Metadata[k] = v
	}
	return f.Encode()
}

// Decode reads a model file's bytes and gives its learner and what else it
// keeps. The bytes may be anybody's.
func Decode(b []byte) (Trainer, map[string]string, error) {
	f, err := nn.Decode(b)
	if err != nil {
		return nil, nil, err
	}
	l, err := rebuild(f)
	if err != nil {
		return nil, nil, fmt.Errorf("model file: %w", err)
	}
	extra := map[string]string{}
	for k, v := range f.Metadata {
		if !strings.HasPrefix(k, keyPrefix) {
			extra[k] = v
		}
	}
	return l, extra, nil
}

func rebuild(f nn.File) (Trainer, error) {
	name := f.Metadata[learnerKey]
	at := slices.IndexFunc(Trainers, func(e Entry) bool { return e.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("learner %q is not one of Trainers", name)
	}
	l := Trainers[at].New(0).(modelled)
	if err := json.Unmarshal([]byte(f.Metadata[configKey]), l); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		if !finite(f.Tensors[name]) {
			return nil, fmt.Errorf("array %q holds what is no number", name)
		}
	}
	m := l.model()
	if err := m.checkSizes(len(f.Tensors)); err != nil {
		return nil, err
	}
	err := checkSettings(l)
	if _, own := l.(*Matcher); err == nil && !own { // has a network of its own
		err = m.checkNetwork()
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	m.built = m.build()
	if l.Name() != name {
		return nil, fmt.Errorf("config: of %s in a file of %s", l.Name(), name)
	}
	m.params, err = named(f.Tensors, "", l.groups())
	return l, err
}

// checkSizes keeps a hostile config from asking for a network that its file,
// of that many arrays, cannot hold.
func (m *Model) checkSizes(arrays int) error {
	const side = 1 << 16
	sides := slices.Concat([]int{m.In, m.Out}, m.Hidden)
	if m.Filters != nil {
		sides = slices.Concat([]int{m.In, max(m.Out, 1), m.Image.Height, m.Image.Width, m.Image.Channels}, m.Filters)
	}
	if m.Hidden == nil && m.Filters == nil || len(m.Hidden)+len(m.Filters) > arrays {
		return fmt.Errorf("config: %d hidden layers, the file has %d arrays", len(m.Hidden)+len(m.Filters), arrays)
	}
	for _, n := range sides {
		if n < 1 || n > side {
			return fmt.Errorf("config: a layer of %d units", n)
		}
	}
	return nil
}

// Save writes a model file, all of it or nothing.
func Save(path string, l Trainer, extra map[string]string) error {
	b, err := Encode(l, extra)
	if err != nil {
		return err
	}
	return nn.WriteAtomic(path, b)
}

// Load reads a model file.
func Load(path string) (Trainer, map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	l, extra, err := Decode(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, extra, nil
}
