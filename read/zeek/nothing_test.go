package zeek

import (
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// A number that is told as a text which stands for nothing is missing, as in the tab-separated form; any other text is an error.
func TestNumberThatIsNothing(t *testing.T) {
	for text, want := range map[string]bool{`"-"`: true, `""`: true, `null`: true, `"--"`: false, `" "`: false} {
		line := `{"_path":"conn","ts":1,"uid":"C","id.orig_h":"192.0.2.1","id.orig_p":1,"id.resp_h":"192.0.2.2","id.resp_p":2,"proto":"tcp","duration":` + text + `,"orig_bytes":7}` + "\n"
		r := NewJSON(strings.NewReader(line), "log")
		var rec inkling.Record
		err := r.Read(&rec)
		if missing := err == nil && math.IsNaN(rec.Num[rec.Schema.Index("duration")]) && rec.Num[rec.Schema.Index("orig_bytes")] == 7; missing != want || err != nil && !inkling.Skippable(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
