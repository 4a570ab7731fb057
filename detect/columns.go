package detect

import (
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Columns tells learners what a scaler's columns are. A rank is another
// view of its number only where the logarithm stands beside it.
func Columns(s *feature.Scaler) []meta.Column {
	columns := s.Columns()
	out, logged := make([]meta.Column, len(columns)), map[int]bool{}
	for _, c := range columns {
		if c.View == feature.ViewLog {
			logged[c.Feature] = true
		}
	}
	for i, c := range columns {
		switch {
		case c.View == feature.ViewLevel || c.View == feature.ViewMissing:
			out[i] = meta.Level
		case c.View == feature.ViewRank && logged[c.Feature]:
			out[i] = meta.View
		}
	}
	return out
}
