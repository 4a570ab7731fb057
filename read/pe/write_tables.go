package pe

// imports gives the import table of a section at rva: descriptors, then a list of addresses, the names and the library of each.
func (p *Program) imports(rva uint32) []byte {
	size := 4
	if p.Wide {
		size = 8
	}
	b := make([]byte, 20*(len(p.Imports)+1))
	for i, lib := range p.Imports {
		lists := [2]uint32{}
		names := len(b) + 2*size*(len(lib.Functions)+1) // after the two lists
		for l := range lists {
			lists[l] = rva + uint32(len(b))
			at := names
			for _, f := range lib.Functions {
				entry := make([]byte, size)
				little.PutUint32(entry, rva+uint32(at))
				b = append(b, entry...)
				at += 2 + len(f) + 1
			}
			b = append(b, make([]byte, size)...)
		}
		for _, f := range lib.Functions {
			b = append(append(append(b, 0, 0), f...), 0)
		}
		d := b[20*i:]
		little.PutUint32(d, lists[0])
		little.PutUint32(d[12:], rva+uint32(len(b)))
		little.PutUint32(d[16:], lists[1])
		b = aligned(append(append(b, lib.Library...), 0), 8)
	}
	return b
}

// exports gives the export table of a section at rva; all functions lie at the first section's begin.
func (p *Program) exports(rva uint32) []byte {
	n := len(p.Exports)
	b := make([]byte, 40+10*n)
	addresses, names, ordinals := 40, 40+4*n, 40+8*n
	for i, name := range p.Exports {
		little.PutUint32(b[addresses+4*i:], memoryAlignment)
		little.PutUint32(b[names+4*i:], rva+uint32(len(b)))
		little.PutUint16(b[ordinals+2*i:], uint16(i))
		b = append(append(b, name...), 0)
	}
	for at, v := range map[int]int{12: len(b), 28: addresses, 32: names, 36: ordinals} {
		little.PutUint32(b[at:], rva+uint32(v))
	}
	for at, v := range map[int]int{16: 1, 20: n, 24: n} {
		little.PutUint32(b[at:], uint32(v))
	}
	return append(b, "library.dll\x00"...)
}

// resources gives the resource tree of a section at rva: type, number, language.
func (p *Program) resources(rva uint32) []byte {
	var kinds [][]Resource
	for i, r := range p.Resources {
		if i == 0 || r.Type != p.Resources[i-1].Type {
			kinds = append(kinds, nil)
		}
		kinds[len(kinds)-1] = append(kinds[len(kinds)-1], r)
	}
	const head, entry, subtree = 16, 8, 1 << 31
	n := len(p.Resources)
	languages := head + entry*len(kinds) + head*len(kinds) + entry*n // after the root and a table of each type
	leaves := languages + (head+entry)*n
	b := make([]byte, leaves+16*n)
	put := func(at int, id, to uint32) {
		little.PutUint32(b[at:], id)
		little.PutUint32(b[at+4:], to)
	}
	little.PutUint16(b[14:], uint16(len(kinds)))
	table, leaf := head+entry*len(kinds), 0
	for k, of := range kinds {
		put(head+entry*k, of[0].Type, subtree|uint32(table))
		little.PutUint16(b[table+14:], uint16(len(of)))
		for i, r := range of {
			language, at := languages+(head+entry)*leaf, leaves+16*leaf
			put(table+head+entry*i, uint32(i+1), subtree|uint32(language))
			little.PutUint16(b[language+14:], 1)
			put(language+head, 1033, uint32(at))
			put(at, rva+uint32(len(b)), uint32(len(r.Data)))
			b = aligned(append(b, r.Data...), 4)
			leaf++
		}
		table += head + entry*len(of)
	}
	return b
}
