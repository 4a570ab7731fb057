package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Rows of a training task.
const (
	supportBenign = 128
	queryBenign   = 96
	queryKind     = 32
)

// tasks is the stream of tasks on known kinds of beat: one kind, examples of it and usual beats of some patients, others of both of
// the other patients to judge.
func tasks(d *eval.Data, known []string) (meta.Source, error) {
	usual := d.Of(normal)
	rng := rand.New(rand.NewPCG(1, 0x6265617473))
	rng.Shuffle(len(usual), func(i, j int) { usual[i], usual[j] = usual[j], usual[i] })
	usual = usual[:min(len(usual), 4000)]
	contract, raw, err := d.Features(usual)
	if err != nil {
		return nil, err
	}
	pick := func(rows []int) (out [][]float64) {
		for _, r := range rows {
			out = append(out, raw[r])
		}
		return out
	}
	scaler, err := feature.Fit(contract, pick(usual), feature.Scaling{})
	if err != nil {
		return nil, err
	}
	var kinds [][]int
	for _, k := range known {
		if rows := d.Of(k); len(groups(d, rows)) > 1 {
			kinds = append(kinds, rows)
		}
	}
	if len(kinds) < 2 {
		return nil, fmt.Errorf("%d kinds of beat in two patients or more to train on", len(kinds))
	}
	patients := groups(d, d.Of(normal))
	return func(n uint64) *meta.Task {
		rng := rand.New(rand.NewPCG(1, n))
		kind := kinds[rng.IntN(len(kinds))]
		judged := halves(rng, groups(d, kind))
		for p, j := range halves(rng, patients) {
			if _, has := judged[p]; !has {
				judged[p] = j
			}
		}
		rows := func(of []int, judge bool, most int) []int {
			var out []int
			for _, i := range rng.Perm(len(of)) {
				if len(out) < most && judged[d.Group[of[i]]] == judge {
					out = append(out, of[i])
				}
			}
			return out
		}
		set := func(benign, kind []int) meta.Set {
			return meta.Set{X: scaler.Tensor(pick(slices.Concat(benign, kind))), Y: append(make([]int, len(benign)), ones(len(kind))...)}
		}
		shots := []int{1, 2, 5, 10}[rng.IntN(4)]
		return &meta.Task{Ways: 2,
			Support: set(rows(usual, false, supportBenign), rows(kind, false, shots)),
			Query:   set(rows(usual, true, queryBenign), rows(kind, true, queryKind))}
	}, nil
}

// groups gives the patients that have some of the rows, in order.
func groups(d *eval.Data, rows []int) (out []int) {
	for _, r := range rows {
		out = append(out, d.Group[r])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// halves says which of the patients are judged, half of them.
func halves(rng *rand.Rand, patients []int) map[int]bool {
	judged := map[int]bool{}
	for at, i := range rng.Perm(len(patients)) {
		judged[patients[i]] = at < len(patients)/2
	}
	return judged
}

func ones(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
