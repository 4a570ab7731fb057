package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	pq "github.com/parquet-go/parquet-go"
	compact "github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/inkling-sec/inkling"
)

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := compact.Marshal(new(compact.CompactProtocol), v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withFooter ends what are pages.
func withFooter(t testing.TB, pages []byte, m *format.FileMetaData) []byte {
	foot := marshal(t, m)
	return append(binary.LittleEndian.AppendUint32(append(pages, foot...), uint32(len(foot))), magic...)
}

// refooted gives a file with its footer changed.
func refooted(t testing.TB, b []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	f, err := pq.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	change(f.Metadata())
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	return withFooter(t, bytes.Clone(b[:len(b)-8-n]), f.Metadata())
}

// page is one as it stands in a file, not compressed.
func page(t testing.TB, h format.PageHeader, body []byte) []byte {
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(body)), int32(len(body))
	return append(marshal(t, h), body...)
}

// made is a file of n columns alike, v0, v1 and so on, each with the same pages of one row group of rows.
func made(t testing.TB, n int, e format.SchemaElement, rows int64, pages ...[]byte) []byte {
	m := &format.FileMetaData{Version: 1, Schema: []format.SchemaElement{{Name: "root", NumChildren: compact.New(int32(n))}}, NumRows: rows}
	b, g := []byte(magic), format.RowGroup{NumRows: rows}
	for i := range n {
		e.Name = fmt.Sprint("v", i)
		m.Schema = append(m.Schema, e)
		off := len(b)
		b = append(b, bytes.Join(pages, nil)...)
		kind, _ := e.Type.Get()
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{Type: kind, NumValues: rows, DataPageOffset: int64(off), TotalCompressedSize: int64(len(b) - off)}})
	}
	m.RowGroups = []format.RowGroup{g}
	return withFooter(t, b, m)
}

func columnOf(kind format.Type, r format.FieldRepetitionType) format.SchemaElement {
	return format.SchemaElement{Type: compact.New(kind), RepetitionType: compact.New(r)}
}

// dataHeader is the header of a first-form page of n values.
func dataHeader(n int32, e format.Encoding) format.PageHeader {
	return format.PageHeader{Type: format.DataPage, DataPageHeader: compact.New(format.DataPageHeader{NumValues: n, Encoding: e, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}
}

// rowsOf gives the rows of a file up to its end or the first error.
func rowsOf(b []byte) (out []map[string]any, err error) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
	var rec inkling.Record
	for err == nil {
		if err = r.Read(&rec); err == nil {
			out = append(out, rec.Map())
		}
	}
	return out, err
}

// allocated gives the bytes that f makes room for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A text is no number of 16 bits and no UUID, whatever length and meaning its column claims.
func TestMeaningsOfOtherTypes(t *testing.T) {
	for length, meaning := range map[int32]format.LogicalTypeValue{2: &format.Float16Type{}, 16: &format.UUIDType{}} {
		e := columnOf(format.ByteArray, format.Required)
		e.TypeLength, e.LogicalType = compact.New(length), format.LogicalType{Value: meaning}
		b := made(t, 1, e, 1, page(t, dataHeader(1, format.Plain), []byte{1, 0, 0, 0, 'x'}))
		if rows, err := rowsOf(b); err != io.EOF || len(rows) != 1 || rows[0]["v0"] != "x" {
			t.Errorf("%v: %v, %v", meaning, rows, err)
		}
	}
}

// A page of one kind with the header of another is damaged.
func TestHeadersOfOtherKinds(t *testing.T) {
	for _, n := range []int32{1, 1000, -1} {
		h := format.PageHeader{Type: format.DataPage, DataPageHeaderV2: compact.New(format.DataPageHeaderV2{NumValues: 1, RepetitionLevelsByteLength: n, DefinitionLevelsByteLength: n})}
		b := made(t, 1, columnOf(format.Int32, format.Required), 1, page(t, h, []byte{7, 0, 0, 0}))
		if rows, err := rowsOf(b); err == io.EOF || len(rows) > 0 {
			t.Errorf("%d: %v, %v", n, rows, err)
		}
	}
}

// The pages behind a column's are those of the next, however many values the column claims.
func TestPagesOfTheNextColumn(t *testing.T) {
	h := dataHeader(2, format.Plain)
	b := refooted(t, made(t, 2, columnOf(format.Int32, format.Required), 2, page(t, h, []byte{1, 0, 0, 0, 2, 0, 0, 0})), func(m *format.FileMetaData) {
		m.NumRows, m.RowGroups[0].NumRows = 4, 4
		for i := range m.RowGroups[0].Columns {
			m.RowGroups[0].Columns[i].MetaData.NumValues = 4
		}
		m.RowGroups[0].Columns[1].MetaData.DataPageOffset = m.RowGroups[0].Columns[0].MetaData.DataPageOffset
	})
	rows, err := rowsOf(b)
	if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "before the values do") || len(rows) != 2 {
		t.Errorf("%v, %v", rows, err)
	}
}

// A file that is cut while it is read has no clean end.
func TestCutWhileRead(t *testing.T) {
	b := file(t, rows(500))
	at := &shrinking{b: b}
	r, err := NewReader(at, int64(len(b)), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	at.b = b[:len(b)/3]
	var rec inkling.Record
	for err == nil {
		err = r.Read(&rec)
	}
	if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "cut") && !strings.Contains(err.Error(), "the file ends before") {
		t.Error(err)
	}
}

type shrinking struct{ b []byte }

func (s *shrinking) ReadAt(b []byte, off int64) (int, error) {
	return bytes.NewReader(s.b).ReadAt(b, off)
}

// A long name stands before the names of all that is in its group; that takes no more than there is.
func TestLongNames(t *testing.T) {
	m := &format.FileMetaData{Version: 1, Schema: []format.SchemaElement{{Name: "root", NumChildren: compact.New(int32(1))}, {Name: strings.Repeat("n", 1<<18), NumChildren: compact.New(int32(4000))}}}
	for i := range 4000 {
		e := columnOf(format.Int32, format.Required)
		e.Name = fmt.Sprint(i)
		m.Schema = append(m.Schema, e)
	}
	b := withFooter(t, []byte(magic), m)
	got := allocated(func() {
		if _, err := rowsOf(b); inkling.CodeOf(err) != inkling.Invalid {
			t.Error(err)
		}
	})
	if got > 128<<20 {
		t.Errorf("%d bytes for a file of %d", got, len(b))
	}
}

// deltas writes numbers as differences of 32 bits, in one block.
func deltas(v []int64) []byte {
	b := binary.AppendUvarint(nil, uint64(len(v)))
	b = binary.AppendUvarint(append(b, 1), uint64(len(v)))
	least := int64(math.MaxInt64)
	for i := range v[1:] {
		least = min(least, v[i+1]-v[i])
	}
	b = append(binary.AppendVarint(binary.AppendVarint(b, v[0]), least), 32)
	for i := range v[1:] {
		b = binary.LittleEndian.AppendUint32(b, uint32(v[i+1]-v[i]-least))
	}
	return binary.LittleEndian.AppendUint32(b, 0)
}

// Texts that repeat the one before count for what they are unpacked.
func TestRepeatedBeginnings(t *testing.T) {
	const n, long = 1 << 10, 1 << 17 // 128 MiB of each column
	shared, own := make([]int64, n), make([]int64, n)
	for i := range n {
		shared[i] = long
	}
	shared[0], own[0] = 0, long
	body := append(append(deltas(shared), deltas(own)...), bytes.Repeat([]byte("x"), long)...)
	b := made(t, 12, columnOf(format.ByteArray, format.Required), n, page(t, dataHeader(n, format.DeltaByteArray), body))
	got := allocated(func() {
		if _, err := rowsOf(b); !errors.Is(err, errLarge) {
			t.Errorf("%v", err)
		}
	})
	if got > mostHeld*5/4 {
		t.Errorf("%d MiB for a file of %d bytes", got>>20, len(b))
	}
	// Of one column, page after page, they are not there together.
	one := page(t, dataHeader(n, format.DeltaByteArray), body)
	b = made(t, 1, columnOf(format.ByteArray, format.Required), 9*n, one, one, one, one, one, one, one, one, one)
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
	var rec inkling.Record
	for err == nil {
		err = r.Read(&rec)
	}
	if err != io.EOF || rec.Origin.Line != 9*n {
		t.Errorf("%v: %v", rec.Origin, err)
	}
}

// A row group without rows has no pages, and no place where they would be.
func TestNoRows(t *testing.T) {
	e := columnOf(format.Int32, format.Required)
	b := refooted(t, made(t, 1, e, 1, page(t, dataHeader(1, format.Plain), []byte{7, 0, 0, 0})), func(m *format.FileMetaData) {
		empty := format.RowGroup{Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{Type: format.Int32}}}}
		m.RowGroups = []format.RowGroup{empty, m.RowGroups[0], empty}
	})
	if rows, err := rowsOf(b); err != io.EOF || len(rows) != 1 || rows[0]["v0"] != 7.0 {
		t.Errorf("%v, %v", rows, err)
	}
}

// Zstandard is undone whether or not it says how long it will be.
func TestZstdWithoutSize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 100, 1 << 10, 1 << 14, 1 << 17, 1<<17 + 1, 1 << 20, 3<<20 + 7} {
		want := make([]byte, n)
		for i := range want {
			want[i] = byte(rng.IntN(7)) * byte(i>>9)
		}
		var b bytes.Buffer
		w, _ := zstd.NewWriter(&b)
		for rest := want; len(rest) > 0; {
			k := min(len(rest), 1000)
			w.Write(rest[:k])
			rest = rest[k:]
		}
		w.Close()
		got := make([]byte, n)
		if err := unpacked(got, b.Bytes(), codecZstd); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %v, the same %v", n, err, bytes.Equal(got, want))
		}
	}
}

// Where no value is there, there need be nothing that is encoded.
func TestNoValueThere(t *testing.T) {
	levels := []byte{2, 0, 0, 0, 3 << 1, 0} // three times 0
	for _, enc := range []format.Encoding{format.Plain, format.DeltaBinaryPacked, format.RLEDictionary, format.ByteStreamSplit} {
		b := made(t, 1, columnOf(format.Int32, format.Optional), 3, page(t, dataHeader(3, enc), levels))
		if rows, err := rowsOf(b); err != io.EOF || len(rows) != 3 || len(rows[0]) != 0 {
			t.Errorf("%v: %v, %v", enc, rows, err)
		}
	}
}

// Decimals with more digits behind the point than a number has are left out, whatever they are stored as.
func TestDecimalsTooFine(t *testing.T) {
	for _, kind := range []format.Type{format.Int32, format.Int64, format.ByteArray, format.FixedLenByteArray} {
		for _, scale := range []int32{-1, 401} {
			e := columnOf(kind, format.Required)
			e.TypeLength, e.LogicalType = compact.New(int32(4)), format.LogicalType{Value: &format.DecimalType{Scale: scale, Precision: 9}}
			if _, err := rowsOf(made(t, 1, e, 0)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("decimals with %d digits", scale)) {
				t.Errorf("%v, %d: %v", kind, scale, err)
			}
		}
	}
}

// No codec makes as much of a few bytes as these pages claim, so that no room is made for it.
func TestUnpackedClaims(t *testing.T) {
	for _, codec := range []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Zstd, format.Lz4Raw} {
		h := dataHeader(1, format.Plain)
		h.UncompressedPageSize, h.CompressedPageSize = 80<<20, 4
		b := refooted(t, made(t, 12, columnOf(format.Int32, format.Required), 1, append(marshal(t, h), 7, 0, 0, 0)), func(m *format.FileMetaData) {
			for i := range m.RowGroups[0].Columns {
				m.RowGroups[0].Columns[i].MetaData.Codec = codec
			}
		})
		got := allocated(func() {
			if rows, err := rowsOf(b); !errors.Is(err, errPacked) {
				t.Errorf("%v: %v, %v", codec, rows, err)
			}
		})
		if got > 16<<20 {
			t.Errorf("%v: %d bytes for a file of %d", codec, got, len(b))
		}
	}
}
