package meta

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// teamOf teaches one learner several attacks against one pool, as detectors of one baseline are.
func teamOf(t *testing.T, l Learner, seed uint64, benign, k, d, members int, known bool) (*Task, []Scorer) {
	t.Helper()
	first := wide(seed, benign, k, d)
	pool := tensor.From(rowsOf(first)[0], benign, d)
	var out []Scorer
	for i := range members {
		other := wide(seed+uint64(i), benign, k, d)
		task := Detection(pool, tensor.From(slices.Clone(rowsOf(other)[1]), k, d))
		if known {
			task.Known = wide(seed+99, 30, 10, d).Support
		}
		s, err := l.Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return first, out
}

// A team says of rows above what each member says alone, to the bit, and of no row below that it is above: on
// random tables, at thresholds from far inside the benign rows to the highest score.
func TestTeamSaysWhatMembersSay(t *testing.T) {
	vote := &Vote{Matcher: Shipped(1)}
	for _, c := range []struct {
		name         string
		l            Learner
		benign, k, d int
		known        bool
	}{
		{"vote", vote, 300, 4, 9, false},
		{"vote of one example", vote, 400, 1, 30, false},
		{"vote with known attacks", vote, 300, 4, 12, true},
		{"vote of few rows", vote, 45, 2, 5, false},
		{"vote without tables", vote.Brief(nil), 60, 3, 6, false},
		{"meta-vote", &MetaVote{}, 300, 3, 20, false},
		{"vote with a further member", &Vote{Matcher: Shipped(1), More: []Learner{&KNN{}}}, 300, 3, 8, false},
		{"ratio", &Ratio{}, 300, 3, 8, false},
	} {
		task, members := teamOf(t, c.l, 21, c.benign, c.k, c.d, 3, c.known)
		x, alone := task.Query.X, [][]float64{}
		for _, m := range members {
			alone = append(alone, differences(m, x))
		}
		for _, share := range []float64{.1, .5, .9, .99, .999} {
			var least []float64
			for _, a := range alone {
				sorted := slices.Sorted(slices.Values(a))
				least = append(least, sorted[int(share*float64(len(a)))])
			}
			got := make([][]float64, len(members))
			for i := range got {
				got[i] = make([]float64, x.Rows())
			}
			NewTeam(members, least).MarginsTo(got, x)
			for m := range members {
				for i, want := range alone[m] {
					if above := want > least[m]; above != (got[m][i] > least[m]) || above && got[m][i] != want {
						t.Fatalf("%s, member %d, row %d: %v in the team, %v alone, the least is %v", c.name, m, i, got[m][i], want, least[m])
					}
				}
			}
		}
	}
}

func differences(s Scorer, x *tensor.Tensor) (out []float64) {
	scores := make([]float32, 2*x.Rows())
	s.Score(scores, x)
	for i := range x.Rows() {
		out = append(out, float64(scores[2*i+1])-float64(scores[2*i]))
	}
	return out
}

// Teams of mixed members, some twice, of rows that are far out, not finite or alike, in batches of any size, with
// thresholds at, just beside and far from the scores, say what each member says.
func TestTeamOfHardRows(t *testing.T) {
	seeds := uint64(24)
	if raced {
		seeds = 8
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 1))
		d, benign := 1+r.IntN(25), []int{8, 49, 50, 64, 255, 256, 300, 520}[r.IntN(8)]
		first := wide(seed, benign, 1, d)
		rows := slices.Clone(rowsOf(first)[0])
		if seed%4 == 3 { // a pool that nobody scaled
			for i := range rows {
				if r.IntN(40) == 0 {
					rows[i] = hard(r)
				}
			}
		}
		pool, known := tensor.From(rows, benign, d), wide(seed+99, 30, 10, d).Support
		var members []Scorer
		for i, l := range []Learner{
			&Vote{Matcher: Shipped(1)}, &Vote{Matcher: Shipped(1)}, &MetaVote{}, &Ratio{}, &KNN{}, &Odd{}, &NearestMean{},
			&Vote{Matcher: Shipped(1), More: []Learner{&ProtoNet{Model: Model{In: d}}}}, &PlainVote{},
		} {
			if i > 0 && r.IntN(3) == 0 {
				continue
			}
			k, pool := 1+r.IntN(4), pool
			if _, refuses := l.(*NearestMean); refuses { // what is not finite
				pool = tensor.From(rowsOf(first)[0], benign, d)
			}
			task := Detection(pool, tensor.From(slices.Clone(rowsOf(wide(seed+uint64(i), benign, k, d))[1]), k, d))
			if r.IntN(2) == 0 {
				task.Known = known
			}
			s, err := l.Adapt(context.Background(), task)
			if err != nil {
				t.Fatalf("seed %d, %s: %v", seed, l.Name(), err)
			}
			members = append(members, s)
			if r.IntN(5) == 0 {
				members = append(members, s)
			}
		}
		x := tensor.From(slices.Concat(first.Query.X.Data, rows[:8*d]), 208, d)
		for i := range 60 {
			row := x.Row(r.IntN(208))
			switch {
			case i < 20:
				copy(row, x.Row(r.IntN(208)))
			default:
				row[r.IntN(d)] = hard(r)
			}
		}
		sameAlone(t, fmt.Sprint("seed ", seed), r, members, x)
	}
}

func hard(r *rand.Rand) float32 {
	return []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32, 1e19, -1e18, 1e6, -50, 8, 1e-45, 0}[r.IntN(12)]
}

// sameAlone compares members alone and together.
func sameAlone(t *testing.T, name string, r *rand.Rand, members []Scorer, x *tensor.Tensor) {
	t.Helper()
	var alone [][]float64
	for _, m := range members {
		alone = append(alone, differences(m, x))
	}
	for range 6 {
		least := make([]float64, len(members))
		for m, a := range alone {
			v := a[r.IntN(len(a))]
			if r.IntN(2) == 0 {
				v = slices.Sorted(slices.Values(a))[len(a)-1-r.IntN(len(a)/10)]
			}
			least[m] = []float64{v, v, math.Nextafter(v, 9), math.Nextafter(v, -9), v - .01, 0, 1, math.Inf(1), math.Inf(-1), -1e300}[r.IntN(10)]
		}
		team := NewTeam(members, least)
		for lo := 0; lo < x.Rows(); {
			hi := min(x.Rows(), lo+[]int{1, 2, 31, 33, 63, 64, 65, 256}[r.IntN(8)])
			got := make([][]float64, len(members))
			for i := range got {
				got[i] = make([]float64, hi-lo)
			}
			team.MarginsTo(got, x.RowRange(lo, hi))
			for m := range members {
				for i, g := range got[m] {
					if want := alone[m][lo+i]; want > least[m] != (g > least[m]) || want > least[m] && g != want {
						t.Fatalf("%s, member %d %T of %d, row %d: %v in the team, %v alone, the least is %v\n%v", name, m, members[m], len(members), lo+i, g, want, least[m], x.Row(lo+i))
					}
				}
			}
			lo = hi
		}
	}
}

func BenchmarkTeam(b *testing.B) {
	const members = 5
	task := wide(1, 1000, 10, 50)
	pool := tensor.From(rowsOf(task)[0], 1000, 50)
	var all []Scorer
	var least []float64
	for i := range members {
		s, err := (&Vote{Matcher: Shipped(1)}).Adapt(context.Background(), Detection(pool, tensor.From(rowsOf(wide(uint64(i+1), 1000, 10, 50))[1], 10, 50)))
		if err != nil {
			b.Fatal(err)
		}
		all, least = append(all, s), append(least, 6) // as where alerts are to be rare
	}
	for _, n := range []int{1, members} {
		b.Run(fmt.Sprint("members=", n), func(b *testing.B) {
			t, dst := NewTeam(all[:n], least[:n]), make([][]float64, n)
			for i := range dst {
				dst[i] = make([]float64, 1000)
			}
			b.ReportAllocs()
			for b.Loop() {
				t.MarginsTo(dst, pool)
			}
			b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
