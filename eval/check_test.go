package eval

import (
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
)

// Settings that no episode can have are refused by their names: below 0, Workers judged nothing and gave an accuracy of 0.
func TestSenselessSettings(t *testing.T) {
	d, ratio := testData(t), &meta.Ratio{}
	draws := func(p NewAttack) error {
		p.Benign = "ok"
		_, err := p.Episodes(d)
		return err
	}
	play := func(p NWay) error { _, err := p.Play(t.Context(), d); return err }
	bound := func(p Bound) error {
		p.Benign, p.Attack, p.Learner = "ok", "attack1", ratio
		_, err := p.Play(t.Context(), d)
		return err
	}
	judge := func(p Images) error { p.Tasks = numbered; _, err := p.Judge(t.Context(), ratio); return err }
	for says, err := range map[string]error{
		"Shots is empty":                 draws(NewAttack{Shots: []int{}}),
		"0 examples":                     draws(NewAttack{Shots: []int{1, 0}}),
		"Draws is -1":                    draws(NewAttack{Draws: -1}),
		"QueryAttack is -2":              draws(NewAttack{QueryAttack: -2}),
		"Pool is -3":                     draws(NewAttack{Pool: -3}),
		"-1 examples":                    play(NWay{Shots: []int{-1}}),
		"Ways is -1":                     play(NWay{Ways: -1}),
		"Calibration is -1":              bound(Bound{Calibration: -1}),
		"a false-alarm rate of 0":        bound(Bound{Alphas: []float64{0}}),
		"100 benign calibration records": bound(Bound{Calibration: 100, Alphas: []float64{.01, .001}}),
		"50 benign calibration records":  bound(Bound{Calibration: 50}),
		"Workers is -1":                  judge(Images{Workers: -1}),
		"Draws is -7":                    judge(Images{Draws: -7}),
	} {
		if inkling.CodeOf(err) != inkling.Invalid || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
