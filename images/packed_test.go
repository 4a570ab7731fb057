package images

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func header(t testing.TB, change func(map[string]any)) []byte {
	t.Helper()
	h := map[string]any{"shape": []int{3, 2, 2, 2}, "dtype": "uint8", "order": "class,drawer,row,col", "ink": 255, "names": []string{"A/1", "A/2", "B/1"}}
	if change != nil {
		change(h)
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = uint8(i)
	}
	return b
}

func TestPacked(t *testing.T) {
	s, err := readPacked("o", bytes.NewReader(header(t, nil)), bytes.NewReader(zipped(t, counting(24))))
	if err != nil {
		t.Fatal(err)
	}
	if s.Height != 2 || s.Width != 2 || s.Channels != 1 || len(s.Classes) != 3 || s.Len(2) != 2 || s.Images() != 6 {
		t.Fatalf("%+v", s)
	}
	row := make([]float32, 4)
	if s.RowTo(row, 1, 1, 0); row[3] != 15.0/255 || s.Classes[1].Name != "A/2" {
		t.Errorf("class %s, image 1: %v, want it to end in 15/255", s.Classes[1].Name, row)
	}
}

func TestPackedRefuses(t *testing.T) {
	set := func(key string, v any) func(map[string]any) { return func(h map[string]any) { h[key] = v } }
	good := zipped(t, counting(24))
	tests := []struct {
		name           string
		header, pixels []byte
		want           string
	}{
		{"three dimensions", header(t, set("shape", []int{3, 4, 2})), good, "o.json: a shape of 3 numbers"},
		{"zero", header(t, set("shape", []int{3, 0, 2, 2})), good, "o.json: the shape [3 0 2 2]"},
		{"below zero", header(t, set("shape", []int{-3, -2, 2, 2})), good, "o.json: the shape"},
		{"beyond an int", header(t, set("shape", []int{1 << 40, 1 << 40, 2, 2})), good, "o.json: the shape"},
		{"other numbers", header(t, set("dtype", "float32")), good, `o.json: dtype "float32"`},
		{"other order", header(t, set("order", "row,col,class,drawer")), good, "o.json: order"},
		{"paper is 255", header(t, set("ink", 0)), good, "o.json: ink is 0"},
		{"names", header(t, set("names", []string{"A/1"})), good, "o.json: 1 names for 3 classes"},
		{"no JSON", []byte("{"), good, "o.json: cannot be read"},
		{"not gzip", header(t, nil), counting(24), "o.u8.gz: cannot be read"},
		{"cut", header(t, nil), good[:len(good)-12], "o.u8.gz: cannot be read: unexpected EOF (it may be cut"},
		{"too short", header(t, nil), zipped(t, counting(23)), "o.u8.gz: 23 bytes, but the shape [3 2 2 2] needs 24 (make it anew"},
		{"too long", header(t, nil), zipped(t, counting(25)), "o.u8.gz: 25 bytes or more, but"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readPacked("o", bytes.NewReader(tt.header), bytes.NewReader(tt.pixels))
			wantError(t, err, tt.want)
		})
	}
}

// TestPackedMemory reads a header that promises a gigabyte, and a bomb that holds one.
func TestPackedMemory(t *testing.T) {
	promise := header(t, func(h map[string]any) { h["shape"] = []int{3, 1 << 10, 1 << 9, 1 << 9} })
	bomb := zipped(t, make([]byte, 64<<20))
	for name, in := range map[string][2][]byte{"promise": {promise, zipped(t, counting(24))}, "bomb": {header(t, nil), bomb}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readPacked("o", bytes.NewReader(in[0]), bytes.NewReader(in[1]))
		runtime.ReadMemStats(&after)
		wantError(t, err, "but the shape")
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: %d bytes of memory were taken", name, n)
		}
	}
	_, err := readText("o.json", io.LimitReader(zeros{}, maxText+2))
	wantError(t, err, "longer than")
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestPackedFiles(t *testing.T) {
	base := filepath.Join(t.TempDir(), "o")
	write(t, base+".json", header(t, nil))
	_, err := openPacked(base + ".json")
	wantError(t, err, "o.u8.gz: cannot be read", "correct the path")
	write(t, base+".u8.gz", zipped(t, counting(24)))
	for _, name := range []string{base + ".json", base + ".u8.gz"} {
		if s, err := openPacked(name); err != nil || len(s.Classes) != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPacked(f *testing.F) {
	good := zipped(f, counting(24))
	f.Add(header(f, nil), good)
	f.Add(header(f, nil), good[:20])
	f.Add([]byte(strings.Replace(string(header(f, nil)), "[3,2,2,2]", "[3,2,2,1073741824]", 1)), good)
	f.Add([]byte(`{"shape":[0,0,0,0]}`), []byte{})
	f.Fuzz(func(t *testing.T, header, pixels []byte) {
		s, err := readPacked("o", bytes.NewReader(header), bytes.NewReader(pixels))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "o.") {
				t.Errorf("%v names no file", err)
			}
			return
		}
		for i := range s.Classes {
			if s.Len(i) < 1 || len(s.Classes[i].Pixels) != s.Len(i)*s.Columns() {
				t.Fatalf("class %d of %d bytes, images of %d", i, len(s.Classes[i].Pixels), s.Columns())
			}
		}
		if src, err := s.Source(Episodes{Ways: 2, Shots: 1, Queries: 1}); err == nil && s.Columns() < 1<<16 {
			src(0)
		}
	})
}
