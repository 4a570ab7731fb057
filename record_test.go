package inkling

import (
	"slices"
	"testing"
)

// A copy keeps what it holds when the original's and an earlier copy's memory is used again, and knows empty from missing.
func TestRecordCopyTo(t *testing.T) {
	s := &Schema{Name: "x", Fields: []Field{{Name: "a", Kind: Text}, {Name: "b", Kind: Text}, {Name: "c"}, {Name: "d", Kind: Text}}}
	var r, c Record
	for _, text := range [][]string{{"", "", "-", ""}, {"one", "", "-", "three"}, {"-", "a longer text", "-", ""}, {"x", "y", "-", "-"}} {
		r.Reset(s)
		for i, v := range text {
			if v != "-" {
				r.Text[i] = []byte(v)
			}
		}
		r.Num[2], r.Origin.Line = float64(len(text[1])), r.Origin.Line+1
		r.CopyTo(&c)
		other := r.Clone()
		for _, b := range r.Text {
			clear(b)
		}
		for i, v := range text {
			if got := c.Text[i]; string(got) != string(other.Text[i]) || (got == nil) != (v == "-") || v != "-" && string(got) != v {
				t.Errorf("%q: text %d is %q", text, i, got)
			}
		}
		if c.Schema != s || c.Origin != r.Origin || !slices.Equal(c.Num[2:3], r.Num[2:3]) {
			t.Errorf("%q: %+v", text, c)
		}
		for i := range c.Text {
			_ = append(c.Text[i], '!') // does not reach the next
		}
		for i := range c.Text {
			if string(c.Text[i]) != string(other.Text[i]) {
				t.Errorf("%q: text %d is now %q", text, i, c.Text[i])
			}
		}
	}
}

func TestQuoted(t *testing.T) {
	for s, want := range map[string]string{"label": "label", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'", "a,b": "a,b", "…/x": "…/x"} {
		if got := Quoted(s); got != want {
			t.Errorf("%q: %s, not %s", s, got, want)
		}
	}
}
