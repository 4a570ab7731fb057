package tensor

import "math"

// four is how many numbers the kernels take at a time.
const four = 4

// Logs shows numbers as standardised logarithms: a row of them at a time, each number in its own unit.
type Logs struct {
	Unit, Mean, Dev []float64
	Most            float64 // in standard deviations, that a logarithm is off the mean
}

// To writes (sign(x)·log(1+|x|/Unit) − Mean)/Dev for each of x, which are the numbers from that one on, at most Most either way. What is infinite counts as the largest
// number; what is no number stays so. The logarithm is math.Log1p.
func (l *Logs) To(dst []float32, x []float64, from int) {
	n := len(x)
	if use == plain || n < four {
		for i, v := range x {
			dst[i] = l.One(from+i, v)
		}
		return
	}
	dst = dst[:n]
	unit, mean, dev := l.Unit[from:][:n], l.Mean[from:][:n], l.Dev[from:][:n]
	logsSIMD(&dst[0], &x[0], &unit[0], &mean[0], &dev[0], n&^(four-1), l.Most)
	if i := n - four; n%four > 0 { // once more for some
		logsSIMD(&dst[i], &x[i], &unit[i], &mean[i], &dev[i], four, l.Most)
	}
	for i, v := range dst {
		if v != v {
			dst[i] = l.One(from+i, x[i])
		}
	}
}

// One is To of x as number i.
func (l *Logs) One(i int, x float64) float32 {
	z := (SignedLog(x, l.Unit[i]) - l.Mean[i]) / l.Dev[i]
	switch {
	case z > l.Most:
		z = l.Most
	case z < -l.Most:
		z = -l.Most
	}
	return float32(z)
}

// SignedLog gives sign(x)·log(1+|x|/unit), finite whatever x but what is no number.
func SignedLog(x, unit float64) float64 {
	size := math.Abs(x) / unit
	if size > math.MaxFloat64 { // not min, which is slow for minding NaN
		size = math.MaxFloat64
	}
	return math.Copysign(math.Log1p(size), x)
}

// Log1pTo writes to dst, which is not x, math.Log1p of each of x, none of which is below 0.
func Log1pTo(dst, x []float64) {
	n := len(x)
	dst = dst[:n]
	whole := n &^ (four - 1)
	if use == plain {
		whole = 0
	}
	if whole > 0 {
		log1pSIMD(&dst[0], &x[0], whole)
	}
	for i, v := range x {
		if i >= whole || dst[i] != dst[i] {
			dst[i] = math.Log1p(v)
		}
	}
}

// NegLogTo writes −math.Log of each of x, of least for what is less, rounded once.
func NegLogTo(dst, x []float32, least float64) {
	n := len(x)
	dst = dst[:n]
	if use == plain || n < four {
		for i, v := range x {
			dst[i] = negLog(v, least)
		}
		return
	}
	var last [four]float32 // as dst may be x
	copy(last[:], x[n-four:])
	negLogsSIMD(&dst[0], &x[0], n&^(four-1), least)
	negLogsSIMD(&dst[n-four], &last[0], four, least)
}

func negLog(x float32, least float64) float32 { return -float32(math.Log(max(float64(x), least))) }
