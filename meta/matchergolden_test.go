package meta

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// prototype is the form of the network "N4" that the matcher goes back to.
var prototype = form{withDerived: true, heads: 2, token: 64, width: 48, cell: 48, pool: 32, last: 48}

// prototypeNames are the prototype's names of our layers.
var prototypeNames = map[string]string{"token0": "t.0", "token1": "t.2", "mix0": "ff.0", "mix1": "ff.2", "norm": "ln",
	"cell0": "gx", "film": "gh", "cell1": "g2", "cell2": "g3", "gate": "gate", "pool0": "glob.0", "pool1": "glob.2",
	"last0": "hd.0", "last1": "hd.2", "metric": "mw"}

// The prototype's weights and cases stay outside the repository: INKLING_UNIVERSAL says where.
func TestMatcherIsThePrototype(t *testing.T) {
	dir := cmp.Or(os.Getenv("INKLING_UNIVERSAL"), "../../shared/universal")
	weights, err := readNpz(filepath.Join(dir, "weights_N4.npz"))
	if err != nil {
		t.Skipf("no prototype to compare with: %v", err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Skipf("no prototype to compare with: %v", err)
	}
	var golden struct {
		Cases []struct {
			Benign, Positives, Query [][]float32
			Lands                    []int `json:"derived_landmarks"`
			Score                    []float64
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	params := prototypeParams(t, weights)
	for i, c := range golden.Cases {
		d := len(c.Benign[0])
		p := pick(flat(c.Benign), flat(c.Positives), nil, d, nil, matcherColumns)
		first := spaced(min(len(c.Benign), matcherLands), matcherLands)
		l := newLesson(prototype, p, len(c.Positives), c.Lands, first)
		g := newJudge(l, params)
		g.tables = g.tabulate()
		query := tensor.FromRows(c.Query)
		got := g.exact(query)
		holdTo(t, fmt.Sprint("case ", i), g, &Task{Query: Set{X: query}, Support: Set{X: tensor.FromRows(c.Benign)}})
		worst := 0.0
		for k, want := range c.Score {
			worst = max(worst, math.Abs(float64(got[k])-want))
		}
		t.Logf("case %d: %d taught, scores within %.2g", i, len(c.Positives), worst)
		if worst > 1e-3 {
			t.Errorf("case %d: %v, want %v", i, got, c.Score)
		}
	}
}

func flat(rows [][]float32) []float32 { return tensor.FromRows(rows).Data }

// prototypeParams turns the prototype's weights [out, in] round.
func prototypeParams(t *testing.T, weights map[string]*tensor.Tensor) (params []*tensor.Tensor) {
	for i, s := range prototype.sides() {
		name := prototypeNames[matcherLayers[i]]
		w, b := weights[name+".weight"], weights[name+".bias"]
		if w == nil || b == nil {
			t.Fatalf("no %s", name)
		}
		if 2*i != pNorm {
			turned := tensor.New(s[0], s[1])
			tensor.TransposeTo(turned, w)
			w = turned
		}
		params = append(params, w, b)
	}
	if err := (matcherNet{prototype}).Check(params); err != nil {
		t.Fatal(err)
	}
	return params
}

// readNpz reads the float32 arrays of a NumPy archive.
func readNpz(path string) (map[string]*tensor.Tensor, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	out := map[string]*tensor.Tensor{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		if x, err := readNpy(b); err == nil {
			out[f.Name[:len(f.Name)-len(".npy")]] = x
		}
	}
	return out, nil
}

var npyShape = regexp.MustCompile(`\d+`)

// readNpy reads an array of little-endian float32 in C order.
func readNpy(b []byte) (*tensor.Tensor, error) {
	if len(b) < 10 || string(b[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("not an array")
	}
	head := int(binary.LittleEndian.Uint16(b[8:])) + 10
	text, data := b[10:head], b[head:]
	if !bytes.Contains(text, []byte("'<f4'")) || bytes.Contains(text, []byte("'fortran_order': True")) {
		return nil, fmt.Errorf("not of float32 in C order")
	}
	var shape []int
	for _, s := range npyShape.FindAllString(string(text[bytes.Index(text, []byte("'shape'")):]), -1) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, err
		}
		shape = append(shape, n)
	}
	x := tensor.New(shape...)
	return x, binary.Read(bytes.NewReader(data), binary.LittleEndian, x.Data)
}
