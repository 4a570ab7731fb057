package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	compact "github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// deltaOf writes a header of DELTA_BINARY_PACKED and what follows it.
func deltaOf(block, minis, total uint64, first int64, rest ...[]byte) []byte {
	b := binary.AppendUvarint(nil, block)
	b = binary.AppendUvarint(binary.AppendUvarint(b, minis), total)
	return append(binary.AppendVarint(b, first), bytes.Join(rest, nil)...)
}

// lengths writes numbers so, which differ by one bit at most.
func lengths(v ...int64) []byte {
	var words [32]byte
	for i := range v[1:] {
		words[i] = byte(v[i+1] - v[i] + 100)
	}
	return deltaOf(32, 1, uint64(len(v)), v[0], binary.AppendVarint(nil, -100), []byte{8}, words[:])
}

func u64(v ...uint64) (b []byte) {
	for _, v := range v {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// typed is a required column of a type with a meaning; length is that of fixed bytes.
func typed(kind format.Type, length int32, meaning format.LogicalTypeValue) format.SchemaElement {
	e := columnOf(kind, format.Required)
	e.LogicalType.Value = meaning
	if length > 0 {
		e.TypeLength = compact.New(length)
	}
	return e
}

// Bytes that were made by hand after the format's description give their values, and damaged ones an error.
func TestBytesByHand(t *testing.T) {
	i32, i64, texts, truth := typed(format.Int32, 0, nil), typed(format.Int64, 0, nil), typed(format.ByteArray, 0, nil), typed(format.Boolean, 0, nil)
	nothing, zero := make([]byte, 256), []byte{0}
	for _, tt := range []struct {
		name   string
		column format.SchemaElement
		enc    format.Encoding
		body   []byte
		n      int
		want   []any // nil: an error
	}{
		{"differences of 64 bits", i64, format.DeltaBinaryPacked, deltaOf(32, 1, 3, 0, zero, []byte{64}, u64(1<<63, 1<<63), nothing), 3, []any{0.0, -math.Ldexp(1, 63), 0.0}},
		{"of 65", i64, format.DeltaBinaryPacked, deltaOf(32, 1, 3, 0, zero, []byte{65}, nothing, nothing), 3, nil},
		{"of none", i64, format.DeltaBinaryPacked, deltaOf(32, 1, 3, 10, []byte{10, 0}), 3, []any{10.0, 15.0, 20.0}},
		{"beyond 32 bits", i32, format.DeltaBinaryPacked, deltaOf(32, 1, 2, math.MaxInt32, []byte{2, 0}), 2, []any{float64(math.MaxInt32), float64(math.MinInt32)}},
		{"widths of what is not there", i64, format.DeltaBinaryPacked, deltaOf(64, 2, 2, 1, []byte{2, 0, 255}), 2, []any{1.0, 2.0}},
		{"the second of two", i64, format.DeltaBinaryPacked, deltaOf(64, 2, 35, 1, append([]byte{2, 0, 1}, 1, 0, 0, 0)), 35, append(counted(33), 35.0, 36.0)},
		{"another count", i64, format.DeltaBinaryPacked, deltaOf(32, 1, 4, 10, []byte{10, 0}), 3, nil},
		{"a block too long", i64, format.DeltaBinaryPacked, deltaOf(1<<17, 1, 3, 10, []byte{10, 0}), 3, nil},
		{"cut", i64, format.DeltaBinaryPacked, deltaOf(32, 1, 3, 0, zero, []byte{64}, u64(1)), 3, nil},
		{"texts after their lengths", texts, format.DeltaLengthByteArray, append(lengths(2, 0, 3), "abcde"...), 3, []any{"ab", "", "cde"}},
		{"a negative length", texts, format.DeltaLengthByteArray, append(lengths(2, -1, 1), "abcde"...), 3, nil},
		{"a length beyond the end", texts, format.DeltaLengthByteArray, append(lengths(2, 4), "abcde"...), 2, nil},
		{"texts that share", texts, format.DeltaByteArray, append(append(lengths(0, 2, 1), lengths(3, 1, 0)...), "abcd"...), 3, []any{"abc", "abd", "a"}},
		{"that share more than there is", texts, format.DeltaByteArray, append(append(lengths(0, 4), lengths(3, 1)...), "abcd"...), 2, nil},
		{"that share less than nothing", texts, format.DeltaByteArray, append(append(lengths(0, -1), lengths(3, 1)...), "abcd"...), 2, nil},
		{"fixed that share", typed(format.FixedLenByteArray, 2, nil), format.DeltaByteArray, append(append(lengths(0, 1), lengths(2, 1)...), 1, 2, 3), 2, []any{"0102", "0103"}},
		{"fixed of another length", typed(format.FixedLenByteArray, 2, &format.Float16Type{}), format.DeltaByteArray, append(append(lengths(0, 0), lengths(2, 1)...), 1, 2, 3), 2, nil},
		{"split", i32, format.ByteStreamSplit, []byte{1, 2, 0, 1, 0, 0, 0, 0}, 2, []any{1.0, 258.0}},
		{"split and longer", i32, format.ByteStreamSplit, []byte{1, 2, 0, 1, 0, 0, 0, 0, 0}, 2, nil},
		{"split texts", texts, format.ByteStreamSplit, nil, 1, nil},
		{"truth", truth, format.Plain, []byte{5, 1}, 9, []any{"T", "F", "T", "F", "F", "F", "F", "F", "T"}},
		{"truth that is cut", truth, format.Plain, []byte{5}, 9, nil},
		{"truth in runs", truth, format.RLE, []byte{4, 0, 0, 0, 3 << 1, 1, 1<<1 | 1, 2}, 6, []any{"T", "T", "T", "F", "T", "F"}},
		{"truth in runs that is cut", truth, format.RLE, []byte{1, 0, 0}, 1, nil},
		{"runs of numbers", i32, format.RLE, []byte{4, 0, 0, 0, 3 << 1, 1}, 3, nil},
		{"a text beyond the end", texts, format.Plain, []byte{3, 0, 0, 0, 'a'}, 1, nil},
		{"a number that is cut", i32, format.Plain, []byte{3, 0, 0}, 1, nil},
		{"unsigned", typed(format.Int32, 0, &format.IntType{BitWidth: 32}), format.Plain, []byte{0xfe, 0xff, 0xff, 0xff}, 1, []any{float64(math.MaxUint32 - 1)}},
		{"signed", typed(format.Int32, 0, &format.IntType{BitWidth: 32, IsSigned: true}), format.Plain, []byte{0xfe, 0xff, 0xff, 0xff}, 1, []any{-2.0}},
		{"decimal bytes", typed(format.ByteArray, 0, &format.DecimalType{Scale: 2, Precision: 9}), format.Plain, []byte{2, 0, 0, 0, 0xff, 0x38, 1, 0, 0, 0, 0x80, 2, 0, 0, 0, 0, 0xc8}, 3, []any{-2.0, -1.28, 2.0}},
		{"decimal of more digits than a number has", typed(format.FixedLenByteArray, 200, &format.DecimalType{Scale: 2, Precision: 9}), format.Plain, append([]byte{1}, make([]byte, 199)...), 1, []any{nil}},
		{"half", typed(format.FixedLenByteArray, 2, &format.Float16Type{}), format.Plain, []byte{0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c, 0, 0x7e, 0xff, 0x7b}, 6, []any{1.0, -2.0, math.Ldexp(1, -24), nil, nil, 65504.0}},
		{"a moment of Impala", typed(format.Int96, 0, nil), format.Plain, binary.LittleEndian.AppendUint32(u64(1500000000), 2440589), 1, []any{86401.5}},
		{"no numbers", typed(format.Double, 0, nil), format.Plain, u64(math.Float64bits(math.Inf(1)), math.Float64bits(math.NaN()), math.Float64bits(-1.5)), 3, []any{nil, nil, -1.5}},
		{"before 1970", typed(format.Int64, 0, &format.TimestampType{Unit: format.TimeUnit{Value: &format.MilliSeconds{}}}), format.Plain, u64(math.MaxUint64 - 1499), 1, []any{-1.5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := rowsOf(made(t, 1, tt.column, int64(tt.n), page(t, dataHeader(int32(tt.n), tt.enc), tt.body)))
			if tt.want == nil {
				if inkling.CodeOf(err) != inkling.Invalid {
					t.Errorf("%v, %v", rows, err)
				}
				return
			}
			var got []any
			for _, r := range rows {
				got = append(got, r["v0"])
			}
			if err != io.EOF || !slices.Equal(got, tt.want) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// counted gives 1 to n.
func counted(n int) (v []any) {
	for i := range n {
		v = append(v, float64(i+1))
	}
	return v
}

// Pages that were made by hand: what a chunk may be made of, and what is damage.
func TestPagesByHand(t *testing.T) {
	number := func(v ...byte) (b []byte) {
		for _, v := range v {
			b = append(b, v, 0, 0, 0)
		}
		return b
	}
	dictionary := page(t, format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: compact.New(format.DictionaryPageHeader{NumValues: 2, Encoding: format.Plain})}, number(7, 8))
	index := page(t, format.PageHeader{Type: format.IndexPage, IndexPageHeader: compact.New(format.IndexPageHeader{})}, []byte("anything"))
	plain := func(v ...byte) []byte { return page(t, dataHeader(int32(len(v)), format.Plain), number(v...)) }
	indexed := func(n int32, body ...byte) []byte { return page(t, dataHeader(n, format.RLEDictionary), body) }
	second := func(n, repeats, defines int32, enc format.Encoding, body []byte) []byte {
		return page(t, format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: compact.New(format.DataPageHeaderV2{NumValues: n, Encoding: enc, RepetitionLevelsByteLength: repeats, DefinitionLevelsByteLength: defines, IsCompressed: compact.New(false)})}, body)
	}
	summed := func(sum uint32) []byte {
		h := dataHeader(1, format.Plain)
		h.CRC = int32(sum)
		return page(t, h, number(5))
	}
	bits := dataHeader(1, format.Plain)
	bits.DataPageHeader.V.DefinitionLevelEncoding = format.BitPacked
	join := func(pages ...[]byte) [][]byte { return pages }
	for _, tt := range []struct {
		name     string
		optional bool
		pages    [][]byte
		n        int
		want     []any // nil: an error
	}{
		{"a dictionary and then none", false, join(dictionary, indexed(3, 1, 1<<1|1, 2), plain(3), index, indexed(2, 1, 2<<1, 1)), 6, []any{7.0, 8.0, 7.0, 3.0, 8.0, 8.0}},
		{"places of no bits", false, join(dictionary, indexed(2, 0)), 2, []any{7.0, 7.0}},
		{"places without their width", false, join(dictionary, indexed(2)), 2, nil},
		{"places of 33 bits", false, join(dictionary, indexed(1, 33, 2, 0, 0, 0, 0, 0)), 1, nil},
		{"places that are cut", false, join(dictionary, indexed(5, 8, 1<<1|1, 0, 0)), 5, nil},
		{"a place behind the last", false, join(dictionary, indexed(2, 2, 2<<1, 2)), 2, nil},
		{"no dictionary", false, join(indexed(2, 1, 2<<1, 1)), 2, nil},
		{"two dictionaries", false, join(dictionary, dictionary, indexed(2, 1, 2<<1, 1)), 2, nil},
		{"empty pages", false, join(plain(), plain(1), plain(), plain(2)), 2, []any{1.0, 2.0}},
		{"more values than rows", false, join(plain(1), plain(2, 3)), 2, nil},
		{"fewer", false, join(plain(1)), 2, nil},
		{"its checksum", false, join(summed(crc32.ChecksumIEEE(number(5)))), 1, []any{5.0}},
		{"a wrong checksum", false, join(summed(1)), 1, nil},
		{"levels in bits", true, join(page(t, bits, append([]byte{2, 0, 0, 0, 1 << 1, 1}, number(1)...))), 1, nil},
		{"levels", true, join(page(t, dataHeader(3, format.Plain), append([]byte{2, 0, 0, 0, 1<<1 | 1, 5}, number(1, 2)...))), 3, []any{1.0, nil, 2.0}},
		{"levels beyond the end", true, join(page(t, dataHeader(3, format.Plain), append([]byte{200, 0, 0, 0, 1<<1 | 1, 5}, number(1, 2)...))), 3, nil},
		{"second form", true, join(second(3, 0, 2, format.Plain, append([]byte{1<<1 | 1, 5}, number(1, 2)...))), 3, []any{1.0, nil, 2.0}},
		{"second form, required", false, join(second(1, 2, 3, format.Plain, append([]byte("abcde"), number(9)...))), 1, []any{9.0}},
		{"second form, levels of both kinds", true, join(second(2, 3, 2, format.Plain, append([]byte{9, 9, 9, 2 << 1, 1}, number(1, 2)...))), 2, []any{1.0, 2.0}},
		{"second form, negative", false, join(second(1, -1, 1, format.Plain, number(9))), 1, nil},
		{"second form, negative too", false, join(second(1, 5, -1, format.Plain, number(9))), 1, nil},
		{"second form, longer than it is", false, join(second(1, 3, 2, format.Plain, number(9))), 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := format.Required
			if tt.optional {
				r = format.Optional
			}
			for _, codec := range []format.CompressionCodec{format.Uncompressed, format.Snappy} {
				pages := tt.pages
				if codec == format.Snappy && !strings.HasPrefix(tt.name, "second") {
					continue // those say themselves that they are not compressed
				}
				b := refooted(t, made(t, 1, columnOf(format.Int32, r), int64(tt.n), pages...), func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Codec = codec })
				rows, err := rowsOf(b)
				if tt.want == nil {
					if inkling.CodeOf(err) != inkling.Invalid {
						t.Errorf("%v, %v", rows, err)
					}
					continue
				}
				var got []any
				for _, r := range rows {
					got = append(got, r["v0"])
				}
				if err != io.EOF || !slices.Equal(got, tt.want) {
					t.Errorf("%v, %v; want %v", got, err, tt.want)
				}
			}
		})
	}
}

// In the second form levels are never compressed, and values that are not there need not be.
func TestSecondFormCompressed(t *testing.T) {
	for _, values := range [][]byte{{}, {1, 0, 0, 0}} {
		levels := []byte{2 << 1, byte(len(values) / 4)}
		body := slices.Clone(levels)
		if len(values) > 0 {
			values = append(values, values...)
			body = append(body, snappy.Encode(nil, values)...)
		}
		h := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: int32(len(levels) + len(values)), CompressedPageSize: int32(len(body)),
			DataPageHeaderV2: compact.New(format.DataPageHeaderV2{NumValues: 2, DefinitionLevelsByteLength: 2})}
		b := refooted(t, made(t, 1, columnOf(format.Int32, format.Optional), 2, append(marshal(t, h), body...)), func(m *format.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.Codec = format.Snappy
		})
		if rows, err := rowsOf(b); err != io.EOF || len(rows) != 2 || (len(rows[1]) == 1) != (len(values) > 0) {
			t.Errorf("%v, %v", rows, err)
		}
	}
}

// A footer that says what is not so is told of.
func TestFootersThatLie(t *testing.T) {
	type change = func(*format.FileMetaData)
	column := func(f func(*format.ColumnChunk)) change {
		return func(m *format.FileMetaData) { f(&m.RowGroups[0].Columns[0]) }
	}
	group := func(m *format.FileMetaData, n int, name string) {
		m.Schema = append(m.Schema, format.SchemaElement{Name: name, NumChildren: compact.New(int32(n))})
	}
	for name, tt := range map[string]struct {
		lie  change
		says string
	}{
		"values":          {column(func(c *format.ColumnChunk) { c.MetaData.NumValues = 2 }), "damaged"},
		"type":            {column(func(c *format.ColumnChunk) { c.MetaData.Type = format.Float }), "damaged"},
		"another file":    {column(func(c *format.ColumnChunk) { c.FilePath = "other" }), "another file"},
		"secret":          {column(func(c *format.ColumnChunk) { c.CryptoMetadata.Value = &format.EncryptionWithFooterKey{} }), "encrypted"},
		"offset":          {column(func(c *format.ColumnChunk) { c.MetaData.DataPageOffset = 1 << 40 }), "damaged"},
		"in the magic":    {column(func(c *format.ColumnChunk) { c.MetaData.DataPageOffset = 3 }), "damaged"},
		"negative offset": {column(func(c *format.ColumnChunk) { c.MetaData.DataPageOffset = -5 }), "damaged"},
		"size": {func(m *format.FileMetaData) {
			c := &m.RowGroups[0].Columns[0].MetaData
			m.RowGroups[0].NumRows, c.NumValues, c.TotalCompressedSize = 2, 2, 1<<40
		}, "before the values do"},
		"negative rows": {func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -1 }, "damaged"},
		"no column":     {func(m *format.FileMetaData) { m.RowGroups[0].Columns = nil }, "damaged"},
		"codec":         {column(func(c *format.ColumnChunk) { c.MetaData.Codec = 4 }), "Brotli"},
		"unknown codec": {column(func(c *format.ColumnChunk) { c.MetaData.Codec = 99 }), "not known"},
		"one name twice": {func(m *format.FileMetaData) {
			m.Schema[0].NumChildren = compact.New(int32(2))
			m.Schema = append(m.Schema, m.Schema[1])
			m.RowGroups[0].Columns = append(m.RowGroups[0].Columns, m.RowGroups[0].Columns[0])
		}, "two columns"},
		"elements left": {func(m *format.FileMetaData) { m.Schema = append(m.Schema, m.Schema[1]) }, "damaged"},
		"children":      {func(m *format.FileMetaData) { m.Schema[0].NumChildren = compact.New(int32(2)) }, "damaged"},
		"depth": {func(m *format.FileMetaData) {
			e := m.Schema[1]
			m.Schema = m.Schema[:1]
			for range 40 {
				group(m, 1, "g")
			}
			m.Schema = append(m.Schema, e)
		}, "damaged"},
		"columns": {func(m *format.FileMetaData) {
			m.Schema = m.Schema[:0]
			group(m, line.MaxColumns+1, "root")
			for i := range line.MaxColumns + 1 {
				e := columnOf(format.Int32, format.Required)
				e.Name = fmt.Sprint(i)
				m.Schema = append(m.Schema, e)
			}
			m.RowGroups = nil
		}, "more than 16384 columns"},
		"repeated":     {func(m *format.FileMetaData) { m.Schema[1].RepetitionType = compact.New(format.Repeated) }, "v0 (a list)"},
		"unknown type": {func(m *format.FileMetaData) { m.Schema[1].Type = compact.New(format.Type(9)) }, "not known"},
		"variant":      {func(m *format.FileMetaData) { m.Schema[1].LogicalType.Value = &format.VariantType{} }, "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			b := refooted(t, made(t, 1, columnOf(format.Int32, format.Required), 1, page(t, dataHeader(1, format.Plain), []byte{7, 0, 0, 0})), tt.lie)
			if _, err := rowsOf(b); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, not %s", err, tt.says)
			}
		})
	}
}

// A dictionary's place behind the values is none: some writers give one where there is no dictionary.
func TestDictionaryBehind(t *testing.T) {
	b := refooted(t, made(t, 1, columnOf(format.Int32, format.Required), 1, page(t, dataHeader(1, format.Plain), []byte{7, 0, 0, 0})), func(m *format.FileMetaData) {
		m.RowGroups[0].Columns[0].MetaData.DictionaryPageOffset = m.RowGroups[0].Columns[0].MetaData.DataPageOffset + 1
	})
	if rows, err := rowsOf(b); err != io.EOF || len(rows) != 1 || rows[0]["v0"] != 7.0 {
		t.Errorf("%v, %v", rows, err)
	}
}

// Fields that are not known are passed over, whatever is in them; nothing in them is followed without end.
func TestUnknownFields(t *testing.T) {
	b := made(t, 1, columnOf(format.Int32, format.Required), 1, page(t, dataHeader(1, format.Plain), []byte{7, 0, 0, 0}))
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	pages, foot := b[:len(b)-8-n], b[len(b)-8-n:len(b)-9]
	for name, tt := range map[string]struct {
		more []byte
		ok   bool
	}{
		"truth values":     {[]byte{0x09 | 0x50, 0x31, 1, 2, 1}, true},
		"a field far off":  {[]byte{0x05, 0xc8, 0x01, 0x02}, true},
		"a map":            {[]byte{0x5b, 2, 0x58, 2, 1, 'a', 4, 1, 'b'}, true},
		"an empty map":     {[]byte{0x5b, 0}, true},
		"structures":       {[]byte{0x5c, 0x1c, 0x13, 1, 0, 0}, true},
		"a number":         {append([]byte{0x57}, make([]byte, 8)...), true},
		"a number, cut":    {append([]byte{0x57}, make([]byte, 6)...), false},
		"a long list":      {[]byte{0x59, 0xf3, 0xff, 0xff, 0xff, 0xff, 0x0f}, false},
		"an unknown type":  {[]byte{0x5e}, false},
		"deep lists":       {append(append([]byte{0x59}, bytes.Repeat([]byte{0x19}, 1<<20)...), 0x13, 1), false},
		"deep structures":  {append(append([]byte{0x5c}, bytes.Repeat([]byte{0x1c}, 1<<20)...), make([]byte, 1<<20+1)...), false},
		"a text, cut":      {[]byte{0x58, 100}, false},
		"an endless count": {append([]byte{0x55}, bytes.Repeat([]byte{0xff}, 20)...), false},
	} {
		f := append(append(slices.Clone(foot), tt.more...), 0)
		rows, err := rowsOf(append(binary.LittleEndian.AppendUint32(append(slices.Clone(pages), f...), uint32(len(f))), magic...))
		if ok := err == io.EOF && len(rows) == 1; ok != tt.ok || !ok && !strings.Contains(err.Error(), errThrift.Error()) {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// The number of a field may be written out.
func TestFieldsFarOff(t *testing.T) {
	if f, err := parseFooter([]byte{0x29, 0x1c, 0x48, 1, 'r', 0, 0x0c, 0x10, 0, 0}); err != nil || !f.encrypted || f.elements[0].name != "r" {
		t.Errorf("%+v, %v", f, err)
	}
}

// A page that unpacks to more or less than it says is damaged, in every codec.
func TestUnpackedLength(t *testing.T) {
	text := bytes.Repeat([]byte("abcd"), 100)
	for codec, c := range map[int]compress.Codec{codecNone: &pq.Uncompressed, codecSnappy: &pq.Snappy, codecGzip: &pq.Gzip, codecZstd: &pq.Zstd, codecLZ4: &pq.Lz4Raw} {
		packed, err := c.Encode(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, len(text) - 1, len(text), len(text) + 1, 4 * len(text)} {
			dst := make([]byte, n)
			if err := unpacked(dst, packed, codec); (err == nil) != (n == len(text)) || err == nil && !bytes.Equal(dst, text) {
				t.Errorf("%v, %d bytes: %v", c, n, err)
			}
		}
		if err := unpacked(make([]byte, len(text)), append(slices.Clone(packed), 0), codec); err == nil {
			t.Errorf("%v: more behind it is not seen", c)
		}
	}
}

// claiming is a file that is longer than it is, with its end.
type claiming struct {
	size int64
	end  []byte
}

func (c claiming) ReadAt(b []byte, off int64) (int, error) {
	if from := off - (c.size - int64(len(c.end))); from >= 0 {
		return copy(b, c.end[from:]), nil
	}
	return len(b), nil
}

// A footer longer than any is not read.
func TestLongFooter(t *testing.T) {
	c := claiming{1 << 40, append(binary.LittleEndian.AppendUint32(nil, mostFooter+1), magic...)}
	if _, err := NewReader(c, c.size, "x", nil); err == nil || !strings.Contains(err.Error(), "longer than is read") {
		t.Error(err)
	}
}

// Whole numbers that a float64 does not tell apart are told of, once a column.
func TestLargeNumbers(t *testing.T) {
	for name, tt := range map[string]struct {
		column format.SchemaElement
		v      uint64
		told   bool
	}{
		"exact":    {typed(format.Int64, 0, nil), 1 << 53, false},
		"large":    {typed(format.Int64, 0, nil), 1<<53 + 1, true},
		"below":    {typed(format.Int64, 0, nil), math.MaxUint64 - 1<<53, true},
		"minus":    {typed(format.Int64, 0, nil), math.MaxUint64, false},
		"unsigned": {typed(format.Int64, 0, &format.IntType{BitWidth: 64}), math.MaxUint64, true},
	} {
		b := made(t, 1, tt.column, 2, page(t, dataHeader(2, format.Plain), u64(tt.v, tt.v)))
		r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
		var rec inkling.Record
		for err == nil {
			err = r.Read(&rec)
		}
		if notes := strings.Join(r.Notes(), "\n"); err != io.EOF || (notes != "") != tt.told || tt.told && !strings.HasSuffix(notes, ": v0") {
			t.Errorf("%s: %q, %v", name, notes, err)
		}
	}
}
