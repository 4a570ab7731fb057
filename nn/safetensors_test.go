package nn

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

func example() File {
	return File{
		Tensors: map[string]*tensor.Tensor{
			"b": random(1, 2, 3), "a": random(2, 4), "scalar": tensor.From([]float32{7}), "none": tensor.New(0, 3),
		},
		Metadata: map[string]string{"learner": "maml"},
	}
}

// raw gives a file of this header and data.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	want := example()
	for range 2 { // the second time over the first
		if err := want.WriteFile(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Encode()
	if err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(path)
	if !bytes.Equal(first, again) || got.Metadata["learner"] != "maml" || got.Tensors["b"].Data[5] != want.Tensors["b"].Data[5] {
		t.Error("what was read is not what was written")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left, want the one", len(files))
	}
}

// The bytes of a file that the reference implementation's README describes: a
// header of 8 bytes' length, JSON, then little-endian data.
func TestSafetensorsKnownBytes(t *testing.T) {
	b := append(raw(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 0), 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0)
	f, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if x := f.Tensors["x"]; x.Data[0] != 1 || x.Data[1] != -2 {
		t.Errorf("x is %v, want [1 -2]", x.Data)
	}
}

func TestSafetensorsHostile(t *testing.T) {
	for want, b := range map[string][]byte{
		"3 bytes, too few":                    {1, 2, 3},
		"header of 4611686018427387904 bytes": binary.LittleEndian.AppendUint64(nil, 1<<62),
		"header of 9 bytes in a file of 8":    binary.LittleEndian.AppendUint64(nil, 9),
		"header: invalid":                     raw(`x`, 0),
		`type "F64"`:                          raw(`{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 8),
		"offsets [0 8] in 4 bytes":            raw(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4),
		"offsets [-4 0]":                      raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 0),
		"takes 4 bytes":                       raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 8),
		"more than the file holds":            raw(`{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0),
		"shape [-1]":                          raw(`{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4),
		"hole at byte 0":                      raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"overlap or leave a hole at byte 0":   raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"cover 0 bytes of 4":                  raw(`{}`, 4),
		"unknown field":                       raw(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"z":1}}`, 0),
		`header: "x" is there twice`:          raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		`header: "__metadata__" is there`:     raw(`{"__metadata__":{"a":"b"},"__metadata__":{}}`, 0),
		`metadata: "a" is there twice`:        raw(`{"__metadata__":{"a":"b","a":"c"}}`, 0),
		"metadata:":                           raw(`{"__metadata__":{"a":1}}`, 0),
	} {
		if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func FuzzSafetensors(f *testing.F) {
	b, _ := example().Encode()
	f.Add(b)
	f.Add(raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Add(raw(`{"__metadata__":{"a":"b"}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			return
		}
		again, err := file.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("what was read does not come back: %v", err)
		}
	})
}
