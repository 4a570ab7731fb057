package metatest

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Detection makes an easy detection task: benign rows in two clouds, shots
// taught rows and queries of either kind, three known classes.
func Detection(seed uint64, benign, shots, query, d int) *meta.Task {
	r := rand.New(rand.NewPCG(seed, 1))
	where := centres(r, 6, d, 2.5)
	var support, queries, known builder
	for i := range benign {
		support.add(r, where[i%2], 0)
	}
	for range shots {
		support.add(r, where[2], 1)
	}
	for i := range query {
		queries.add(r, where[i%2], 0)
		queries.add(r, where[2], 1)
	}
	for i := range 60 {
		known.add(r, where[3+i%3], i%3)
	}
	return &meta.Task{Ways: 2, Support: support.set(d), Query: queries.set(d), Known: known.set(d)}
}

// FiveWays makes an easy task of five classes.
func FiveWays(seed uint64, shots, query, d int) *meta.Task {
	return Ways(seed, slices.Repeat([]int{shots}, 5), query, d)
}

// Ways makes an easy task with so many support rows of each class.
func Ways(seed uint64, shots []int, query, d int) *meta.Task {
	r := rand.New(rand.NewPCG(seed, 2))
	where := centres(r, len(shots), d, 2.5)
	var support, queries builder
	for c, k := range shots {
		for range k {
			support.add(r, where[c], c)
		}
		for range query {
			queries.add(r, where[c], c)
		}
	}
	return &meta.Task{Ways: len(shots), Support: support.set(d), Query: queries.set(d)}
}

func centres(r *rand.Rand, n, d int, spread float64) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		for range d {
			out[i] = append(out[i], float32(spread*r.NormFloat64()))
		}
	}
	return out
}

type builder struct {
	x []float32
	y []int
}

func (b *builder) add(r *rand.Rand, at []float32, class int) {
	for _, v := range at {
		b.x = append(b.x, v+float32(r.NormFloat64()))
	}
	b.y = append(b.y, class)
}

func (b *builder) set(d int) meta.Set {
	return meta.Set{X: &tensor.Tensor{Shape: []int{len(b.y), d}, Data: b.x}, Y: b.y}
}

// fingerprint gives the rows and classes of a task as bytes.
func fingerprint(t *meta.Task) []byte {
	var b bytes.Buffer
	for _, s := range []meta.Set{t.Support, t.Query, t.Known, t.Other} {
		if s.X != nil {
			for _, v := range s.X.Data {
				_ = binary.Write(&b, binary.LittleEndian, math.Float32bits(v))
			}
		}
		for _, c := range slices.Concat(s.Y, t.Classes) {
			_ = binary.Write(&b, binary.LittleEndian, int64(c))
		}
	}
	return b.Bytes()
}

func withoutKnown(t *meta.Task) *meta.Task {
	t.Known = meta.Set{}
	return t
}

func oneKnown(t *meta.Task) *meta.Task {
	d := t.Known.X.Shape[1]
	t.Known = meta.Set{X: &tensor.Tensor{Shape: []int{1, d}, Data: t.Known.X.Data[:d]}, Y: t.Known.Y[:1]}
	return t
}

func emptyKnown(t *meta.Task) *meta.Task {
	t.Known = meta.Set{X: &tensor.Tensor{Shape: []int{0, t.Support.X.Shape[1]}}}
	return t
}
