package images

import "math"

// Scale normalises a channel: (byte/255 - Mean) / Deviation. A deviation of 0 counts as 1.
type Scale struct {
	Mean      []float32 `json:"mean"`
	Deviation []float32 `json:"deviation"`
}

// levels is what each byte of a channel stands for.
type levels [256]float32

func (s *Set) table() []levels {
	out := make([]levels, s.Channels)
	for c := range out {
		mean, deviation := float32(0), float32(1)
		if s.Scale != nil {
			mean, deviation = s.Scale.Mean[c], or(s.Scale.Deviation[c], 1)
		}
		for b := range out[c] {
			out[c][b] = (float32(b)/255 - mean) / deviation
		}
	}
	return out
}

// measure gives mean and deviation of each channel. Sums of whole numbers do not depend on order.
func (s *Set) measure() *Scale {
	sum, squares := make([]uint64, s.Channels), make([]uint64, s.Channels)
	for _, c := range s.Classes {
		for i, b := range c.Pixels {
			sum[i%s.Channels] += uint64(b)
			squares[i%s.Channels] += uint64(b) * uint64(b)
		}
	}
	n := float64(s.Images() * s.Height * s.Width)
	out := &Scale{Mean: make([]float32, s.Channels), Deviation: make([]float32, s.Channels)}
	for c := range sum {
		mean := float64(sum[c]) / n
		out.Mean[c] = float32(mean / 255)
		out.Deviation[c] = float32(math.Sqrt(max(0, float64(squares[c])/n-mean*mean)) / 255)
	}
	return out
}
