package prior

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// siteOf draws a site of 6 features and 300 benign rows.
func siteOf(g *gen) *site { return newSite(g, Config{}.plan(), 6, 300) }

// pair gives rows of an attack, and the benign rows it made them of: the same
// random numbers drawn without it.
func pair(g *gen, s *site, a attack, mode, n int) (got, base table) {
	got, base = g.table(s.d, n), g.table(s.d, n)
	of := func() *rand.Rand { return rand.New(rand.NewPCG(8, 8)) }
	rng := g.Rand
	defer func() { g.Rand = rng }()
	g.Rand = of()
	s.rows(g, base, mode)
	g.Rand = of()
	a.rows(g, s, got)
	return got, base
}

// eachAttack calls f for several attacks of a kind, each at a site of its own.
func eachAttack[A attack](t *testing.T, kind string, f func(g *gen, s *site, a A)) {
	t.Helper()
	g := testGen(t, 21)
	for _, k := range among(Attacks, []string{kind}).of {
		for range 25 {
			s := siteOf(g)
			f(g, s, k.make(g, s).(A))
		}
	}
}

func TestInterventionChangesItsColumnsOnly(t *testing.T) {
	changed := 0
	eachAttack(t, "intervention", func(g *gen, s *site, a *intervention) {
		got, base := pair(g, s, a, a.mode, 80)
		ops := map[int]int{}
		for _, c := range a.changes {
			ops[c.column] = c.op
		}
		for j := range got {
			op, is := ops[j]
			switch same := slices.Equal(got[j], base[j]); {
			case (!is || op == opSet) && !same:
				t.Errorf("column %d is no change's and differs", j)
			case is && op != opSet && !same:
				changed++
			}
			if is && op == opResample {
				for k, v := range got[j] {
					if v != base[j][k] && !slices.Contains(s.benign[j], v) {
						t.Errorf("column %d: %v is no benign row's", j, v)
					}
				}
			}
		}
	})
	if changed == 0 {
		t.Error("nothing changed at all")
	}
}

func TestInterventionSetsFinishedValues(t *testing.T) {
	g := testGen(t, 22)
	benign := []float64{3, 1, 5, 4}
	for draw, want := range map[float64]func(v float64) bool{
		.1: func(v float64) bool { return v == 0 }, .4: func(v float64) bool { return v > 5 }, .6: func(v float64) bool { return slices.Contains(benign, v) },
		.8: func(v float64) bool { return v == 5 }, .9: func(v float64) bool { return v == 1 }, .99: math.IsNaN,
	} {
		raw := table{slices.Concat(benign, []float64{7, 7, 7})}
		a := &intervention{chance: 1, changes: []change{{op: opSet, draw: draw}}}
		a.pin(g, []marginal{{}}, raw, 4, 5, 7)
		if !slices.Equal(raw[0][:4], benign) || raw[0][4] != 7 || !want(raw[0][5]) || !want(raw[0][6]) {
			t.Errorf("%v: %v", draw, raw[0])
		}
	}
}

func TestVolumeIsOneFactor(t *testing.T) {
	eachAttack(t, "volume", func(g *gen, s *site, a *volume) {
		got, base := pair(g, s, a, a.mode, 40)
		j := slices.IndexFunc(a.by, func(v float64) bool { return v != 0 })
		for k := range got[j] {
			factor := (got[j][k] - base[j][k]) / a.by[j]
			if factor <= 0 {
				t.Fatalf("a factor of %v", factor)
			}
			for i := range got {
				if far := got[i][k] - base[i][k] - factor*a.by[i]; math.Abs(far) > 1e-6*(1+math.Abs(factor)) {
					t.Fatalf("column %d is %v off the common factor", i, far)
				}
			}
		}
	})
}

func TestInflation(t *testing.T) {
	eachAttack(t, "inflation", func(g *gen, s *site, a *inflation) {
		got, base := pair(g, s, a, anyMode, 40)
		for j := range got {
			if a.by[j] < 1 {
				t.Errorf("shrinks column %d", j)
			}
			for k, v := range got[j] {
				if math.Abs(v-base[j][k]*a.by[j]) > 1e-9 {
					t.Fatalf("column %d: %v of %v", j, v, base[j][k])
				}
			}
		}
	})
}

func TestDispersion(t *testing.T) {
	tails := map[int]float64{}
	eachAttack(t, "dispersion", func(g *gen, s *site, a *dispersion) {
		got, base := pair(g, s, a, a.mode, 400)
		for j := range got {
			if a.size[j] == 0 {
				if !slices.Equal(got[j], base[j]) {
					t.Errorf("column %d is not touched and differs", j)
				}
				continue
			}
			diff := make([]float64, 400)
			for k := range diff {
				diff[k] = got[j][k] - base[j][k] - a.move[j]
			}
			if _, std := moments(diff); std < .1*a.size[j] {
				t.Errorf("column %d is wider by %v, not about %v", j, std, a.size[j])
			}
			if a.factors == nil {
				tails[a.freedom] = max(tails[a.freedom], kurtosis(diff))
			}
		}
	})
	if tails[2] < 4 {
		t.Errorf("two degrees of freedom have no tails: kurtosis %v", tails)
	}
}

func TestTemplateRepeats(t *testing.T) {
	eachAttack(t, "template", func(g *gen, s *site, a *template) {
		got, base := pair(g, s, a, a.mode, 50)
		for j := range got {
			_, std := moments(got[j])
			if a.fixed[j] && std > 2*a.jitter+1e-9 {
				t.Errorf("a fixed column varies by %v, its jitter is %v", std, a.jitter)
			}
			if !a.fixed[j] && !slices.Equal(got[j], base[j]) {
				t.Error("a column that is not fixed is not benign")
			}
		}
	})
}

// After the site went without them, only the attack's rows have the property.
func TestFunctionPicksRows(t *testing.T) {
	eachAttack(t, "function", func(g *gen, s *site, a *function) {
		a.noise = 0
		before := 0
		for _, has := range a.has(g, s.benign, s.latent) {
			if has {
				before++
			}
		}
		if before > 150 {
			t.Errorf("%d of 300 benign rows have the property", before)
		}
		s.without(g, func(v, z table) []bool { return a.has(g, v, z) })
		if left := a.has(g, s.benign, s.latent); slices.Contains(left, true) {
			t.Error("benign rows still have the property")
		}
		if a.latent {
			return
		}
		v := g.table(s.d, 20)
		a.rows(g, s, v)
		with := 0
		for _, has := range a.has(g, v, nil) {
			if has {
				with++
			}
		}
		if with < 20 && before > 10 {
			t.Errorf("%d of 20 rows have the property", with)
		}
	})
}

// What a hidden rule goes by is noise in the finished table, and benign rows are on the other side of it before.
func TestHiddenFeatureIsNotShown(t *testing.T) {
	eachAttack(t, "hidden", func(g *gen, s *site, a *function) {
		if !a.hidden {
			t.Fatal("the rule's feature is shown")
		}
		v := g.table(s.d, 200)
		a.rows(g, s, v)
		mean, _ := moments(v[a.on[0]])
		usual, _ := moments(s.benign[a.on[0]])
		if side := a.side[0]; side*(mean-usual) <= 0 {
			t.Errorf("rows have a mean of %v in the feature, benign ones %v, the side is %v", mean, usual, side)
		}
		a.hide(g, v)
		if mean, std := moments(v[a.on[0]]); math.Abs(mean) > .4 || std < .7 || std > 1.3 {
			t.Errorf("hidden, the feature has mean %v and deviation %v", mean, std)
		}
	})
}

func TestLatentStandsAroundItsCentre(t *testing.T) {
	eachAttack(t, "latent", func(g *gen, s *site, a *latent) {
		if s.kind != "factor" {
			return
		}
		got, at := g.table(s.d, 600), g.table(s.d, 1)
		a.rows(g, s, got)
		z := g.table(s.r, 1)
		for i := range z {
			z[i][0] = a.centre[i]
		}
		s.mix(g, at, z)
		if a.mode != nil {
			add(at, a.mode)
		}
		for j := range got {
			if s.loose[j] {
				continue
			}
			want := (at[j][0]-s.mean[j])/s.std[j] + a.moved[j]
			if mean, std := moments(got[j]); math.Abs(mean-want) > 6*std/math.Sqrt(600)+1e-6 && !(a.mode != nil && s.loose[j]) {
				t.Errorf("column %d is at %v, not %v (deviation %v)", j, mean, want, std)
			}
		}
	})
}

// Its own world standardised, a foreign row is no further out than a benign one.
func TestForeignIsStandardised(t *testing.T) {
	eachAttack(t, "foreign", func(g *gen, s *site, a *foreign) {
		if a.mode != anyMode {
			return
		}
		clear(a.move)
		for j := range a.by {
			a.by[j] = 1
		}
		v := g.table(s.d, 600)
		a.rows(g, s, v)
		for j := range v {
			if mean, std := moments(v[j]); math.Abs(mean) > .6 || std > 1.6 || std < .5 {
				t.Errorf("column %d: mean %v, deviation %v", j, mean, std)
			}
		}
	})
}

// A new mode is as wide as the world's own and somewhere else than its benign rows.
func TestModeIsApart(t *testing.T) {
	apart, n := 0, 0
	eachAttack(t, "mode", func(g *gen, s *site, a *latent) {
		if a.spread > 1.2*s.size()+1e-9 {
			t.Errorf("a spread of %v where modes have %v", a.spread, s.size())
		}
		far := math.Inf(1)
		for m := range s.upTo {
			d := 0.0
			for i, v := range a.centre {
				d += (v - s.centre[m][i]) * (v - s.centre[m][i])
			}
			far = min(far, math.Sqrt(d))
		}
		n++
		if far > a.spread {
			apart++
		}
	})
	if apart < n*2/3 {
		t.Errorf("%d of %d new modes are away from all others", apart, n)
	}
}

// A relative is the nearer the less far it is said to be; at 0 it is the same.
func TestVaryByDistance(t *testing.T) {
	for _, kind := range Attacks {
		g := testGen(t, 23)
		var off [3]float64
		for range 25 {
			s := siteOf(g)
			a := kind.make(g, s)
			means := func(a attack) []float64 {
				v := g.table(s.d, 200)
				rng := g.Rand
				g.Rand = rand.New(rand.NewPCG(3, 3))
				a.rows(g, s, v)
				g.Rand = rng
				var out []float64
				for _, c := range v {
					m, std := moments(c)
					out = append(out, max(min(m, 9), -9), min(std, 9))
				}
				return out
			}
			was := means(a)
			for i, far := range []float64{0, .2, 1} {
				for j, v := range means(a.vary(g, far)) {
					off[i] += math.Abs(v - was[j])
				}
			}
		}
		if off[0] > 1e-9 || off[1] <= 0 || off[2] <= off[1] {
			t.Errorf("%s: relatives at 0, 0.2 and 1 are off by %v", kind.Name, off)
		}
	}
}

// A class's rows come from its families by their shares; with first from the first only.
func TestClassMixesFamilies(t *testing.T) {
	g := testGen(t, 24)
	s := siteOf(g)
	c := &class{upTo: []float64{.2, 1}, signed: 1}
	for _, v := range []float64{100, 200} {
		a := &template{value: make([]float64, s.d), fixed: make([]bool, s.d), mode: anyMode}
		for j := range a.fixed {
			a.fixed[j], a.value[j] = true, v
		}
		c.families = append(c.families, family{"template", a})
	}
	s.signature = make([]float64, s.d)
	s.signature[2] = 7
	v := g.table(s.d, 1000)
	spans := c.rows(g, s, v, 0, 1000, false)
	if n := share(v[0], 100); len(spans) != 2 || n < .15 || n > .25 || n+share(v[0], 200) != 1 {
		t.Errorf("%d spans, a share of %v is of the first family", len(spans), n)
	}
	if n := share(v[2], 107) + share(v[2], 207); n != 1 {
		t.Errorf("the signature is on a share of %v", n)
	}
	c.rows(g, s, v, 0, 1000, true)
	if n := share(v[0], 100); n != 1 {
		t.Errorf("a share of %v is of the first family alone", n)
	}
}
