package eval

import (
	"cmp"
	"slices"

	"github.com/inkling-sec/inkling/feature"
)

// What [Leaks] looks for.
const (
	LeakFeature    = "one feature"     // alone tells a class from benign rows
	LeakIdentifier = "identifier"      // a column without a meaning in the field encodes the class
	LeakTime       = "time"            // when a row was recorded tells its class
	LeakOrder      = "order"           // where a row stands in the files tells its class
	LeakSame       = "duplicates"      // what is judged is among what is learned from
	LeakNear       = "near duplicates" // or as good as that
)

// Finding is a place where the answer may be given away. It is a suspicion: a class may simply be easy.
type Finding struct {
	Check   string  `json:"check"`
	Class   string  `json:"class"` // that is told from benign rows; "" where it is of any
	Place   string  `json:"place"` // the column, or the rows
	Figure  float64 `json:"figure"`
	Measure string  `json:"measure"` // what Figure is
	Says    string  `json:"says"`
	Learned bool    `json:"learned"` // learners see it, so that their figures may profit
}

// Overlap says how many of the rows that are judged stand on the learning side too, as learners see them.
type Overlap struct {
	Class  string  `json:"class"`  // that is held out; "" where it is the same for any
	Judged string  `json:"judged"` // class of the judged rows: Class, or the benign one
	Rows   int     `json:"rows"`
	Same   float64 `json:"same"`   // share with an identical row of their own class on the learning side
	Near   float64 `json:"near"`   // share with one that is not identical, but far nearer than rows usually are
	Benign float64 `json:"benign"` // share with an identical row in the benign pool, from which nothing can tell them
}

// Leakage is what [Leaks] found.
type Leakage struct {
	Findings []Finding `json:"findings"`
	Overlaps []Overlap `json:"overlaps"`
}

// The figures from which something is found, and the rows that are looked at.
const (
	leakAlone     = 0.99 // AUROC of a feature, or balanced accuracy of a threshold or of levels
	leakNeighbour = 0.9  // balanced accuracy of the class of neighbours
	leakShare     = 0.05 // of judged rows that are known
	leakRows      = 10   // of a class, at least
	leakBenign    = 20000
	leakClass     = 5000
)

// Leaks looks for what gives the classes away that the episodes hold out: in the columns, in the order of the
// files, and in what stands on both sides of the cut. Large classes are looked at by evenly chosen rows.
func Leaks(d *Data, p NewAttack, episodes []Episode) (*Leakage, error) {
	rows, at := p.sample(d, heldOut(episodes))
	out := &Leakage{}
	columns, overTime, err := d.columns(rows)
	if err != nil {
		return nil, err
	}
	for c := range columns {
		for _, class := range heldOut(episodes) {
			if at[class] == nil {
				continue
			}
			s := sides{at[p.Benign], at[class]}
			if f, found := c.alone(s); found {
				f.Class = class
				out.Findings = append(out.Findings, f)
			}
			if f, found := c.identifies(s); found {
				f.Class = class
				out.Findings = append(out.Findings, f)
			}
		}
	}
	for _, class := range heldOut(episodes) {
		if at[class] == nil {
			continue
		}
		if f, found := orderTells(d, p, rows, sides{at[p.Benign], at[class]}, overTime); found {
			f.Class = class
			out.Findings = append(out.Findings, f)
		}
	}
	seen := map[string]bool{}
	for i := range episodes {
		if e := &episodes[i]; !seen[e.Class] {
			seen[e.Class] = true
			if err := out.acrossTheCut(d, p, e); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		return cmp.Or(-cmpBool(a.Learned, b.Learned), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Class, b.Class))
	})
	return out, nil
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// heldOut gives the classes of episodes, in order.
func heldOut(episodes []Episode) (classes []string) {
	for i := range episodes {
		if c := episodes[i].Class; len(classes) == 0 || classes[len(classes)-1] != c {
			classes = append(classes, c)
		}
	}
	return classes
}

// sides are positions among the rows that are looked at: benign ones, and those of a class.
type sides struct{ benign, class []int }

// sample chooses rows evenly, in the order of the files, and says where each class's are among them; a
// class with too few rows has none.
func (p NewAttack) sample(d *Data, classes []string) (rows []int, at map[string][]int) {
	for _, c := range append([]string{p.Benign}, classes...) {
		most := leakClass
		if c == p.Benign {
			most = leakBenign
		}
		of := d.Of(c)
		if len(of) < leakRows {
			continue
		}
		n := min(len(of), most)
		for i := range n {
			rows = append(rows, of[i*len(of)/n])
		}
	}
	slices.Sort(rows)
	at = map[string][]int{}
	for i, r := range rows {
		at[d.Label[r]] = append(at[d.Label[r]], i)
	}
	return rows, at
}

// overTimeOf reports whether a feature of the contract depends on earlier records.
func overTimeOf(c *feature.Contract) bool {
	return slices.ContainsFunc(c.Features, func(f feature.Feature) bool { return f.OverTime })
}
