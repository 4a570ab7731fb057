package read

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/argus"
	"github.com/inkling-sec/inkling/read/eve"
	"github.com/inkling-sec/inkling/read/pcap"
	"github.com/inkling-sec/inkling/read/readtest"
)

// corpus are the sets whose every file is read.
var corpus = []string{"zeek-btest-traces", "slips-test-captures", "zed-sample-zeek", "stratosphere-labeled-zeek"}

// TestCorpus reads every file of public data, those in archives too, to its end or a clear error, and holds what is
// read to a count by other means. Files of up to 64 KiB are read as every format, and cut and damaged, too.
func TestCorpus(t *testing.T) {
	data := cmp.Or(os.Getenv("INKLING_DATA"), filepath.Join("..", "..", "shared", "data"))
	for _, set := range corpus {
		t.Run(set, func(t *testing.T) {
			files := 0
			err := filepath.WalkDir(filepath.Join(data, set), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				return unpack(t, strings.TrimPrefix(path, data), b, func(name string, b []byte) {
					files++
					t.Run(name, func(t *testing.T) { readCorpusFile(t, b) })
				})
			})
			if errors.Is(err, fs.ErrNotExist) && files == 0 {
				t.Skip(set + " is not there; set INKLING_DATA to the folder that holds it")
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d files", files)
		})
	}
}

// unpack gives the file, or those in it where it is an archive.
func unpack(t *testing.T, name string, b []byte, do func(name string, b []byte)) error {
	br, _, err := plain(bytes.NewReader(b), name)
	if err != nil {
		return err
	}
	if b, err = io.ReadAll(br); err != nil {
		return err
	}
	if !strings.Contains(name, ".tar.") {
		do(name, b)
		return nil
	}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if b, err = io.ReadAll(r); err != nil {
			return err
		}
		if err := unpack(t, h.Name, b, do); err != nil {
			return err
		}
	}
}

func readCorpusFile(t *testing.T, b []byte) {
	var inner inkling.Reader
	format := ""
	open := func(o Options) readtest.Open {
		return func(r io.Reader, file string) (rr inkling.Reader, err error) {
			inner, format, err = New(r, file, o)
			return inner, err
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	records, errs := readtest.Drain(t, open(Options{}), b)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("read in %v", took)
	}
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+16*len(b)); got > most {
		t.Errorf("%d bytes allocated for %d, over %d", got, len(b), most)
	}
	countOtherwise(t, format, b, inner, records, errs)
	if len(b) > 64<<10 {
		return
	}
	for _, f := range Formats {
		readtest.Drain(t, open(Options{Format: f.Name}), b)
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(b))))
	for range 8 {
		damaged := bytes.Clone(b[:rng.IntN(len(b)+1)])
		for range min(len(damaged), 3) {
			damaged[rng.IntN(len(damaged))] = byte(rng.Uint32())
		}
		readtest.Drain(t, open(Options{}), damaged)
	}
}

// What may be refused in logs: Zeek's test suite masks times, and one line of a notice.log lacks a field.
const (
	masked = `"XXXXXXXXXX.XXXXXX" is not a time`
	broken = `p: "Notice::ACTION_LOG" is not a finite number`
)

// countOtherwise holds the records of a file to what a count without a reader gives.
func countOtherwise(t *testing.T, format string, b []byte, r inkling.Reader, records int, errs []error) {
	got, want := records+len(errs), 0
	switch r := r.(type) {
	case *pcap.Reader:
		got, want = int(r.Stats().Packets), packets(b)
	case *eve.Reader:
		got, want = records+len(errs)+r.Passed, lines(b)
	case *argus.Reader:
		got, want = records+len(errs)+r.Passed, lines(b)-1
	default:
		switch format {
		case "zeek", "zeek-json", "json":
			want = lines(b)
		case "csv":
			want = lines(b) - 1
		default:
			return
		}
	}
	for _, err := range errs {
		if !strings.Contains(err.Error(), masked) && !strings.Contains(err.Error(), broken) {
			t.Errorf("as %s: %v", format, err)
		}
	}
	if got != want {
		t.Errorf("as %s %d records, by another count %d; errors %v", format, got, want, errs)
	}
}

// lines counts those that are neither empty nor a comment.
func lines(b []byte) (n int) {
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			n++
		}
	}
	return n
}

// packets counts those of a capture by lengths alone.
func packets(b []byte) (n int) {
	var order binary.ByteOrder = binary.LittleEndian
	if len(b) < 24 {
		return 0
	}
	if binary.LittleEndian.Uint32(b) != 0x0a0d0d0a {
		if b[0] == 0xa1 {
			order = binary.BigEndian
		}
		extra := 0
		if order.Uint32(b) == 0xa1b2cd34 {
			extra = 8
		}
		for b = b[24:]; len(b) >= 16+extra; n++ {
			size := 16 + extra + int(order.Uint32(b[8:]))
			if size > len(b) {
				return n
			}
			b = b[size:]
		}
		return n
	}
	if binary.BigEndian.Uint32(b[8:]) == 0x1a2b3c4d {
		order = binary.BigEndian
	}
	for len(b) >= 12 {
		if kind := order.Uint32(b); kind == 2 || kind == 3 || kind == 6 {
			n++
		}
		size := int(order.Uint32(b[4:]))
		if size < 12 || size > len(b) {
			return n
		}
		b = b[size:]
	}
	return n
}
