package dataset

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Array is what an npy file holds: numbers or texts of a shape, in C order.
type Array struct {
	Shape []int
	Num   []float64
	Text  []string // of an Array of texts; Num is nil then
}

// Row gives the numbers of row i of a table.
func (a *Array) Row(i int) []float64 {
	w := len(a.Num) / a.Shape[0]
	return a.Num[i*w : (i+1)*w : (i+1)*w]
}

// ReadNPZ reads all arrays of an npz file, by name.
func ReadNPZ(file []byte, name string) (map[string]*Array, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out := map[string]*Array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
		if out[strings.TrimSuffix(path.Base(f.Name), ".npy")], err = readNPY(b); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
	}
	return out, nil
}

var (
	npyDescr = regexp.MustCompile(`'descr': *'([<|])([a-zA-Z])(\d+)'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape = regexp.MustCompile(`'shape': *\(([^)]*)\)`)
)

// readNPY reads versions 1 to 3 of the format, little-endian numbers, bools and texts, no objects.
func readNPY(b []byte) (*Array, error) {
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("no npy file")
	}
	at := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] > 1 {
		at = 12 + int(binary.LittleEndian.Uint32(b[8:]))
	}
	if at < 8 || at > len(b) {
		return nil, fmt.Errorf("the header is cut short")
	}
	descr, order, shape := npyDescr.FindSubmatch(b[8:at]), npyOrder.FindSubmatch(b[8:at]), npyShape.FindSubmatch(b[8:at])
	if descr == nil || order == nil || shape == nil {
		return nil, fmt.Errorf("header %q is not understood", b[8:at])
	}
	a, n := &Array{}, 1
	for _, s := range strings.FieldsFunc(string(shape[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		side, err := strconv.Atoi(s)
		if err != nil {
			return nil, fmt.Errorf("shape (%s): %w", shape[1], err)
		}
		if side < 0 || side > 0 && n > len(b)/side {
			return nil, fmt.Errorf("shape (%s) in a file of %d bytes", shape[1], len(b))
		}
		a.Shape, n = append(a.Shape, side), n*side
	}
	size, err := strconv.Atoi(string(descr[3]))
	kind := string(descr[2])
	if kind == "U" {
		size *= 4
	}
	if err != nil || size < 1 || n > (len(b)-at)/size {
		return nil, fmt.Errorf("%d bytes of data, %d numbers of %d", len(b)-at, n, size)
	}
	if err := a.fill(b[at:], n, kind, size); err != nil {
		return nil, err
	}
	if string(order[1]) == "True" && len(a.Shape) > 1 {
		if len(a.Shape) > 2 || a.Num == nil {
			return nil, fmt.Errorf("shape (%s) in Fortran order is not read", shape[1])
		}
		a.turn()
	}
	return a, nil
}

func (a *Array) fill(b []byte, n int, kind string, size int) error {
	if kind == "U" {
		for i := range n {
			var s []uint16 // all labels are of the basic plane
			for k := i * size; k < (i+1)*size; k += 4 {
				if c := binary.LittleEndian.Uint32(b[k:]); c != 0 {
					s = append(s, uint16(c))
				}
			}
			a.Text = append(a.Text, string(utf16.Decode(s)))
		}
		return nil
	}
	read := numberOf(kind + strconv.Itoa(size))
	if read == nil {
		return fmt.Errorf("numbers of type %s%d are not read", kind, size)
	}
	a.Num = make([]float64, n)
	for i := range a.Num {
		a.Num[i] = read(b[i*size:])
	}
	return nil
}

func numberOf(kind string) func(b []byte) float64 {
	le := binary.LittleEndian
	switch kind {
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }
	case "i8":
		return func(b []byte) float64 { return float64(int64(le.Uint64(b))) }
	case "i4":
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) }
	case "u4":
		return func(b []byte) float64 { return float64(le.Uint32(b)) }
	case "i2":
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) }
	case "u2":
		return func(b []byte) float64 { return float64(le.Uint16(b)) }
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }
	case "u1", "b1":
		return func(b []byte) float64 { return float64(b[0]) }
	}
	return nil
}

// turn makes C order of a table in Fortran order.
func (a *Array) turn() {
	n, w := a.Shape[0], a.Shape[1]
	out := make([]float64, len(a.Num))
	for i := range n {
		for j := range w {
			out[i*w+j] = a.Num[j*n+i]
		}
	}
	a.Num = out
}
