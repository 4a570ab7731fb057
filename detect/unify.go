package detect

import (
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
)

// unify gives records of files whose schemas are open the fields of all of them, and names those that not all have.
// Where a schema is not, holds a field to be of another kind, or has less than half of its fields in common with
// those before it, nothing is done: whoever goes on to inspect the records will say that they are of different tables.
func unify(kept []sampled) (lacking []string) {
	all := &inkling.Schema{Open: true}
	var schemas []*inkling.Schema
	for i := range kept {
		s := kept[i].record.Schema
		if slices.Contains(schemas, s) {
			continue
		}
		if !join(all, s) {
			return nil
		}
		schemas = append(schemas, s)
	}
	for _, f := range all.Fields {
		if slices.ContainsFunc(schemas, func(s *inkling.Schema) bool { return s.Index(f.Name) < 0 }) {
			lacking = append(lacking, f.Name)
		}
	}
	for i := range kept {
		if r := &kept[i].record; len(schemas) > 1 {
			*r = laidOut(r, all)
		}
	}
	return lacking
}

// join adds the fields of s to those of all, and reports whether they go together.
func join(all, s *inkling.Schema) bool {
	if !s.Open {
		return false
	}
	common := 0
	for _, f := range s.Fields {
		if i := all.Index(f.Name); i >= 0 {
			if common++; all.Fields[i].Kind != f.Kind {
				return false
			}
		}
	}
	if len(all.Fields) > 0 && 2*common < len(s.Fields) {
		return false
	}
	all.Name = s.Name
	for _, f := range s.Fields {
		if all.Index(f.Name) < 0 {
			all.Fields = append(all.Fields, f)
		}
	}
	return true
}

// laidOut gives r with the fields of a schema that has all of its own.
func laidOut(r *inkling.Record, s *inkling.Schema) inkling.Record {
	out := inkling.Record{Schema: s, Origin: r.Origin, Num: make([]float64, len(s.Fields)), Text: make([][]byte, len(s.Fields))}
	for i, f := range s.Fields {
		out.Num[i] = math.NaN()
		if k := r.Schema.Index(f.Name); k >= 0 {
			out.Num[i], out.Text[i] = r.Num[k], r.Text[k]
		}
	}
	return out
}
