package dataset

import (
	"math/rand/v2"

	"github.com/inkling-sec/inkling/eval"
)

// thinned gives the classes of rows with all but a number of each class made eval.Unjudged; which stay is drawn from a fixed seed.
func thinned(classes []string, most func(class string) int) []string {
	out := make([]string, len(classes))
	left := map[string]int{}
	rng := rand.New(rand.NewPCG(0x7468696e, 1))
	for _, i := range rng.Perm(len(classes)) {
		c := classes[i]
		if _, met := left[c]; !met {
			left[c] = most(c)
		}
		if out[i] = eval.Unjudged; left[c] > 0 {
			out[i] = c
			left[c]--
		}
	}
	return out
}
