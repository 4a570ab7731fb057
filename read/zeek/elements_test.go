package zeek

import (
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// A comma inside an element of a set or vector is none between two: of both forms, and of a log with another separator, the text is the same.
func TestCommaInsideElement(t *testing.T) {
	const head = "#separator \\x09\n#set_separator\tSEP\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tquery\tanswers\n#types\tstring\tvector[string]\n"
	for form, text := range map[string]string{
		"tsv":               strings.ReplaceAll(head, "SEP", ",") + "a,b\\x2cc.example\tTXT 9 v=1\\x2c\\\\x,192.0.2.1\n",
		"another separator": strings.ReplaceAll(head, "SEP", "|") + "a,b\\x2cc.example\tTXT 9 v=1,\\\\x|192.0.2.1\n",
		"json":              `{"_path":"dns","query":"a,b,c.example","answers":["TXT 9 v=1,\\x","192.0.2.1"]}` + "\n",
	} {
		var r inkling.Reader = NewTSV(strings.NewReader(text), "log")
		if form == "json" {
			r = NewJSON(strings.NewReader(text), "log")
		}
		var rec inkling.Record
		if err := r.Read(&rec); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		for name, want := range map[string]string{"query": "a,b,c.example", "answers": `TXT 9 v=1\x2c\x,192.0.2.1`} {
			if got := string(rec.Text[rec.Schema.Index(name)]); got != want {
				t.Errorf("%s: %s is %s, want %s", form, name, got, want)
			}
		}
	}
}

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
