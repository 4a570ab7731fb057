package pe

import (
	"math"
	"strings"
)

// readImports walks the import table.
func (m *image) readImports() {
	text := 0
	table := m.at(m.dir(dirImport).VirtualAddress)
	for ; len(table) >= 20 && m.libraries < mostLibraries; table = table[20:] {
		lookup, name, address := little.Uint32(table), little.Uint32(table[12:]), little.Uint32(table[16:])
		if name == 0 || address == 0 {
			return
		}
		m.libraries++
		dll := strings.TrimSuffix(strings.ToLower(m.name(name)), ".dll")
		if lookup == 0 {
			lookup = address
		}
		if !m.readThunks(m.at(lookup), dll, &text) {
			return
		}
	}
}

// readThunks reads what is imported of a library; false where the bound is reached.
func (m *image) readThunks(thunks []byte, dll string, text *int) bool {
	size := 4
	if m.wide {
		size = 8
	}
	for ; len(thunks) >= size; thunks = thunks[size:] {
		var v uint64
		if m.wide {
			v = little.Uint64(thunks)
		} else {
			v = uint64(little.Uint32(thunks))
		}
		switch {
		case v == 0:
			return true
		case len(m.imported)+m.ordinals == mostFunctions:
			return false
		case v>>(8*size-1) == 1:
			m.ordinals++
			continue
		}
		f := function{dll: dll}
		if *text < mostText {
			f.name = m.name(uint32(v) + 2) // after the hint
			*text += len(f.name) + len(dll) + 2
		}
		m.imported = append(m.imported, f)
	}
	return true
}

// readExports counts what is exported.
func (m *image) readExports() {
	if t := m.at(m.dir(dirExport).VirtualAddress); m.has(dirExport) && len(t) >= 40 {
		m.exported = float64(min(little.Uint32(t[20:]), mostFunctions))
		m.exports = float64(min(little.Uint32(t[24:]), mostFunctions))
	}
}

// Types of resources.
const (
	resIcon     = 3
	resDialog   = 5
	resVersion  = 16
	resManifest = 24
)

// resources sums up the tree of resources.
type resources struct {
	leaves, bytes float64
	entropy       float64 // the highest of a leaf
	biggest       float64
	types         map[uint32]int
	nodes         int
}

func (m *image) readResources() {
	m.res.entropy = math.NaN()
	if m.has(dirResource) {
		m.res.types = map[uint32]int{}
		m.branch(m.at(m.dir(dirResource).VirtualAddress), 0, 0, 0)
	}
}

// branch reads a table of the tree at offset at of its section; level 0 is by type. Three levels are all that there
// may be, so that loops end.
func (m *image) branch(tree []byte, at int64, level int, kind uint32) {
	table := clip(tree, at, int64(len(tree)))
	if len(table) < 16 || level > 2 {
		return
	}
	n := int(little.Uint16(table[12:])) + int(little.Uint16(table[14:]))
	for e := table[16:]; n > 0 && len(e) >= 8 && m.res.nodes < mostResources; n, e = n-1, e[8:] {
		m.res.nodes++
		id, to := little.Uint32(e), little.Uint32(e[4:])
		if level == 0 {
			kind = id
		}
		if to>>31 == 1 {
			m.branch(tree, int64(to&^(1<<31)), level+1, kind)
			continue
		}
		if leaf := clip(tree, int64(to), 16); len(leaf) == 16 {
			data := clip(m.at(little.Uint32(leaf)), 0, int64(little.Uint32(leaf[4:])))
			m.res.leaves++
			m.res.bytes += float64(len(data))
			m.res.biggest = max(m.res.biggest, float64(len(data)))
			m.res.types[kind]++
			if h := m.entropyOf(data); !(h <= m.res.entropy) && h == h {
				m.res.entropy = h
			}
		}
	}
}
