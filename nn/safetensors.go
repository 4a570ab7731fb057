package nn

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// File is the content of a safetensors file
// (https://github.com/huggingface/safetensors): arrays by name, and texts. Only
// float32 arrays are known.
type File struct {
	Tensors  map[string]*tensor.Tensor
	Metadata map[string]string
}

const (
	metadataKey = "__metadata__"
	maxHeader   = 16 << 20 // bytes; the format itself allows 100 MB
)

// entry is what a header says of an array.
type entry struct {
	Dtype   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"` // bytes in the data after the header, from and to
}

// Encode gives the file's bytes; equal files give equal bytes.
func (f File) Encode() ([]byte, error) {
	header := map[string]any{}
	if len(f.Metadata) > 0 {
		header[metadataKey] = f.Metadata
	}
	names, size := slices.Sorted(maps.Keys(f.Tensors)), 0
	for _, name := range names {
		t := f.Tensors[name]
		if name == metadataKey {
			return nil, fmt.Errorf("safetensors: no array may be named %s", name)
		}
		header[name] = entry{"F32", append([]int{}, t.Shape...), [2]int{size, size + 4*len(t.Data)}}
		size += 4 * len(t.Data)
	}
	head, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	if len(head) > maxHeader {
		return nil, fmt.Errorf("safetensors: header of %d bytes, at most %d are allowed", len(head), maxHeader)
	}
	out := make([]byte, 0, 8+len(head)+size)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(head)))
	out = append(out, head...)
	for _, name := range names {
		for _, v := range f.Tensors[name].Data {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

// Decode reads a file's bytes, which may be anybody's: it checks all they say
// and allocates no more than a small multiple of them.
func Decode(b []byte) (File, error) {
	f, err := decode(b)
	if err != nil {
		return File{}, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func decode(b []byte) (f File, err error) {
	if len(b) < 8 {
		return f, fmt.Errorf("%d bytes, too few for a header", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader || n > uint64(len(b)-8) {
		return f, fmt.Errorf("header of %d bytes in a file of %d", n, len(b))
	}
	entries, metadata, err := parseHeader(b[8 : 8+n])
	if err != nil {
		return f, err
	}
	data := b[8+n:]
	if err := checkCover(entries, len(data)); err != nil {
		return f, err
	}
	f = File{Tensors: map[string]*tensor.Tensor{}, Metadata: metadata}
	for name, e := range entries {
		if f.Tensors[name], err = e.read(data); err != nil {
			return f, fmt.Errorf("array %q: %w", name, err)
		}
	}
	return f, nil
}

func parseHeader(b []byte) (entries map[string]entry, metadata map[string]string, err error) {
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b, &header); err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	if name, is := twice(b); is {
		return nil, nil, fmt.Errorf("header: %q is there twice", name)
	}
	if raw, ok := header[metadataKey]; ok {
		if err := json.Unmarshal(raw, &metadata); err != nil {
			return nil, nil, fmt.Errorf("metadata: %w", err)
		}
		if name, is := twice(raw); is {
			return nil, nil, fmt.Errorf("metadata: %q is there twice", name)
		}
		delete(header, metadataKey)
	}
	entries = map[string]entry{}
	for name, raw := range header {
		var e entry
		if err := strict(raw, &e); err != nil {
			return nil, nil, fmt.Errorf("array %q: %w", name, err)
		}
		entries[name] = e
	}
	return entries, metadata, nil
}

// twice finds a name that stands twice in a JSON object, which the format forbids: readers differ in which they take.
func twice(b []byte) (name string, is bool) {
	d, seen := json.NewDecoder(bytes.NewReader(b)), map[string]bool{}
	d.Token() // the brace
	for d.More() {
		t, _ := d.Token()
		name, _ := t.(string)
		if seen[name] {
			return name, true
		}
		seen[name] = true
		var value json.RawMessage
		if d.Decode(&value) != nil { // cannot be: all of it was read before
			break
		}
	}
	return "", false
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// read copies the array out of data, in which its offsets are.
func (e entry) read(data []byte) (*tensor.Tensor, error) {
	if e.Dtype != "F32" {
		return nil, fmt.Errorf("type %q, only F32 is known", e.Dtype)
	}
	from, to := e.Offsets[0], e.Offsets[1]
	count := 1
	for _, d := range e.Shape {
		if d < 0 || d > 0 && count > len(data)/d {
			return nil, fmt.Errorf("shape %v is more than the file holds", e.Shape)
		}
		count *= d
	}
	if to-from != 4*count {
		return nil, fmt.Errorf("shape %v takes %d bytes, offsets %v hold %d", e.Shape, 4*count, e.Offsets, to-from)
	}
	values := make([]float32, count)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[from+4*i:]))
	}
	return tensor.From(values, e.Shape...), nil
}

// checkCover says whether the arrays cover the data without hole or overlap.
// So reading them takes no more memory than the data, whatever a header says.
func checkCover(entries map[string]entry, size int) error {
	var spans [][2]int
	for name, e := range entries {
		if e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0] || e.Offsets[1] > size {
			return fmt.Errorf("array %q: offsets %v in %d bytes of data", name, e.Offsets, size)
		}
		spans = append(spans, e.Offsets)
	}
	slices.SortFunc(spans, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	end := 0
	for _, s := range spans {
		if s[0] != end {
			return fmt.Errorf("arrays overlap or leave a hole at byte %d of the data", min(end, s[0]))
		}
		end = s[1]
	}
	if end != size {
		return fmt.Errorf("arrays cover %d bytes of %d", end, size)
	}
	return nil
}

// WriteFile writes the file so that path holds either what it held before or
// all of f, on the disk, even if the machine stops in between.
func (f File) WriteFile(path string) error {
	b, err := f.Encode()
	if err != nil {
		return err
	}
	return WriteAtomic(path, b)
}

// ReadFile reads the file at path.
func ReadFile(path string) (File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	f, err := Decode(b)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}
