package eval

import "github.com/inkling-sec/inkling/meta"

// tell gives the tasks of src, which say what their columns are.
func tell(src meta.Source, columns []meta.Column) meta.Source {
	return func(n uint64) *meta.Task {
		t := *src(n)
		t.Columns = columns
		return &t
	}
}
