package csv

import (
	"errors"
	"fmt"
	"io"
	"slices"
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

// A quote that nobody closes costs its own line; quotes that are closed hold what they like.
func TestLostQuotes(t *testing.T) {
	rows := func(from, n int) (_ string, want []string) {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d,x,y\n", from+i)
			want = append(want, fmt.Sprintf("%d: a=%d b=x c=y", from+i, from+i))
		}
		return b.String(), want
	}
	text, want := rows(3, 1000)
	many, wantMany := rows(3, 300<<10) // more than a quoted field may hold
	for _, tt := range []struct {
		name, in string
		want     []string
		err      string
	}{
		{"to the end of the file", "1,\"x,y\n" + text, want, "t.csv:2: a quote that opens here is not closed; the lines behind it"},
		{"of a long file", "1,\"x,y\n" + many, wantMany, "t.csv:2: a quote that opens here is not closed; the lines behind it"},
		{"until another opens", "1,\"x,y\n" + text + "1003,\"u\",\"v, w\"\n", append(want[:1000:1000], "1003: a=1003 b=u c=v, w"), "t.csv:2: a quote that opens here is not closed before another opens in line 1003"},
		{"the first column's, every field in quotes", "\"1,\"x\",\"y\"\n\"3\",\"\",\"y\"\n\"4\",\"x\",\"y\"\n", []string{"3: a=3 c=y", "4: a=4 b=x c=y"}, "t.csv:2: the record has 2 columns"},
		{"the last column's, every field in quotes", "\"1\",\"x\",\"y\n\"3\",\"\",\"y\"\n", []string{"3: a=3 c=y"}, "t.csv:2: a quote"},
		{"before an empty one", "\"1\",\"x\",\"y\n\"\",\"x\",\"y\"\n", []string{"3: b=x c=y"}, "t.csv:2: a quote"},
		{"before one that begins with a quote", "1,\"x,y\n3,\"\"\"x\"\" z\",y\n", []string{"3: a=3 b=\"x\" z c=y"}, "t.csv:2: a quote"},
		{"before lines in quotes", "1,\"x,y\n3,\"two\nlines\",y\n5,x,y\n", []string{"3: a=3 b=two\nlines c=y", "5: a=5 b=x c=y"}, "t.csv:2: a quote"},
		{"twice", "1,\"x,y\n3,x,y\n4,\"x,y\n5,x,y\n6,\"x\",y\n", []string{"3: a=3 b=x c=y", "5: a=5 b=x c=y", "6: a=6 b=x c=y"}, "t.csv:2: a quote"},
		{"the second that holds lines", "1,\"two\nlines\",\"y\n4,x,y\n5,\"x\",y\n", []string{"4: a=4 b=x c=y", "5: a=5 b=x c=y"}, "t.csv:2: a quote"},
		{"before a line that is too long", "1,\"x,y\n" + text + strings.Repeat("x", 2<<20) + "\n1004,x,y\n", append(want[:1000:1000], "1004: a=1004 b=x c=y"), "t.csv:1003: the line is longer"},
		{"none: a text of many lines, cut", "1,x,\"dear all,\n\nthree, commas, here\nbut not, there\nnor\nin, what, follows\nand so on", nil, "t.csv:2: the file ends inside"},
		{"none: a table in a field", "1,x,\"" + text + "\"\n1003,x,y\n", []string{"2: a=1 b=x c=" + text, "1003: a=1003 b=x c=y"}, ""},
		{"none: quotes in a field, doubled", "1,x,\"a\n\"\"b\"\", \"\"c\"\"\n,\"\"d\"\"\"\n5,x,y\n", []string{"2: a=1 b=x c=a\n\"b\", \"c\"\n,\"d\"", "5: a=5 b=x c=y"}, ""},
		{"none: a space behind the quote", "1,\"two\n\" ,y\n4,x,y\n", []string{"2: a=1 b=two\n  c=y", "4: a=4 b=x c=y"}, ""},
		{"none: a quote in the text that is not doubled", "1,\"two\nhe said \"hi\" then\",y\n4,x,y\n", []string{"2: a=1 b=two\nhe said hi\" then\" c=y", "4: a=4 b=x c=y"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, errs := readAll("a,b,c\n" + tt.in)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%d rows, want %d: %.300q", len(got), len(tt.want), got)
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

// In a table that is being written, a quote that nobody closes holds up a hundred lines, and text in quotes none.
func TestLostQuoteLive(t *testing.T) {
	records := strings.Repeat("1,x,y\n", waits)
	for name, tt := range map[string]struct {
		in   string
		line int // of the record that is read, after as many errors
		errs int
	}{
		"a lost quote":  {"1,\"x,y\n" + records + "2,x,y\n", 3, 1},
		"a long text":   {"1,\"" + strings.Repeat("dear all\n", waits+5) + "\",y\n" + records, 2, 0},
		"and once more": {"1,\"x\n" + strings.Repeat("dear all\n", waits+5) + strings.Repeat("1,x,y\n", 3*waits), 3 + waits + 5, 1},
		"behind text":   {"1,\"x" + strings.Repeat("\n", waits/2) + strings.Repeat("1,x,y\n", 2*waits), 3 + waits/2 - 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			out, in := io.Pipe()
			defer out.Close()
			go func() {
				io.WriteString(in, "a,b,c\n"+tt.in)
				in.CloseWithError(errors.New("more was asked for"))
			}()
			r := NewReader(out, "t.csv", nil).Live(true)
			var rec inkling.Record
			errs := 0
			for err := r.Read(&rec); err != nil || string(rec.Text[2]) != "y"; err = r.Read(&rec) {
				if errs++; !inkling.Skippable(err) || errs > 3*waits {
					t.Fatal(err)
				}
			}
			if rec.Origin.Line != tt.line || errs < tt.errs {
				t.Errorf("line %d after %d errors, want %d after %d", rec.Origin.Line, errs, tt.line, tt.errs)
			}
		})
	}
}
