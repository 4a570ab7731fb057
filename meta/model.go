package meta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
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
	{"reptile", "steps of gradient descent from parameters near those of all tasks (Reptile)", func(s uint64) Learner { return &Reptile{Model: Model{Seed: s}} }},
	{"protonet", "distances in a trained embedding (prototypical network)", func(s uint64) Learner { return &ProtoNet{Model: Model{Seed: s}} }},
	{"meta-vote", "vote with a trained prototypical network as a further member", func(s uint64) Learner { return &MetaVote{ProtoNet{Model: Model{Seed: s}}} }},
}

// Model is what the trained learners have in common: a network and how to
// train it. Of a learner that Train or [Load] gave, all fields are filled in and
// the network has its parameters; one made otherwise has random ones.
type Model struct {
	Hidden []int  // units of the hidden layers; nil means 64 and 64
	NoNorm bool   // leaves the layer norm out
	In     int    // columns of a row; 0 means as many as the first task has
	Out    int    // columns of the output: classes, or sides of an embedding; 0 leaves it to the learner
	Seed   uint64 // of the random parameters
	Outer  Outer

	params []*tensor.Tensor
}

// modelled is a learner that has a Model.
type modelled interface {
	Trainer
	model() *Model
}

func (m *Model) model() *Model { return m }

func (m *Model) net() nn.MLP {
	return nn.MLP{In: m.In, Hidden: m.Hidden, Out: m.Out, LayerNorm: !m.NoNorm}
}

// sized gives m with sizes, out being the learner's own choice for Out, and
// with parameters for rows of in columns.
func (m Model) sized(in, out int, seed uint64) (Model, error) {
	if m.In != 0 && m.In != in {
		return m, fmt.Errorf("rows of %d columns, the model wants %d", in, m.In)
	}
	if m.Hidden == nil {
		m.Hidden = []int{64, 64}
	}
	m.In, m.Out = in, cmp.Or(m.Out, out)
	if m.params == nil {
		m.params = m.net().Init(seed)
	}
	return m, nil
}

// Params gives the parameters by name; it is empty before training. They are
// the learner's own and must not be changed.
func (m *Model) Params() map[string]*tensor.Tensor {
	byName := map[string]*tensor.Tensor{}
	if m.params != nil {
		nameInto(byName, "", m.net(), m.params)
	}
	return byName
}

func nameInto(byName map[string]*tensor.Tensor, prefix string, net nn.MLP, params []*tensor.Tensor) {
	for i, name := range net.Names() {
		byName[prefix+name] = params[i]
	}
}

// named gives the network's parameters, in order, out of byName.
func named(byName map[string]*tensor.Tensor, prefix string, net nn.MLP) ([]*tensor.Tensor, error) {
	var params []*tensor.Tensor
	for _, name := range net.Names() {
		params = append(params, byName[prefix+name])
	}
	return params, net.Check(params)
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
	m := l.model()
	if err := m.checkSizes(len(f.Tensors)); err != nil {
		return nil, err
	}
	if l.Name() != name {
		return nil, fmt.Errorf("config: of %s in a file of %s", l.Name(), name)
	}
	var err error
	m.params, err = named(f.Tensors, "", m.net())
	return l, err
}

// checkSizes keeps a hostile config from asking for a network that its file,
// of that many arrays, cannot hold.
func (m *Model) checkSizes(arrays int) error {
	const side = 1 << 16
	if m.Hidden == nil || len(m.Hidden) > arrays {
		return fmt.Errorf("config: %d hidden layers, the file has %d arrays", len(m.Hidden), arrays)
	}
	for _, n := range slices.Concat([]int{m.In, m.Out}, m.Hidden) {
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
