package prior

import (
	"math"
	"slices"
	"testing"
)

// worldOf draws a world of one kind.
func worldOf(g *gen, kind string, d int) *world {
	kinds := among(Worlds, []string{kind})
	return newWorld(g, &kinds, d)
}

// Without noise features are a function of the latent variables alone, a finite one that moves with them.
func TestWorldsAreFunctionsOfLatentVariables(t *testing.T) {
	for _, kind := range names(Worlds) {
		g := testGen(t, 1)
		for range 30 {
			w := worldOf(g, kind, 9)
			clear(w.noise)
			if m, ok := w.mixer.(*graph); ok {
				for i := range m.nodes {
					m.nodes[i].noise = 0
				}
			}
			clear(w.loose)
			w.offset = nil
			x, again := g.table(9, 50), g.table(9, 50)
			z := w.sample(g, x, anyMode)
			w.features(g, again, z, nil)
			moving := 0
			for j := range x {
				if !slices.Equal(x[j], again[j]) {
					t.Fatalf("%s: column %d differs for the same latent variables", kind, j)
				}
				mean, std := moments(x[j])
				if math.IsNaN(mean) || math.IsInf(mean, 0) {
					t.Fatalf("%s: column %d has mean %v", kind, j, mean)
				}
				if std > 1e-9 {
					moving++
				}
			}
			if moving == 0 {
				t.Errorf("%s: all columns are constant", kind)
			}
		}
	}
}

func TestFactorIsLinear(t *testing.T) {
	f := &factor{[][]float64{{1, 2}, {0, -1}}}
	x := table{make([]float64, 2), make([]float64, 2)}
	f.mix(nil, x, table{{1, 10}, {3, 4}})
	if !slices.Equal(x[0], []float64{7, 18}) || !slices.Equal(x[1], []float64{-3, -4}) {
		t.Errorf("got %v", x)
	}
}

func TestNetworkByHand(t *testing.T) {
	n := &network{in: [][]float64{{1}, {2}}, bias: []float64{0, -1}, act: []int{1, 3}, out: [][]float64{{1, 10}}} // relu, abs
	x := table{make([]float64, 2)}
	n.mix(testGen(t, 1), x, table{{3, -1}})
	if !slices.Equal(x[0], []float64{3 + 10*5, 0 + 10*3}) {
		t.Errorf("got %v", x)
	}
}

func TestGraphByHand(t *testing.T) {
	m := &graph{r: 1, nodes: []node{
		{parents: []int{0}, weight: []float64{2}, act: 5},                           // 2z
		{parents: []int{1, 0}, weight: []float64{1, 1}, act: 3},                     // |2z + z|
		{parents: []int{1, 2}, weight: []float64{9, 9}, act: 5, product: true},      // the product, factors within 3
		{parents: []int{3, 3}, weight: []float64{1, 1}, act: len(activations) - 1}}} // a step
	x := table{make([]float64, 2), make([]float64, 2), make([]float64, 2), make([]float64, 2)}
	m.mix(testGen(t, 1), x, table{{1, -2}})
	for j, want := range [][]float64{{2, -4}, {3, 6}, {6, -8}, {1, 0}} { // −3·3 is −9, bounded to −8
		if !slices.Equal(x[j], want) {
			t.Errorf("feature %d: got %v, want %v", j, x[j], want)
		}
	}
}

func TestTreeHasLeaves(t *testing.T) {
	g := testGen(t, 3)
	w := worldOf(g, "tree", 6)
	tr := w.mixer.(*tree)
	for j := range tr.weight {
		clear(tr.weight[j])
	}
	x, z := g.table(6, 500), g.table(w.r, 500)
	for _, c := range z {
		for k := range c {
			c[k] = 3 * g.NormFloat64()
		}
	}
	tr.mix(g, x, z)
	rows := map[[6]float64]bool{}
	for k := range 500 {
		rows[[6]float64{x[0][k], x[1][k], x[2][k], x[3][k], x[4][k], x[5][k]}] = true
	}
	if most := 1 << len(tr.on); len(rows) < 2 || len(rows) > most {
		t.Errorf("%d different rows of %d leaves", len(rows), most)
	}
}

// Rows of a mode stand around its centre, and the shares of all modes add up.
func TestModes(t *testing.T) {
	g := testGen(t, 4)
	for range 20 {
		w := worldOf(g, "factor", 5)
		if len(w.upTo) < 3 {
			continue
		}
		z := w.sample(g, g.table(5, 400), 1)
		for i := range z {
			mean, std := moments(z[i])
			if far := math.Abs(mean - w.centre[1][i]); far > 6*w.spread[1][i]/20 || std > 1.3*w.spread[1][i] || std < .7*w.spread[1][i] {
				t.Errorf("a mode's mean is %v off its centre and its deviation %v, not %v", far, std, w.spread[1][i])
			}
		}
		if last := w.upTo[len(w.upTo)-1]; math.Abs(last-1) > 1e-9 {
			t.Errorf("shares add up to %v", last)
		}
	}
}

// Loose features go with nothing.
func TestLooseFeatures(t *testing.T) {
	g := testGen(t, 5)
	w := worldOf(g, "factor", 4)
	w.loose = []bool{true, false, false, true}
	const n = 4000
	x := g.table(4, n)
	z := w.sample(g, x, anyMode)
	for _, j := range []int{0, 3} {
		mean, std := moments(x[j])
		if math.Abs(mean) > .1 || math.Abs(std-1) > .1 {
			t.Errorf("loose column %d: mean %v, deviation %v", j, mean, std)
		}
		for i := range z {
			if r := correlation(x[j], z[i]); math.Abs(r) > .1 {
				t.Errorf("loose column %d goes with latent variable %d: %v", j, i, r)
			}
		}
	}
}

func correlation(a, b []float64) float64 {
	am, as := moments(a)
	bm, bs := moments(b)
	sum := 0.0
	for i := range a {
		sum += (a[i] - am) * (b[i] - bm)
	}
	return sum / float64(len(a)) / (as*bs + 1e-12)
}
