package detect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// Examples reads the records at the given lines, all records when lines is
// empty. Features over time see every record up to the last one wanted, as they would live.
func Examples(ctx context.Context, r inkling.Reader, file string, lines []int, c *feature.Contract) (Rows, error) {
	return new(Memory).Examples(ctx, r, file, lines, c, false)
}

// Examples is the function of that name for one of several files. Where another is to follow, it goes on to the end of this one.
// A file that is thinned has more than [MostExamples], and twice as many at most.
func (m *Memory) Examples(ctx context.Context, r inkling.Reader, file string, lines []int, c *feature.Contract, toEnd bool) (Rows, error) {
	if err := m.Begin(c); err != nil {
		return Rows{}, err
	}
	r = feature.Gather(c.Name, r)
	want := map[int]bool{}
	for _, l := range lines {
		want[l] = true
	}
	var out Rows
	var rec inkling.Record
	unread := map[int]error{} // wanted lines that cannot be read
	raw := make([]float64, len(c.Features))
	read, every := 0, 1 // records, of which each so many are taken
	for n := 0; toEnd || len(lines) == 0 || len(want) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return Rows{}, ctx.Err()
		}
		err := r.Read(&rec)
		if err == nil {
			err = m.Row(raw, &rec)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && (!inkling.Skippable(err) || len(lines) == 0) {
			return Rows{}, err
		}
		if err != nil {
			if line := placeLine(err); want[line] {
				unread[line] = err
			}
			continue
		}
		if len(lines) > 0 && !want[rec.Origin.Line] {
			continue
		}
		delete(want, rec.Origin.Line)
		if read++; (read-1)%every != 0 {
			continue
		}
		out.Raw = append(out.Raw, slices.Clone(raw))
		out.Origin = append(out.Origin, rec.Origin)
		out.Record = append(out.Record, rec.Map())
		out.Time = append(out.Time, timeOrZero(&rec))
		if m.Thin && len(lines) == 0 {
			if out.Len() > 2*MostExamples {
				out, every = out.half(), 2*every
			}
			continue
		}
		if out.Len() > MostExamples {
			return Rows{}, &inkling.Error{Code: inkling.Invalid, Place: file, What: fmt.Sprintf("more than %d examples", MostExamples), Remedy: "name the lines that show the attack: " + file + ":120,121,140"}
		}
	}
	if len(want) > 0 {
		missing := slices.Sorted(maps.Keys(want))
		if err := unread[missing[0]]; err != nil {
			return Rows{}, err
		}
		return Rows{}, &inkling.Error{Code: inkling.NotFound, Place: file, What: fmt.Sprintf("no record at line %d", missing[0]), Remedy: "lines count from 1 and include the header; see one with: inkling features " + file + ":LINE"}
	}
	return out, nil
}

// placeLine gives the line that an error of a reader names, 0 when it names none.
func placeLine(err error) int {
	var e *inkling.Error
	if !errors.As(err, &e) {
		return 0
	}
	line, _ := strconv.Atoi(e.Place[strings.LastIndexByte(e.Place, ':')+1:])
	return line
}
