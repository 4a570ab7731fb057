package csv

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

func readAll(in string, names ...string) (rows []string, errs []error) {
	r := NewReader(strings.NewReader(in), "t.csv", names)
	var rec inkling.Record
	for {
		switch err := r.Read(&rec); {
		case err == io.EOF:
			return rows, errs
		case err == nil:
			var s []string
			for i, f := range rec.Schema.Fields {
				if rec.Text[i] != nil {
					s = append(s, fmt.Sprintf("%s=%s", f.Name, rec.Text[i]))
				}
			}
			rows = append(rows, fmt.Sprintf("%d: %s", rec.Origin.Line, strings.Join(s, " ")))
		default:
			errs = append(errs, err)
			if !inkling.Skippable(err) {
				return rows, errs
			}
		}
	}
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, in string
		names    []string
		want     []string
		err      string
	}{
		{"header, BOM, spaces in names", "\xef\xbb\xbf a , b\n1,2\n", nil, []string{"2: a=1 b=2"}, ""},
		{"names given", "1,2\n3,4\n", []string{"a", "b"}, []string{"1: a=1 b=2", "2: a=3 b=4"}, ""},
		{"header again, as of tables put together", "a,b\n1,2\na,b\n\"a\",b\nb,a\n3,4\na,b\n", nil, []string{"2: a=1 b=2", "5: a=b b=a", "6: a=3 b=4"}, ""},
		{"a name that is a value too", "a\na\nb\n", nil, []string{"2: a=a", "3: a=b"}, ""},
		{"names given, and in the file", "a,b\n1,2\n", []string{"a", "b"}, []string{"1: a=a b=b", "2: a=1 b=2"}, ""},
		{"tab", "a\tb,c\td\n1\t2,3\t4\n", nil, []string{"2: a=1 b,c=2,3 d=4"}, ""},
		{"semicolon", "a;b\n1,5;2\n", nil, []string{"2: a=1,5 b=2"}, ""},
		{"CRLF and empty lines", "a,b\r\n\r\n1,2\r\n\r\n", nil, []string{"3: a=1 b=2"}, ""},
		{"no newline at the end", "a,b\n1,2", nil, []string{"2: a=1 b=2"}, ""},
		{"quotes", "a,b\n\"x,\"\"y\"\"\",2\n\"\",3\n", nil, []string{`2: a=x,"y" b=2`, "3: b=3"}, ""},
		{"quoted line ends; the record starts where its first line is", "a,b\n\"x\ny\",2\n3,4\n", nil, []string{"2: a=x\ny b=2", "4: a=3 b=4"}, ""},
		{"a stray quote", "a,b\nx\"y,2\n\"x\"y,3\n", nil, []string{`2: a=x"y b=2`, "3: a=xy b=3"}, ""},
		{"empty fields are missing", "a,b,c\n,,3\n", nil, []string{"2: c=3"}, ""},
		{"not UTF-8", "a,b\n\xff,2\n", nil, []string{"2: a=\xff b=2"}, ""},
		{"an empty name", "a,,c\n1,2,3\n", nil, []string{"2: a=1 column2=2 c=3"}, ""},
		{"tabs alone are missing values", "a\tb\n1\t2\n\t\n \n3\t4\n", nil, []string{"2: a=1 b=2", "3: ", "5: a=3 b=4"}, ""},
		{"delimiters in the header's quotes", "\"a,b,\"\"c\"\",d\";x\n\"1,2,3,4\";5\n", nil, []string{`2: a,b,"c",d=1,2,3,4 x=5`}, ""},
		{"names given, decimal commas", "1,5;2,5;3,5\n", []string{"a", "b", "c"}, []string{"1: a=1,5 b=2,5 c=3,5"}, ""},
		{"one name given", "x;y\n", []string{"a"}, []string{"1: a=x;y"}, ""},
		{"a quote in the header that is not closed", "5\" pipe;b;c\n1;2;3\n", nil, []string{`2: 5" pipe=1 b=2 c=3`}, ""},
		{"a long line inside quotes", "a,b\n\"x\n" + strings.Repeat("x", 10<<20) + "\n1,2\n", nil, []string{"4: a=1 b=2"}, "t.csv:3: the line is longer"},
		{"a long header", "a," + strings.Repeat("b", 1<<20) + "\n1,2\n3,4\n", nil, nil, "t.csv:1: the line is longer"},
		{"a wide header", strings.Repeat("a,", 1<<14) + "\n1,2\n3,4\n", nil, nil, "t.csv:1: more than 16384 columns"},
		{"a long line under names given", strings.Repeat("x", 10<<20) + "\n1,2\n", []string{"a", "b"}, []string{"2: a=1 b=2"}, "t.csv:1: the line is longer"},
		{"header only", "a,b\n", nil, nil, ""},
		{"too few columns", "a,b\n1\n3,4\n", nil, []string{"3: a=3 b=4"}, "t.csv:2: the record has 1 columns, the header 2"},
		{"too many columns", "a,b\n1,2,3\n3,4\n", nil, []string{"3: a=3 b=4"}, "t.csv:2: the record has 3 columns, the header 2"},
		{"cut in the last record", "a,b\n1,2\n3", nil, []string{"2: a=1 b=2"}, "t.csv:3: the file ends in the middle of this record"},
		{"cut inside quotes", "a,b\n1,2\n\"3", nil, []string{"2: a=1 b=2"}, "t.csv:3: the file ends inside a quoted field"},
		{"names twice", "a,a.1,a,a\n1,2,3,4\n", nil, []string{"2: a=1 a.1=2 a.2=3 a.3=4"}, ""},
		{"nothing", "\n\n", nil, nil, "t.csv: the table has no header row"},
		{"a long line", "a,b\n" + strings.Repeat("x", 10<<20) + "\n1,2\n", nil, []string{"3: a=1 b=2"}, "t.csv:2: the line is longer than 1048576 bytes"},
		{"a long quoted field", "a,b\n\"" + strings.Repeat("x\n", 600<<10) + "\",1\n", nil, nil, "t.csv:2: a quoted field is longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, errs := readAll(tt.in, tt.names...)
			if tt.name == "a long quoted field" {
				rows = nil // what follows is taken for records without a header's width
			}
			if g, w := strings.Join(rows, "|"), strings.Join(tt.want, "|"); g != w {
				t.Errorf("got %s, want %s", g, w)
			}
			if (len(errs) > 0) != (tt.err != "") || tt.err != "" && !strings.HasPrefix(errs[0].Error(), tt.err) {
				t.Errorf("errors %.300v, want %s", errs, tt.err)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for in, want := range map[string]bool{
		"a,b\n1,2\n": true, "a;b\n1;2\n": true, "a\tb\n1\t2\n": true, "a,b": true, "a,b\n": true,
		"": false, "a": false, "{\"a\":1,\"b\":2}\n": false, "hello world\nagain\n": false, "a,b\n1,2,3\n": false,
		"\x00\x01,\x02\n": false, "<a,b>\n": false, "Dear reader, this is text.\nIt has no columns.\n": false,
	} {
		if got := Match([]byte(in)); got != want {
			t.Errorf("Match(%q) = %v", in, got)
		}
	}
}

func open(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file, nil), nil }

const table = "name,size,note\nx,1,\"a, b\"\ny,2,\"two\nlines\"\nz,3,\n"

func TestBattery(t *testing.T) { readtest.Check(t, open, []byte(table)) }

func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}

func BenchmarkRead(b *testing.B) {
	text := "a,b,c,d,e,f,g,h\n" + strings.Repeat("1700000000.5,10.0.0.1,40000,tcp,0.5,12,34,\"x, y\"\n", 10000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var rec inkling.Record
	for b.Loop() {
		r := NewReader(strings.NewReader(text), "bench", nil)
		for r.Read(&rec) == nil {
		}
	}
}
