package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// capture is one UDP packet of raw IPv4 from 10.0.0.1 to 10.0.0.2, and a second
// one a second later.
const captureHead = "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x65\x00\x00\x00"
const capturePacket = "\x00\x00\x00\x1d\x00\x00\x00\x1d\x00\x00\x00" +
	"\x45\x00\x00\x1d\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x9c\x40\x27\x0f\x00\x09\x00\x00x"
const captured = captureHead + "\x00\x00\x00\x60\x00" + capturePacket + "\x01\x00\x00\x60\x00" + capturePacket

const convertedRow = "1610612736.000000\tCjEyXYtLYLskcfcIl\t10.0.0.1\t40000\t10.0.0.2\t9999\tudp\t-\t1.000000\t2\t0\tS0\tT\tT\t0\tD\t2\t58\t0\t0\n"

func put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func runConvert(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := convertCmd()
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(ctx)
	return out.String(), errs.String(), err
}

func rows(log string) (s []string) {
	for _, l := range strings.SplitAfter(log, "\n") {
		if l != "" && l[0] != '#' {
			s = append(s, l)
		}
	}
	return s
}

// Flags that are of no use for any of the files are told of.
func TestConvertFlagsUnused(t *testing.T) {
	capture, log := put(t, "a.pcap", captured), put(t, "conn.log", connLog())
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{log, "--max-flows", "5"}, "inkling: note: --max-flows did nothing: it is for pcap, netflow or nfdump\n"},
		{[]string{log, "-C"}, "inkling: note: -C did nothing: it is for pcap or netflow\n"},
		{[]string{log, capture, "-C", "--max-flows", "5"}, ""},
		{[]string{log}, ""},
	} {
		_, stderr, err := runConvert(t.Context(), tt.args...)
		if err != nil || strings.Contains(stderr, "did nothing") != (tt.says != "") || !strings.Contains(stderr, tt.says) {
			t.Errorf("%v: %v: %s", tt.args, err, stderr)
		}
	}
}

func TestConvert(t *testing.T) {
	in := put(t, "a.pcap", captured)
	out, stderr, err := runConvert(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if r := rows(out); len(r) != 1 || !sameRow(r[0], convertedRow) {
		t.Errorf("got %q", r)
	}
	if !strings.HasPrefix(out, "#separator \\x09\n") || !strings.Contains(out, "\n#path\tconn\n") || !strings.HasSuffix(out, "\n#close\n") {
		t.Errorf("no Zeek log: %q", out)
	}
	if !strings.Contains(stderr, "2 packets, 1 flow in ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("summary %q", stderr)
	}
}

// sameRow compares all but the uid, whose hash is none of this test's business.
func sameRow(a, b string) bool {
	x, y := strings.Split(a, "\t"), strings.Split(b, "\t")
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	x[1], y[1] = "", ""
	return strings.Join(x, "\t") == strings.Join(y, "\t")
}

func TestConvertTwoFilesAsJSON(t *testing.T) {
	out, _, err := runConvert(t.Context(), put(t, "a.pcap", captured), put(t, "b.pcap", captured), "--json")
	if err != nil || strings.Count(out, "\n") != 2 || !strings.Contains(out, `"id.orig_p":40000,"id.resp_h":"10.0.0.2"`) || !strings.Contains(out, `"local_orig":true`) {
		t.Errorf("%v: %s", err, out)
	}
	again, _, err := runConvert(t.Context(), put(t, "conn.json", out))
	if err != nil || len(rows(again)) != 2 || !sameRow(rows(again)[0], convertedRow) {
		t.Errorf("the JSON lines do not come back as the log: %v %q", err, again)
	}
}

func TestConvertFile(t *testing.T) {
	in := put(t, "a.pcap", captured)
	dir := t.TempDir()
	var first []byte
	for range 2 {
		path := filepath.Join(dir, "conn.log.gz")
		if _, _, err := runConvert(t.Context(), in, "-o", path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || len(rows(string(text))) != 1 || z.Name != "" || !z.ModTime.IsZero() {
			t.Fatalf("%v %q", err, text)
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Error("the same capture gives other bytes")
		}
		first = b
	}
	only(t, dir, "conn.log.gz")
}

// What is written compressed is read back as it is, whatever the case of the name's end.
func TestConvertCompressed(t *testing.T) {
	for end, magic := range map[string]string{".zst": "\x28\xb5\x2f\xfd", ".ZST": "\x28\xb5\x2f\xfd", ".GZ": "\x1f\x8b"} {
		compressedAs(t, end, magic)
	}
}

func compressedAs(t *testing.T, end, magic string) {
	t.Helper()
	in, path := put(t, "a.pcap", captured), filepath.Join(t.TempDir(), "conn.log"+end)
	if _, _, err := runConvert(t.Context(), in, "-o", path); err != nil {
		t.Fatal(err)
	}
	whole, _, err := runConvert(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err := runConvert(t.Context(), path); err != nil || again != whole {
		t.Errorf("%v, %q, want %q", err, again, whole)
	}
	if b, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(b), magic) {
		t.Errorf("%v: %s is not compressed: %q", err, end, b)
	}
}

// only fails when the folder holds anything but name.
func only(t *testing.T, dir, name string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name() != name {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestConvertCut(t *testing.T) {
	in := put(t, "a.pcap", captured[:len(captured)-5])
	dir := t.TempDir()
	path := filepath.Join(dir, "conn.log")
	_, _, err := runConvert(t.Context(), in, "-o", path)
	if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "1 record was written to "+path) || !strings.Contains(err.Error(), "a.pcap: packet 2: the capture is truncated") {
		t.Errorf("error %v", err)
	}
	b, err := os.ReadFile(path)
	if err != nil || len(rows(string(b))) != 1 {
		t.Errorf("%v %q", err, b)
	}
	only(t, dir, "conn.log")
}

func TestConvertFailsWhole(t *testing.T) {
	in := put(t, "a.pcap", captured)
	dir := t.TempDir()
	path := filepath.Join(dir, "conn.log")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, tt := range map[string]struct {
		ctx  context.Context
		args []string
	}{
		"missing input": {t.Context(), []string{in, filepath.Join(dir, "none.pcap"), "-o", path}},
		"not readable":  {t.Context(), []string{in, put(t, "x", "hello"), "-o", path}},
		"interrupted":   {stopped, []string{in, "-o", path}},
	} {
		_, _, err := runConvert(tt.ctx, tt.args...)
		if err == nil || name == "interrupted" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
		if b, _ := os.ReadFile(path); string(b) != "before" {
			t.Errorf("%s: the output was touched: %q", name, b)
		}
		only(t, dir, "conn.log")
	}
	if _, _, err := runConvert(t.Context(), in, "-o", filepath.Join(dir, "no", "such", "conn.log")); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// stopper is an output whose first write interrupts.
type stopper struct {
	bytes.Buffer
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(b)
}

// Standard output has whole lines of what was read before an interruption.
func TestConvertInterrupted(t *testing.T) {
	in := put(t, "conn.log", "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n"+strings.Repeat("1.5\tCabcdefghijklmnop\n", 10000))
	ctx, stop := context.WithCancel(t.Context())
	out := &stopper{stop: stop}
	cmd := convertCmd()
	cmd.SetOut(out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs([]string{in})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(ctx)
	if n := len(rows(out.String())); !errors.Is(err, context.Canceled) || n == 0 || n == 10000 || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("%v: %d rows, at the end %q", err, n, out.String()[max(0, out.Len()-40):])
	}
}

// What a reader has to say is told.
func TestConvertNotes(t *testing.T) {
	_, stderr, err := runConvert(t.Context(), put(t, "a.csv", "x,x,y\n1,2,3\n"))
	if err != nil || !strings.Contains(stderr, "inkling: note: ") || !strings.Contains(stderr, "a.csv: columns of the same name are told apart: x.1\n") {
		t.Errorf("%v: %s", err, stderr)
	}
}

func TestConvertSkipsBadLines(t *testing.T) {
	in := put(t, "conn.log", "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n1.5\tCa\nbad\n2.5\tCb\n")
	out, stderr, err := runConvert(t.Context(), in)
	if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "conn.log:5:") || len(rows(out)) != 2 || !strings.Contains(stderr, "1 record could not be read") {
		t.Errorf("%v %q %q", err, out, stderr)
	}
}

func TestConvertNothing(t *testing.T) {
	out, _, err := runConvert(t.Context(), put(t, "a.pcap", captureHead))
	if err != nil || len(rows(out)) != 0 || !strings.Contains(out, "#fields\tts\tuid") {
		t.Errorf("a capture without packets gives a header: %v %q", err, out)
	}
}
