package main

import (
	"context"
	"math"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// detector scores the points of a series, each by those before it.
type detector struct {
	name   string
	scores func(context.Context, *dataset.NABFile) ([]float64, error)
}

var detectors = []detector{
	{"null", func(_ context.Context, f *dataset.NABFile) ([]float64, error) {
		return make([]float64, len(f.Value)), nil
	}},
	{"windowed gaussian", gaussian},
	{"odd", odd},
}

// gaussian is the chance of a value less extreme, under the normal distribution of the trailing 6,400 values, which
// move by 100. Published: 39.6, 20.9 and 47.4, of scores written with twelve digits.
func gaussian(_ context.Context, f *dataset.NABFile) ([]float64, error) {
	const size, step = 6400, 100
	var past []float64
	waiting, mean, dev := 0, 0.0, 1.0
	out := make([]float64, len(f.Value))
	for i, v := range f.Value {
		if len(past) > 0 {
			out[i] = twelve(1 - math.Erfc(math.Abs(v-mean)/dev/math.Sqrt2)/2)
		}
		past = append(past, v)
		if waiting++; len(past) > size {
			if waiting < step {
				continue
			}
			past = past[len(past)-size:]
		}
		waiting = 0
		mean, dev = 0, 0
		for _, w := range past {
			mean += w / float64(len(past))
		}
		for _, w := range past {
			dev += (w - mean) * (w - mean) / float64(len(past))
		}
		if dev = math.Sqrt(dev); dev == 0 {
			dev = 1e-6
		}
	}
	return out, nil
}

// twelve rounds to twelve digits.
func twelve(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return v
}

const (
	again = 100  // points after which what is usual is learned anew
	most  = 1000 // rows to learn it from, the latest
	quiet = 0.05 // share of the series that an alarm lasts, within which only a higher one is a new alarm
)

var pointSchema = &inkling.Schema{Name: "nab", Fields: []inkling.Field{{Name: "time", Kind: inkling.Time}, {Name: "value", Kind: inkling.Number}}}

// odd asks how unlike a point is to the points before it.
func odd(ctx context.Context, f *dataset.NABFile) ([]float64, error) {
	x := feature.Find("series").New()
	rows, scores := make([][]float64, len(f.Value)), make([]float64, len(f.Value))
	begin := eval.NABProbation(len(f.Value))
	var r inkling.Record
	var scaler *feature.Scaler
	var usual meta.Scorer
	for i, v := range f.Value {
		r.Reset(pointSchema)
		r.Num[0], r.Num[1] = f.Time[i], v
		rows[i] = make([]float64, len(x.Contract().Features))
		if err := x.Extract(rows[i], &r); err != nil {
			return nil, err
		}
		if i < begin {
			continue
		}
		if (i-begin)%again == 0 {
			var err error
			past := rows[max(begin/10, i-4*most):i]
			if scaler, err = feature.Fit(x.Contract(), past, feature.Scaling{}); err != nil {
				return nil, err
			}
			if usual, err = (&meta.Odd{}).Unlike(ctx, scaler.Tensor(past)); err != nil {
				return nil, err
			}
		}
		scores[i] = float64(meta.Margin(usual, scaler.Tensor(rows[i:i+1]))[0])
	}
	return once(scores, int(quiet*float64(len(scores)))), nil
}

// once keeps a score only where none of the points shortly before has as high a one: an alarm is given once.
func once(scores []float64, before int) []float64 {
	out := make([]float64, len(scores))
	for i, v := range scores {
		first := true
		for _, w := range scores[max(0, i-before):i] {
			first = first && w < v
		}
		if first {
			out[i] = v
		}
	}
	return out
}
