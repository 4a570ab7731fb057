package feature

// recursive is linear regression by recursive least squares with forgetting
// (Haykin, Adaptive Filter Theory), for inputs of at most seriesLags numbers.
type recursive struct {
	begun  bool
	weight [seriesLags]float64
	cov    [seriesLags][seriesLags]float64
}

const (
	forgetting = 0.999
	covFirst   = 100
	covMost    = 1e4 // what nothing excites must not grow without end
)

func (r *recursive) tell(x []float64) (y float64) {
	for i, v := range x {
		y += r.weight[i] * v
	}
	return y
}

// learn takes a step to y from x, both in units of scale; a step of more than five is cut.
func (r *recursive) learn(x []float64, y, scale float64) {
	if scale <= 0 {
		return
	}
	if !r.begun {
		for i := range r.cov {
			r.cov[i][i] = covFirst
		}
		r.begun = true
	}
	miss := min(max((y-r.tell(x))/scale, -5), 5)
	var gain [seriesLags]float64
	below := forgetting
	for i := range gain {
		for j, v := range x {
			gain[i] += r.cov[i][j] * min(max(v/scale, -10), 10)
		}
		below += gain[i] * min(max(x[i]/scale, -10), 10)
	}
	trace := 0.0
	for i := range gain {
		r.weight[i] += gain[i] / below * miss
		trace += r.cov[i][i]
	}
	keep := forgetting
	if trace > covMost {
		keep = 1
	}
	for i := range gain {
		for j := range gain {
			r.cov[i][j] = (r.cov[i][j] - gain[i]*gain[j]/below) / keep
		}
	}
}
