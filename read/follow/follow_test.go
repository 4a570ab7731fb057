package follow_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
)

// changes are what happens to a log while it is followed. Ten records were written before and read;
// all that are written have to be read, in order.
var changes = []struct {
	name string
	do   func(*writer)
	says string
}{
	{"appended", func(w *writer) { w.write(5) }, ""},
	{"moved, the program goes on in the old file", func(w *writer) { w.move("conn.log.1"); w.write(3); w.create(); w.write(4) }, "rotated"},
	{"moved and compressed", func(w *writer) { w.write(3); to := w.rotate("conn.log.1"); w.pack(to, ".gz"); w.write(4) }, "rotated"},
	{"moved, another begun, the program still in the old one", func(w *writer) {
		old := w.f
		w.move("conn.log.1")
		w.create()
		w.f, old = old, w.f
		w.write(3)
		w.f = old
		w.write(4)
	}, "rotated"},
	{"moved twice", func(w *writer) {
		w.write(3)
		w.rotate("conn.2026-01-01.log")
		w.write(4)
		w.rotate("conn.2026-01-02.log")
		w.write(5)
	}, "more than once"},
	{"moved three times and compressed", func(w *writer) {
		w.write(3)
		w.rotate("conn.log.a")
		for range 2 {
			w.write(4)
			w.pack(w.rotate(fmt.Sprintf("conn.log-2026010%d", w.file)), ".gz")
		}
		w.write(5)
	}, "more than once"},
	{"truncated", func(w *writer) { w.truncate(); w.write(5) }, "truncated after line"},
	{"truncated and longer than before", func(w *writer) { w.truncate(); w.write(500) }, "truncated after line"},
	{"copied and truncated", func(w *writer) { w.write(3); w.copyTruncate("conn.log.1"); w.write(5) }, "the rest of what it held is read from"},
	{"copied and truncated twice", func(w *writer) {
		w.write(3)
		w.copyTruncate("conn.log.1")
		w.write(5)
		w.must(os.Rename(w.beside("conn.log.1"), w.beside("conn.log.2")))
		w.copyTruncate("conn.log.1")
		w.write(6)
	}, "the rest of what it held is read from"},
	{"replaced", func(w *writer) {
		path := w.path
		w.path = w.beside("new")
		w.create()
		w.write(5)
		w.must(os.Rename(w.path, path))
		w.path = path
	}, "rotated"},
	{"removed and back", func(w *writer) { w.must(os.Remove(w.path)); w.create(); w.write(5) }, "rotated"},
	{"moved away and back", func(w *writer) { w.move("elsewhere"); w.must(os.Rename(w.beside("elsewhere"), w.path)); w.write(5) }, ""},
}

func TestChanges(t *testing.T) {
	for _, f := range forms {
		for _, c := range changes {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				w := begin(t, f)
				w.write(10)
				v := watch(w, follow.Options{})
				v.read(1, 10)
				c.do(w)
				v.read(11, w.n)
				if c.says != "" && !(f.name == "csv" && c.name == "truncated and longer than before") { // it begins as before
					v.says(c.says)
				}
				v.quiet()
				if v.broken > 0 {
					t.Errorf("%d broken records", v.broken)
				}
			})
		}
	}
}

// The same while the reader waits, and from the position that another reader left.
func TestChangesMeanwhile(t *testing.T) {
	for _, f := range forms {
		for _, c := range changes {
			t.Run(f.name+"/"+c.name, func(t *testing.T) {
				w := begin(t, f)
				w.write(10)
				v := watch(w, follow.Options{})
				v.read(1, 7)
				at := v.r.Position(v.r.Place(), 1)
				v.r.Close()
				lost := strings.HasPrefix(c.name, "truncated") || strings.HasPrefix(c.name, "replaced") || strings.HasPrefix(c.name, "removed")
				if lost {
					at.Place.Line += 100
				}
				c.do(w)
				v = watch(w, follow.Options{Resume: &at, From: at.Place})
				if lost { // what was not read went with the file
					v.read(11, w.n)
					v.says("are lost")
				} else {
					v.read(8, w.n)
				}
				v.quiet()
				if v.broken > 0 {
					t.Errorf("%d broken records", v.broken)
				}
			})
		}
	}
}

// A reader that goes on from any record of any file gives all that follow, and nothing twice, also when it
// goes on again and again.
func TestResumeAnywhere(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			w := begin(t, f)
			w.write(5)
			v := watch(w, follow.Options{})
			var at follow.Position
			n := 0
			for range 40 {
				if n < w.n {
					v.read(n+1, n+1)
					n++
				}
				at = v.r.Position(v.r.Place(), 1)
				v.r.Close()
				switch n % 6 {
				case 1:
					w.write(2)
				case 2:
					w.rotate(fmt.Sprintf("conn.log-2026-%d", w.file))
					w.write(1)
				case 3:
					w.pack(w.rotate(fmt.Sprintf("conn.log-2026-%d", w.file)), []string{".gz", ".zst"}[n%2])
					w.write(2)
				case 4:
					w.copyTruncate(fmt.Sprintf("conn.log-2026-%d", w.file))
					w.write(2)
				}
				v = watch(w, follow.Options{Resume: &at, From: at.Place})
			}
			v.read(n+1, w.n)
			v.quiet()
		})
	}
}

// From no place, but with the position: everything is given again, from the first file on.
func TestReadAgain(t *testing.T) {
	w := begin(t, zeek)
	w.write(5)
	v := watch(w, follow.Options{})
	v.read(1, 5)
	w.pack(w.rotate("conn.log.1"), ".gz")
	w.write(5)
	v.read(6, 8)
	at := v.r.Position(v.r.Place(), 1)
	v.r.Close()
	if len(at.Files) != 2 || at.Place != (follow.Place{File: 2, Line: 8}) {
		t.Errorf("position %+v", at)
	}
	w.rotate("conn.log.0")
	w.write(5)
	v = watch(w, follow.Options{Resume: &at})
	v.read(1, w.n)
	if p := v.r.Place(); p != (follow.Place{File: 3, Line: 10}) {
		t.Errorf("place %+v", p)
	}
}

// Zeek archives its logs in folders of days.
func TestOtherFolder(t *testing.T) {
	w := begin(t, zeek)
	w.write(10)
	v := watch(w, follow.Options{})
	v.read(1, 4)
	at := v.r.Position(v.r.Place(), 1)
	v.r.Close()
	archive := filepath.Join(t.TempDir(), "2026-01-01")
	w.must(os.Mkdir(archive, 0o700))
	w.must(os.Rename(w.path, filepath.Join(archive, "conn.00:00:00-01:00:00.log")))
	w.pack(filepath.Join(archive, "conn.00:00:00-01:00:00.log"), ".gz")
	w.create()
	w.write(3)
	v = watch(w, follow.Options{Resume: &at, From: at.Place, Beside: []string{filepath.Dir(archive)}})
	v.read(5, w.n)
	v.says("00:00:00-01:00:00.log.gz, which is read first")
}

// A compressed file that is damaged, as by a disk that was full, does not keep those after it waiting: each start would end there again.
func TestDamagedRotated(t *testing.T) {
	w := begin(t, zeek)
	w.write(10)
	v := watch(w, follow.Options{})
	v.read(1, 4)
	at := v.r.Position(v.r.Place(), 1)
	v.r.Close()
	w.pack(w.rotate("conn.log.1"), ".gz")
	w.write(3)
	packed := w.beside("conn.log.1.gz")
	info, err := os.Stat(packed)
	w.must(err)
	w.must(os.Truncate(packed, info.Size()-4)) // all records are there, but not the end of the checksum
	v = watch(w, follow.Options{Resume: &at, From: at.Place})
	v.read(5, w.n)
	v.says("conn.log.1.gz is damaged, and what is behind in it left out")
	for _, s := range v.said() {
		if strings.Contains(s, "read to its end") {
			t.Errorf("told %q", s)
		}
	}
}

// What is only named as a rotated file is told of and passed over.
func TestStrangerNamedAsRotated(t *testing.T) {
	w := begin(t, zeek)
	w.write(10)
	v := watch(w, follow.Options{})
	v.read(1, 10)
	at := v.r.Position(v.r.Place(), 1)
	v.r.Close()
	w.rotate("conn.log.1")
	w.must(os.WriteFile(w.beside("conn.log.1-notes"), []byte("\x00\x01\x02 no log\n"), 0o600))
	w.write(3)
	v = watch(w, follow.Options{Resume: &at, From: at.Place})
	v.read(11, w.n)
	v.says("conn.log.1-notes: cannot be read, its records are left out")
}

// So is one of a format that can be read, but of other records; also when the next run reads again from the file before.
func TestOthersRecordsNamedAsRotated(t *testing.T) {
	w := begin(t, zeek)
	w.write(10)
	fits := func(rec *inkling.Record) error {
		if rec.Schema.Index(w.form.field) < 0 {
			return fmt.Errorf("no %s in %s", w.form.field, rec.Origin.File)
		}
		return nil
	}
	v := watch(w, follow.Options{})
	v.read(1, 10)
	from := v.r.Place()
	at := v.r.Position(from, 1)
	v.r.Close()
	w.rotate("conn.log.1")
	w.must(os.WriteFile(w.beside("conn.log.1.csv"), []byte("day,flows\n1,10\n2,20\n"), 0o600))
	w.write(3)
	for range 2 {
		v = watch(w, follow.Options{Resume: &at, From: from, Fits: fits})
		v.read(11, w.n)
		v.says("conn.log.1.csv: is named as the log, rotated, but its records are others, and left out: no uid in")
		at = v.r.Position(v.r.Place(), 1)
		v.r.Close()
	}
}

// Half a line is waited for; the last one of a file that was moved away is told of.
func TestHalfLines(t *testing.T) {
	w := begin(t, zeek)
	v := watch(w, follow.Options{})
	go func() {
		for n := 1; n <= 20; n++ {
			for _, c := range zeek.record(n) {
				w.f.WriteString(string(c))
				if n < 3 {
					time.Sleep(time.Millisecond)
				}
			}
		}
	}()
	v.read(1, 20)
	if v.broken > 0 {
		t.Errorf("%d broken records", v.broken)
	}
	w.n = 20
	w.text("17000")
	w.rotate("conn.log.1")
	w.write(2)
	v.read(21, 22)
	if v.broken != 1 {
		t.Errorf("%d broken records", v.broken)
	}
}

// A header is written in parts, and another one with other columns comes in the middle of the file.
func TestSchemaChanges(t *testing.T) {
	w := begin(t, form{head: nothing, record: zeek.record, field: "uid"})
	v := watch(w, follow.Options{})
	go func() {
		for _, c := range zeek.head(1) + zeek.record(1) {
			w.f.WriteString(string(c))
			time.Sleep(100 * time.Microsecond)
		}
	}()
	v.read(1, 1)
	w.text("#fields\tuid\tmore\tts\n#types\tstring\tcount\ttime\nC2\t7\t1700000000.5\n")
	v.read(2, 2)
	w.text(zeek.head(2) + zeek.record(3))
	v.read(3, 3)
}

// Only what is appended after End is new.
func TestEnd(t *testing.T) {
	for _, f := range forms {
		w := begin(t, f)
		w.write(10)
		half := f.record(11)
		w.text(half[:4])
		at, ok, err := read.End(w.path, read.Options{})
		if err != nil || !ok {
			t.Fatal(err)
		}
		w.text(half[4:])
		w.n++
		w.write(3)
		v := watch(w, follow.Options{Resume: &at, From: at.Place})
		v.read(11, 14)
	}
}

// So is a record whose quotes hold the line end that End finds last.
func TestEndInsideQuotes(t *testing.T) {
	for name, o := range map[string]read.Options{"with a header": {}, "without": {Names: []string{"n", "uid", "text"}}} {
		t.Run(name, func(t *testing.T) {
			w := begin(t, form{"csv", nothing, forms[len(forms)-1].record, "uid"})
			if len(o.Names) == 0 {
				w.text("n,uid,text\n")
			}
			w.write(10)
			half := w.form.record(11)
			at := strings.IndexByte(half, '\n') + 3
			w.text(half[:at])
			end, ok, err := read.End(w.path, o)
			if err != nil || !ok {
				t.Fatal(err)
			}
			w.text(half[at:])
			w.n++
			w.write(3)
			r, err := read.Follow(w.path, o, follow.Options{Resume: &end, From: end.Place})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var rec inkling.Record
			if err := r.Read(&rec); err != nil || string(rec.Text[1]) != "C11" {
				t.Errorf("the first record is %q (%v), want C11", rec.Text, err)
			}
		})
	}
}

// What cannot be read is told where it comes first, and not where a run before has passed it.
func TestUnreadableFirst(t *testing.T) {
	w := begin(t, zeek)
	w.text("no record\n")
	w.write(2)
	end, _, err := read.End(w.path, read.Options{})
	w.must(err)
	for _, line := range []int{0, end.Place.Line} {
		at := end
		at.Place.Line = line
		v := watch(w, follow.Options{Resume: &at, From: at.Place})
		from, broken := 1, 1
		if line > 0 {
			from, broken = 3, 0
			w.write(1)
		}
		if v.read(from, w.n); v.broken != broken {
			t.Errorf("from line %d: %d broken records, want %d", line, v.broken, broken)
		}
	}
}

// What does not grow is read to its end.
func TestNoLog(t *testing.T) {
	for _, ext := range []string{".gz", ".zst"} {
		w := begin(t, zeek)
		w.write(10)
		w.pack(w.path, ext)
		w.path += ext
		if _, ok, err := read.End(w.path, read.Options{}); ok || err != nil {
			t.Errorf("%s grows (%v)", ext, err)
		}
		v := watch(w, follow.Options{})
		v.read(1, 6)
		at := v.r.Position(v.r.Place(), 1)
		v = watch(w, follow.Options{Resume: &at, From: at.Place})
		v.read(7, 10)
		for range 2 {
			var rec inkling.Record
			if err := v.r.Read(&rec); err != io.EOF {
				t.Errorf("%s: %v at the end", ext, err)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := read.Follow(filepath.Join(dir, "none.log"), read.Options{}, follow.Options{})
	if inkling.CodeOf(err) != inkling.NotFound || !strings.Contains(err.Error(), "none.log: cannot open: no such file") {
		t.Error(err)
	}
	w := begin(t, form{head: nothing, field: "uid"})
	w.text("neither this nor that\n")
	r, err := read.Follow(w.path, read.Options{}, follow.Options{})
	w.must(err)
	defer r.Close()
	var rec inkling.Record
	if err := r.Read(&rec); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "not recognised") {
		t.Error(err)
	}
	gone := follow.Position{Place: follow.Place{File: 1, Line: 10}, Files: []follow.File{{Number: 1, Inode: 1, Prefix: 9, Sum: "x"}}}
	w = begin(t, zeek)
	w.write(2)
	v := watch(w, follow.Options{Resume: &gone, From: gone.Place})
	v.read(1, 2)
	v.says("records from there on are lost")
}

// Between finding a file and opening it the log may be rotated: another one then goes by the name.
func TestRotatedBeforeOpening(t *testing.T) {
	for _, numbered := range []bool{false, true} { // the names of older files change too
		w := begin(t, zeek)
		w.write(5)
		v := watch(w, follow.Options{})
		v.read(1, 3)
		at := v.r.Position(v.r.Place(), 1)
		v.r.Close()
		from := 4
		if numbered {
			w.rotate("conn.log.1")
			w.write(5)
			v = watch(w, follow.Options{Resume: &at, From: at.Place})
			w.must(os.Rename(w.beside("conn.log.1"), w.beside("conn.log.2")))
			w.rotate("conn.log.1")
		} else {
			v = watch(w, follow.Options{Resume: &at, From: at.Place})
			w.rotate("conn.log.1")
		}
		w.write(5)
		v.read(from, w.n)
	}
}

// So it may be between looking for what came after a file and opening the log.
func TestRotatedAfterLooking(t *testing.T) {
	w := begin(t, zeek)
	w.write(5)
	var once sync.Once
	v := watch(w, follow.Options{Names: func(name string) bool {
		once.Do(func() { // while the folder is looked through
			w.rotate("conn.log.2")
			w.write(5)
		})
		return strings.HasPrefix(name, "conn.log.")
	}})
	v.read(1, 5)
	w.rotate("conn.log.1")
	w.write(5)
	v.read(6, 15)
}

// A damaged note may hold any number.
func TestResumeFromNonsense(t *testing.T) {
	w := begin(t, zeek)
	w.write(3)
	at := follow.Position{Place: follow.Place{File: 1, Line: 2}, Files: []follow.File{{Number: 1, Prefix: -2}}}
	v := watch(w, follow.Options{Resume: &at})
	v.says("is gone")
	v.read(1, 3)
}
