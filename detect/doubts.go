package detect

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read/line"
)

// Bounds of what is doubted.
const (
	mostDoubts   = 8
	mostLabels   = 64 // values of a column of labels
	toldLabels   = 4
	fewestValues = 20 // that a column needs to be called a number or time of the record
)

// doubts tells, of a sample of records in their order, what whoever makes a baseline of them may have overlooked: labels
// that nobody asked about, and columns of a table that tell records apart, not attacks.
func doubts(kept []sampled, files int, o BaselineOptions) (out []string) {
	s := kept[0].record.Schema
	kept = slices.DeleteFunc(slices.Clone(kept), func(k sampled) bool { // other files may have other fields
		return k.record.Schema != s && !slices.Equal(k.record.Schema.Fields, s.Fields)
	})
	var columns []feature.TableColumn // of a table whose columns nobody has looked at
	if o.Schema == "table" && o.Pinned == nil {
		if t, err := feature.InferTable(s, recordsOf(kept), feature.InferOptions{}); err == nil {
			columns = t.Columns
		}
	}
	var others []string
	if at := slices.IndexFunc(s.Fields, func(f inkling.Field) bool { return isValue(f.Name) }); at >= 0 && columns != nil {
		out = append(out, fmt.Sprintf("the header calls a column %q: if the file has no header line, name its columns with --names", s.Fields[at].Name))
	}
	for i, f := range s.Fields {
		learned := columns != nil && f.Kind != inkling.Time && f.Name != o.Label && !slices.Contains(o.Drop, f.Name)
		switch {
		case feature.NamesLabels(f.Name):
			out = append(out, doubtLabels(kept, i, learned, o.Label != "")...)
		case !learned:
		case columns[i].Doubt != "":
			others = append(others, fmt.Sprintf("column %q %s", f.Name, columns[i].Doubt))
		case rises(kept, i, files):
			others = append(others, leaveOut(f.Name, "never falls from row to row: a number or time of the record"))
		case columns[i].Kind == feature.IdentifierColumn:
			others = append(others, leaveOut(f.Name, columns[i].Why))
		case columns[i].Kind == feature.TimeColumn:
			others = append(others, leaveOut(f.Name, "holds times: "+columns[i].Why))
		}
	}
	out = append(out, others...) // after the labels, which are worse and often stand last
	if more := len(out) - mostDoubts; more > 0 {
		out = append(out[:mostDoubts], fmt.Sprintf("%d more columns are to be doubted; see inkling schema", more))
	}
	return out
}

// doubtTimes doubts the volume where the time that all records span is mostly that of a few at its ends, as where a clock was wrong.
func doubtTimes(kept []sampled, seconds float64) []string {
	var times []float64
	for i := range kept {
		if t := recordTime(&kept[i].record); !math.IsNaN(t) {
			times = append(times, t)
		}
	}
	if len(times) < 3 {
		return nil
	}
	slices.Sort(times)
	few := max(1, len(times)/100)
	most := times[len(times)-1-few] - times[few]
	if seconds <= mostlyFew*most || seconds < day {
		return nil
	}
	return []string{fmt.Sprintf("nearly all records are of %s, a few others make it %s: if a clock was wrong there, so are records and false alarms a day", lasting(most), lasting(seconds))}
}

const (
	mostlyFew = 20 // times as long as without the few
	day       = 86400
)

// lasting writes a time in seconds or days, with three digits or whole.
func lasting(seconds float64) string {
	n, unit := seconds, "seconds"
	if n >= day {
		n, unit = n/day, "days"
	}
	if n >= 100 {
		return fmt.Sprintf("%.0f %s", n, unit)
	}
	return fmt.Sprintf("%.3g %s", n, unit)
}

// isValue reports whether a column has a measurement for a name, as where a row was taken for the header; years and counts name columns too.
func isValue(name string) bool {
	_, ok := line.Number([]byte(name))
	return ok && strings.ContainsAny(name, ".-")
}

// LeaveOut stands before the name of a column, quoted where a shell needs it, in a doubt that ends in how to leave it out.
const LeaveOut = "; leave it out with --drop "

func leaveOut(column, why string) string {
	return fmt.Sprintf("column %q %s%s%s", column, why, LeaveOut, inkling.Quoted(column))
}

// doubtLabels doubts a column whose name says that it holds labels.
func doubtLabels(kept []sampled, i int, learned, asked bool) []string {
	name := kept[0].record.Schema.Fields[i].Name
	count := map[string]int{}
	for k := range kept {
		if v := string(kept[k].record.Written(i)); v != "" && len(count) <= mostLabels {
			count[v]++
		}
	}
	if !asked && len(count) > 1 && len(count) <= mostLabels {
		labels := commonestFirst(count)
		return []string{fmt.Sprintf("column %q looks like labels (%s), and every record was taken for benign; keep the benign ones with --label %s --benign %s",
			name, tellShares(count, labels), inkling.Quoted(name), inkling.Quoted(likelyBenign(labels)))}
	}
	if learned {
		return []string{leaveOut(name, "looks like labels")}
	}
	return nil
}

// rises reports whether a column of numbers falls nowhere but where a file begins.
func rises(kept []sampled, i, files int) bool {
	falls, values, last := 0, 0, 0.0
	for k := range kept {
		v, ok := line.Number(kept[k].record.Written(i))
		switch {
		case !ok:
			return false
		case values == 0 || v > last:
			values++
		case v < last:
			falls++
		}
		last = v
	}
	return values >= fewestValues && falls < files
}

func commonestFirst(count map[string]int) (labels []string) {
	for l := range count {
		labels = append(labels, l)
	}
	slices.SortFunc(labels, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return labels
}

// tellShares tells the first few labels.
func tellShares(count map[string]int, labels []string) string {
	n := 0
	for _, c := range count {
		n += c
	}
	var told []string
	for _, l := range labels[:min(len(labels), toldLabels)] {
		told = append(told, fmt.Sprintf("%s %.3g %%", l, 100*float64(count[l])/float64(n)))
	}
	if more := len(labels) - toldLabels; more > 0 {
		told = append(told, fmt.Sprintf("%d more", more))
	}
	return strings.Join(told, ", ")
}

// benignNames are what records without an attack are called, the surest first.
var benignNames = []string{"benign", "normal", "legitimate", "legit", "genuine", "clean", "background", "none", "no", "false", "f", "0"}

// likelyBenign gives the label that means benign by its first word, VALUE where none does.
func likelyBenign(labels []string) string {
	for _, name := range benignNames {
		for _, l := range labels {
			word, _, _ := strings.Cut(strings.ToLower(l), " ")
			if strings.Trim(word, ".") == name {
				return l
			}
		}
	}
	return "VALUE"
}

func recordsOf(kept []sampled) iter.Seq[*inkling.Record] {
	return func(yield func(*inkling.Record) bool) {
		for i := range kept {
			if !yield(&kept[i].record) {
				return
			}
		}
	}
}
