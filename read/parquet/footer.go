package parquet

// What a file says of itself in its footer, as far as it is needed; names and numbers are those of parquet.thrift.

// What a footer may hold. Some bytes of it say that there is something, which takes a hundred times as many to hold.
const (
	mostElements = 1 << 16
	mostGroups   = 1 << 15 // as the format has it
	mostChunks   = 1 << 21
)

// footer is FileMetaData.
type footer struct {
	elements  []element
	groups    []group
	encrypted bool
	spans     map[string]int // units of columns that hold spans of time
}

// element is a SchemaElement: a column, or a group of those that follow.
type element struct {
	leaf       bool // it has a type
	physical   int
	length     int // of a fixed-length value
	repetition int
	name       string
	children   int
	converted  int // -1: none
	scale      int
	logical    int // -1: none; the union's field
	unit       int // of a time: the union's field
	unsigned   bool
}

// group is a RowGroup.
type group struct {
	rows   int64
	chunks []chunkMeta
}

// chunkMeta is a ColumnChunk.
type chunkMeta struct {
	elsewhere, encrypted bool
	physical, codec      int
	values               int64
	size                 int64 // of its pages; older writers left the header of the dictionary out
	data, dictionary     int64 // offsets of pages
}

// Repetition types.
const (
	required = 0
	optional = 1
	repeated = 2
)

func parseFooter(b []byte) (*footer, error) {
	t, f, chunks := &thrift{b: b}, &footer{}, 0
	t.fields(isStruct, func(id int, kind byte) bool {
		switch id {
		case 2:
			t.each(kind, func(k byte) {
				if f.elements = append(f.elements, t.schemaElement(k)); len(f.elements) > mostElements {
					t.fail()
				}
			})
		case 4:
			t.each(kind, func(k byte) {
				f.groups = append(f.groups, t.group(k, &chunks))
				if len(f.groups) > mostGroups {
					t.fail()
				}
			})
		case 5:
			t.each(kind, func(k byte) {
				if key, value := t.keyValue(k); string(key) == arrowKey {
					f.spans = spans(value)
				}
			})
		case 8:
			f.encrypted = true
			return false
		default:
			return false
		}
		return true
	})
	if t.bad || len(f.elements) == 0 {
		return nil, errThrift
	}
	return f, nil
}

func (t *thrift) keyValue(kind byte) (key, value []byte) {
	t.fields(kind, func(id int, kind byte) bool {
		switch id {
		case 1:
			key = t.bytes(kind)
		case 2:
			value = t.bytes(kind)
		default:
			return false
		}
		return true
	})
	return key, value
}

func (t *thrift) schemaElement(kind byte) element {
	e := element{converted: -1, logical: -1}
	t.fields(kind, func(id int, kind byte) bool {
		switch id {
		case 1:
			e.leaf, e.physical = true, int(t.int(kind))
		case 2:
			e.length = int(t.int(kind))
		case 3:
			e.repetition = int(t.int(kind))
		case 4:
			e.name = string(t.bytes(kind))
		case 5:
			e.children = int(t.int(kind))
		case 6:
			e.converted = int(t.int(kind))
		case 7:
			e.scale = int(t.int(kind))
		case 10:
			t.logical(kind, &e)
		default:
			return false
		}
		return true
	})
	return e
}

// logical reads a LogicalType, a union of structures.
func (t *thrift) logical(kind byte, e *element) {
	t.fields(kind, func(id int, kind byte) bool {
		e.logical = id
		t.fields(kind, func(id int, kind byte) bool {
			switch {
			case e.logical == logicalDecimal && id == 1:
				e.scale = int(t.int(kind))
			case (e.logical == logicalTime || e.logical == logicalTimestamp) && id == 2:
				t.fields(kind, func(id int, _ byte) bool { e.unit = id; return false })
			case e.logical == logicalInteger && id == 2:
				e.unsigned = kind == isFalse
			default:
				return false
			}
			return true
		})
		return true
	})
}

func (t *thrift) group(kind byte, chunks *int) (g group) {
	t.fields(kind, func(id int, kind byte) bool {
		switch id {
		case 1:
			t.each(kind, func(k byte) {
				g.chunks = append(g.chunks, t.chunk(k))
				if *chunks++; *chunks > mostChunks {
					t.fail()
				}
			})
		case 3:
			g.rows = t.int(kind)
		default:
			return false
		}
		return true
	})
	return g
}

func (t *thrift) chunk(kind byte) (c chunkMeta) {
	t.fields(kind, func(id int, kind byte) bool {
		switch id {
		case 1:
			c.elsewhere = len(t.bytes(kind)) > 0
		case 3:
			t.fields(kind, func(id int, kind byte) bool {
				switch id {
				case 1:
					c.physical = int(t.int(kind))
				case 4:
					c.codec = int(t.int(kind))
				case 5:
					c.values = t.int(kind)
				case 7:
					c.size = t.int(kind)
				case 9:
					c.data = t.int(kind)
				case 11:
					c.dictionary = t.int(kind)
				default:
					return false
				}
				return true
			})
		case 8:
			c.encrypted = true
			return false
		default:
			return false
		}
		return true
	})
	return c
}

// pageHeader is a PageHeader with what is used of the header of its kind.
type pageHeader struct {
	kind             int
	size, packed     int64 // of the page as it is read, and as it stands in the file
	sum              uint32
	summed           bool
	values           int64
	encoding, levels int // encodings
	repeats, defines int64
	uncompressed     bool
	known            bool // it has the header of its kind and no other
}

// Kinds of page.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPage2      = 3
)

// headers are the fields of a PageHeader that hold the header of a kind.
var headers = map[int]int{dataPage: 5, dictionaryPage: 7, dataPage2: 8}

// parsePage reads the header that b starts with and gives its length, 0 where b ends before it does.
func parsePage(b []byte) (h pageHeader, n int) {
	t, header := &thrift{b: b}, 0 // the field of the header of a kind
	h.levels = encodingRLE
	t.fields(isStruct, func(id int, kind byte) bool {
		switch id {
		case 1:
			h.kind = int(t.int(kind))
		case 2:
			h.size = t.int(kind)
		case 3:
			h.packed = t.int(kind)
		case 4:
			h.summed, h.sum = true, uint32(t.int(kind))
		case 5, 7:
			header += id
			t.fields(kind, func(id int, kind byte) bool {
				switch id {
				case 1:
					h.values = t.int(kind)
				case 2:
					h.encoding = int(t.int(kind))
				case 3:
					if kind == isTrue || kind == isFalse { // of a dictionary: is it sorted?
						return false
					}
					h.levels = int(t.int(kind))
				default:
					return false
				}
				return true
			})
		case 8:
			header += id
			t.fields(kind, func(id int, kind byte) bool {
				switch id {
				case 1:
					h.values = t.int(kind)
				case 4:
					h.encoding = int(t.int(kind))
				case 5:
					h.defines = t.int(kind)
				case 6:
					h.repeats = t.int(kind)
				case 7:
					h.uncompressed = kind == isFalse
					return false
				default:
					return false
				}
				return true
			})
		default:
			return false
		}
		return true
	})
	if t.bad {
		return h, 0
	}
	h.known = header > 0 && header == headers[h.kind]
	return h, t.i
}
