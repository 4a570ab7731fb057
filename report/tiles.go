package report

import (
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/pack"
)

// tile is a figure that says how it went.
type tile struct{ Kind, Title, Figure, Interval, Says, Ahead, Wins string }

// Verdicts of a comparison with the best baseline.
const (
	better = "better"
	worse  = "worse"
	level  = "level"
	itself = "itself"   // the default is that baseline
	single = "one draw" // which has no interval, and tells nothing
)

// verdict holds the default against the best baseline: better or worse where the 95 % interval of the difference says so.
func verdict(c *pack.Comparison, learner string) string {
	switch {
	case c.Best == "":
		return ""
	case c.Best == learner:
		return itself
	case math.IsNaN(c.Ahead.Mean): // not judged
		return ""
	case !finite(c.Ahead.Low, c.Ahead.High):
		return single
	case c.Ahead.Low > 0:
		return better
	case c.Ahead.High < 0:
		return worse
	}
	return level
}

// wins tells in how many of several classes the default is ahead of the best baseline, where it is another; "" of a single class.
func wins(c *pack.Comparison, learner string) string {
	if c.Classes < 2 || c.Best == "" || c.Best == learner || !finite(c.Ahead.Mean) {
		return ""
	}
	return fmt.Sprintf("%d of %d", c.Wins, c.Classes)
}

func tiles(v *view) (out []tile) {
	for i := range v.Compared {
		c := &v.Compared[i]
		own, has := c.AP[v.Card.Learner]
		if !has {
			continue
		}
		t := tile{Kind: verdict(c, v.Card.Learner), Title: fmt.Sprintf("Average precision, %s", examples(c.Shots)), Figure: figure(own.Mean), Interval: ends(own)}
		switch t.Kind {
		case "":
			t.Says = "no baseline was judged beside it"
		case itself:
			t.Says = "itself the best of the baselines"
		case single:
			t.Says, t.Ahead = "one draw does not tell it from "+c.Best, signed(c.Ahead)
		case level:
			t.Says, t.Ahead = "level with "+c.Best, signed(c.Ahead)
		default:
			t.Says, t.Ahead = t.Kind+" than "+c.Best, signed(c.Ahead)
		}
		if n := wins(c, v.Card.Learner); n != "" {
			t.Wins = "ahead in " + n + " classes"
		}
		out = append(out, t)
	}
	return out
}

func examples(n int) string {
	if n == 1 {
		return "1 example"
	}
	return fmt.Sprintf("%d examples", n)
}
