package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A verdict is what came of one flow of the other road: how ours of it differs.
type verdict struct {
	other   flow
	ours    flow // nil where we have none
	differs map[string]string
}

// tolerances are those of the fields whose numbers need not be equal.
type tolerances map[string]tolerance

// match finds for each flow of other the one of ours that is the same, and tells those of ours that are left.
func match(other, ours []flow, tol tolerances) (all []verdict, left []flow) {
	byEnds := map[string][]flow{}
	for _, f := range ours {
		byEnds[f.ends()] = append(byEnds[f.ends()], f)
	}
	for _, o := range other {
		v := verdict{other: o}
		candidates := byEnds[o.ends()]
		best := -1
		for i, c := range candidates {
			if d := differences(o, c, tol); best < 0 || nearer(o, c, candidates[best], len(d), len(v.differs)) {
				best, v.ours, v.differs = i, c, d
			}
		}
		if best >= 0 {
			byEnds[o.ends()] = slices.Delete(slices.Clone(candidates), best, best+1)
		}
		all = append(all, v)
	}
	for _, k := range slices.Sorted(maps.Keys(byEnds)) {
		left = append(left, byEnds[k]...)
	}
	return all, left
}

// nearer tells whether c is o rather than the best so far: by the time of the start, where the log has one, else by
// how many fields differ.
func nearer(o, c, best flow, differ, bestDiffer int) bool {
	t, ok := o["ts"].(float64)
	a, _ := c["ts"].(float64)
	b, _ := best["ts"].(float64)
	if da, db := abs(a-t), abs(b-t); ok && abs(da-db) > 1e-3 {
		return da < db
	}
	return differ < bestDiffer
}

func abs(x float64) float64 { return max(x, -x) }

// differences tells of each field in which the two do not agree how.
func differences(other, ours flow, tol tolerances) map[string]string {
	d := map[string]string{}
	if !other.sameDirection(ours) {
		if turned := ours.turned(); other.sameDirection(turned) {
			d["direction"] = "turned"
			ours = turned
		}
	}
	for _, name := range fields[1:] {
		v, has := other[name]
		if name == "service" && serves(v, ours[name]) {
			continue
		}
		if name == "history" && tol[name].letters && sameLetters(v, ours[name]) {
			continue
		}
		packets, _ := ours[strings.SplitN(name, "_", 2)[0]+"_pkts"].(float64)
		if has && !tol[name].agree(v, ours[name], packets) {
			d[name] = fmt.Sprintf("%v, ours %v", show(v), show(ours[name]))
		}
	}
	return d
}

// sameLetters tells whether two histories have the same letters, but for those of analysis that only a stream's reader makes.
func sameLetters(a, b any) bool {
	x, y := fmt.Sprint(show(a)), fmt.Sprint(show(b))
	for _, c := range "ShAaDdFfRr" {
		if strings.ContainsRune(x, c) != strings.ContainsRune(y, c) {
			return false
		}
	}
	return true
}

// serves tells whether our service is one of those that the other road names, or it names none: Zeek run bare
// looks for few.
func serves(other, ours any) bool {
	names, ok := other.(string)
	mine, _ := ours.(string)
	return !ok || slices.Contains(strings.Split(names, ","), mine)
}

func show(v any) any {
	if v == nil {
		return "-"
	}
	return v
}

// A tally counts agreement in each field.
type tally struct{ compared, agree map[string]int }

func count(all []verdict) (t tally, missing int) {
	t = tally{map[string]int{}, map[string]int{}}
	for _, v := range all {
		if v.ours == nil {
			missing++
		}
		for _, name := range fields {
			if value, has := v.other[name]; name != "direction" && (!has || name == "service" && value == nil) {
				continue
			}
			t.compared[name]++
			if _, differs := v.differs[name]; !differs && v.ours != nil {
				t.agree[name]++
			}
		}
	}
	return t, missing
}

// share is that of flows that agree in a field; 1 where none was compared.
func (t tally) share(name string) float64 {
	if t.compared[name] == 0 {
		return 1
	}
	return float64(t.agree[name]) / float64(t.compared[name])
}

// table prints a column for each group of flows.
func table(out io.Writer, names []string, groups [][]verdict) {
	fmt.Fprintf(out, "| field | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	fmt.Fprint(out, "| flows |")
	for _, g := range groups {
		fmt.Fprintf(out, " %d |", len(g))
	}
	fmt.Fprint(out, "\n| found |")
	for _, g := range groups {
		_, missing := count(g)
		fmt.Fprintf(out, " %d |", len(g)-missing)
	}
	fmt.Fprintln(out)
	for _, name := range fields {
		fmt.Fprintf(out, "| %s |", name)
		for _, g := range groups {
			t, _ := count(g)
			if t.compared[name] == 0 {
				fmt.Fprint(out, " - |")
				continue
			}
			fmt.Fprintf(out, " %.1f %% |", 100*t.share(name))
		}
		fmt.Fprintln(out)
	}
}

// tell lists the flows that differ, and those of ours that are left; place says where they are from.
func tell(out io.Writer, place string, all []verdict, left []flow) {
	for _, v := range all {
		if v.ours == nil {
			fmt.Fprintf(out, "%s: %v: not found\n", place, v.other)
			continue
		}
		if len(v.differs) == 0 {
			continue
		}
		var s []string
		for _, name := range fields {
			if d, ok := v.differs[name]; ok {
				s = append(s, name+" "+d)
			}
		}
		fmt.Fprintf(out, "%s: %v: %s\n", place, v.other, strings.Join(s, "; "))
	}
	for _, f := range left {
		fmt.Fprintf(out, "%s: only ours: %v\n", place, f)
	}
}
