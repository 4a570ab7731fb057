package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
	"github.com/inkling-sec/inkling/store"
)

// Keys of what a model file says beside its parameters.
const (
	contractKey = "contract" // hash of the feature contract its rows are of
	holdOutKey  = "held_out" // attack classes it never saw
	commandKey  = "command"  // what made it
)

// Keys that only a model of images has.
const (
	imagesKey   = "images"   // the benchmark's name
	protocolKey = "protocol" // how its classes were divided, in words
	scaleKey    = "scale"    // an images.Scale as JSON; absent if there is none
	waysKey     = "ways"     // these four are of the tasks it was trained on
	shotsKey    = "shots"
	queriesKey  = "queries"
	seedKey     = "seed"
	networkKey  = "network" // one of networks
)

func modelID(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// readModelFile reads a model of that file or, where there is none, of that name.
func (a *app) readModelFile(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err == nil {
		return b, nil
	}
	if errors.Is(err, fs.ErrNotExist) && store.CheckName(store.Models, file) == nil {
		h, noHome := a.store()
		if b, err := namedModel(h, file); noHome == nil && (b != nil || err != nil) {
			return b, err
		}
	}
	return nil, &inkling.Error{Code: inkling.NotFound, What: "cannot read the model", Remedy: "name a file, a model of the home or one inside the program, " + flowModel + " or " + anyModel + ", or train one with: inkling train", Err: err}
}

// namedModel gives the bytes of a model of the home, or of one inside the program; nil where there is none.
func namedModel(h store.Home, name string) ([]byte, error) {
	switch {
	case h.Has(store.Models, name):
		return h.Get(store.Models, name)
	case name == flowModel:
		return models.Flow, nil
	case name == anyModel:
		return models.Matcher, nil
	}
	return nil, nil
}

func decodeModel(b []byte, name string) (detect.Choice, error) {
	c, _, err := decodeWithTexts(b, name)
	return c, err
}

// decodeWithTexts reads a model of records, and gives what else its file says.
func decodeWithTexts(b []byte, name string) (detect.Choice, map[string]string, error) {
	l, extra, err := decodeAny(b, name)
	if err != nil {
		return detect.Choice{}, nil, err
	}
	if of := extra[imagesKey]; of != "" {
		return detect.Choice{}, nil, &inkling.Error{Code: inkling.Conflict, Place: "model " + name, What: "it judges images of " + of + ", not records", Remedy: "judge it with: inkling eval --schema image, or name a model of flows or tables"}
	}
	c := detect.Choice{Learner: l, Model: name, ModelID: modelID(b), Contract: extra[contractKey]}
	if _, ok := l.(*meta.MetaVote); ok { // the matcher inside the program votes with it
		c.ModelID = modelID(slices.Concat(b, models.Matcher))
	}
	return c, extra, nil
}

// decodeAny reads a model of records or of images.
func decodeAny(b []byte, name string) (meta.Trainer, map[string]string, error) {
	l, extra, err := meta.Decode(b)
	if err != nil {
		return nil, nil, &inkling.Error{Code: inkling.Invalid, Place: "model " + name, What: "the file is damaged", Remedy: "train it again", Err: err}
	}
	return l, extra, nil
}

// findModel looks for a model in the home, then among those inside the program.
func findModel(h store.Home, name string) (detect.Choice, error) {
	if b, err := namedModel(h, name); err != nil {
		return detect.Choice{}, err
	} else if b != nil {
		return decodeModel(b, name)
	}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return detect.Choice{}, &inkling.Error{Code: inkling.NotFound, Place: name, What: "is a file, and --model names a model of the home", Remedy: "train it with --name, or copy it to " + h.Path(store.Models, "NAME")}
	}
	return detect.Choice{}, &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: fmt.Sprintf("no model %q", name), Remedy: "use one inside the program, " + flowModel + " or " + anyModel + ", or train one with: inkling train --name " + name}
}
