package meta

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// A checkpoint is a model file with the optimizer's state beside the parameters.
const (
	stateKey     = keyPrefix + "checkpoint"
	firstMoment  = "adam.m."
	secondMoment = "adam.v."
)

// state is what a checkpoint says besides arrays.
type state struct {
	Done  int    // outer steps
	Start string // a hash of the first task and of the parameters before the first step
}

// resume goes on from the run's checkpoint, if there is one. It gives the mark
// of the run's start, by which later checkpoints know it.
func (l *loop) resume() (mark string, err error) {
	if l.run.Checkpoint == "" {
		return "", nil
	}
	mark = startMark(l.src(0), l.params)
	f, err := nn.ReadFile(l.run.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return mark, nil
	}
	if err == nil {
		err = l.restore(f, mark)
	}
	if err != nil {
		return "", fmt.Errorf("checkpoint %s: %w", l.run.Checkpoint, err)
	}
	return mark, nil
}

func (l *loop) restore(f nn.File, mark string) error {
	config, err := json.Marshal(l.learner.Config())
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal([]byte(f.Metadata[stateKey]), &s); err != nil {
		return fmt.Errorf("not a checkpoint: %w", err)
	}
	if name := f.Metadata[learnerKey]; name != l.learner.Name() {
		return fmt.Errorf("of the learner %q", name)
	}
	if was := f.Metadata[configKey]; was != string(config) {
		return fmt.Errorf("of other settings: %s, now %s", was, config)
	}
	if of := l.learner.model().Outer.Iterations; s.Done < 1 || s.Done > of {
		return fmt.Errorf("after %d outer steps of %d", s.Done, of)
	}
	if s.Start != mark {
		return errors.New("of other tasks or another start")
	}
	for prefix, to := range map[string]*[]*tensor.Tensor{firstMoment: &l.adam.M, secondMoment: &l.adam.V} {
		if *to, err = named(f.Tensors, prefix, l.learner.groups()); err != nil {
			return err
		}
	}
	params, err := named(f.Tensors, "", l.learner.groups())
	if err != nil {
		return err
	}
	for i, p := range params {
		copy(l.params[i].Data, p.Data)
	}
	l.done, l.adam.Steps = s.Done, s.Done
	return nil
}

// save writes the run's checkpoint, if it wants one.
func (l *loop) save(mark string) error {
	if l.run.Checkpoint == "" || l.done == 0 {
		return nil
	}
	config, err := json.Marshal(l.learner.Config())
	if err != nil {
		return err
	}
	st, err := json.Marshal(state{l.done, mark})
	if err != nil {
		return err
	}
	f := nn.File{Tensors: map[string]*tensor.Tensor{}, Metadata: map[string]string{
		learnerKey: l.learner.Name(), configKey: string(config), stateKey: string(st)}}
	groups := l.learner.groups()
	nameInto(f.Tensors, "", groups, l.params)
	nameInto(f.Tensors, firstMoment, groups, l.adam.M)
	nameInto(f.Tensors, secondMoment, groups, l.adam.V)
	if err := f.WriteFile(l.run.Checkpoint); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// startMark hashes the first task and the first parameters.
func startMark(t *Task, params []*tensor.Tensor) string {
	h := sha256.New()
	var buf []byte
	for _, x := range append([]*tensor.Tensor{t.Support.X, t.Query.X}, params...) {
		buf = buf[:0]
		for _, v := range x.Data {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		h.Write(buf)
	}
	for _, y := range [][]int{t.Support.Y, t.Query.Y} {
		for _, c := range y {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(c)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
