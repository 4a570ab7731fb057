package netflow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
)

// Bounds on templates, whoever sends them.
const (
	maxTemplates     = 4096
	maxTemplateBytes = 8 << 20
	maxDomains       = 1024
	templateLife     = 24 * 3600 * 1e6 // microseconds without being sent or used
)

// A template says what the records of a data set hold.
type template struct {
	domain  *domain
	id      uint16
	options bool   // its records tell of the exporter, not of flows
	raw     []byte // as it was sent
	least   int    // bytes of a record, those of varying length empty
	varying bool
	steps   []step
	used    int64 // when it was sent or used, in microseconds
	kept    int64 // used, as it was kept last

	newer, older *template
}

// A step is an element that is read, or, where lengths vary, bytes that are passed over (eNone).
type step struct {
	element uint8
	at      uint16 // of the element in a record, where lengths do not vary
	length  uint16 // varies means that it stands before the value
}

const varies = 0xffff

var (
	errShort  = errors.New("it ends in the middle")
	errNoByte = errors.New("its records have no bytes")
	errLong   = errors.New("its records are longer than a packet")
)

// parseTemplate reads the template that b starts with and gives the rest of b. A template without fields withdraws.
func parseTemplate(version uint16, options bool, b []byte) (t *template, rest []byte, err error) {
	head, fields := 4, 0
	if len(b) < 4 {
		return nil, nil, errShort
	}
	t = &template{id: binary.BigEndian.Uint16(b), options: options}
	switch n := int(binary.BigEndian.Uint16(b[2:])); {
	case options && version == 9:
		if head = 6; len(b) < head {
			return nil, nil, errShort
		}
		fields = n/4 + int(binary.BigEndian.Uint16(b[4:]))/4
	case options && n > 0:
		head, fields = 6, n
	default:
		fields = n
	}
	size := head
	var seen elementSet
	for range fields {
		if len(b) < size+4 {
			return nil, nil, errShort
		}
		id, length, enterprise := binary.BigEndian.Uint16(b[size:]), binary.BigEndian.Uint16(b[size+2:]), uint32(0)
		size += 4
		if version == 10 && id&0x8000 != 0 {
			if len(b) < size+4 {
				return nil, nil, errShort
			}
			id, enterprise = id&0x7fff, binary.BigEndian.Uint32(b[size:])
			size += 4
		}
		e := elementOf(id, enterprise)
		if seen.has(e) {
			e = eNone // of several the first
		}
		seen.add(e)
		t.add(e, length, version)
	}
	t.raw = append([]byte(nil), b[:size]...)
	switch {
	case fields > 0 && t.least == 0:
		return nil, nil, errNoByte
	case t.least > 1<<16:
		return nil, nil, errLong
	}
	t.settle()
	return t, b[size:], nil
}

// add takes note of the next field.
func (t *template) add(e uint8, length, version uint16) {
	if length == varies && version == 10 {
		t.varying = true
		t.steps = append(t.steps, step{e, 0, varies})
		t.least++
		return
	}
	last := len(t.steps) - 1
	if e == eNone && last >= 0 && t.steps[last].element == eNone && int(t.steps[last].length)+int(length) < varies {
		t.steps[last].length += length
	} else {
		t.steps = append(t.steps, step{e, uint16(t.least), length})
	}
	t.least += int(length)
}

// settle drops what need not be passed over one by one.
func (t *template) settle() {
	if t.varying {
		return
	}
	keep := t.steps[:0]
	for _, s := range t.steps {
		if s.element != eNone {
			keep = append(keep, s)
		}
	}
	t.steps = keep
}

// read takes the record that b starts with and gives the rest of b, and false where the record does not end in b.
func (t *template) read(v *values, b []byte) ([]byte, bool) {
	v.seen = elementSet{}
	if !t.varying {
		for _, s := range t.steps {
			v.set(s.element, b[s.at:][:s.length])
		}
		return b[t.least:], true
	}
	for _, s := range t.steps {
		n := int(s.length)
		if n == varies {
			if len(b) < 1 {
				return nil, false
			}
			n, b = int(b[0]), b[1:]
			if n == 255 {
				if len(b) < 2 {
					return nil, false
				}
				n, b = int(binary.BigEndian.Uint16(b)), b[2:]
			}
		}
		if len(b) < n {
			return nil, false
		}
		if s.element != eNone {
			v.set(s.element, b[:n])
		}
		b = b[n:]
	}
	return b, true
}

type domainKey struct {
	from    netip.Addr
	id      uint32
	version uint16
}

// A domain is one stream of an exporter: an observation domain of IPFIX, a source of NetFlow v9, an engine of v5.
type domain struct {
	key      domainKey
	number   uint32 // never given again
	exporter uint32 // the same for all domains of an address
	used     int64
	boot     int64 // when the exporter started, in microseconds; 0 when not known
	next     uint32
	counted  bool // next is known
	samplers map[uint64]uint64

	templates int // that it has
}

// templates keeps domains and templates, those least recently used out first.
type templates struct {
	domains map[domainKey]*domain
	last    *domain
	numbers uint32
	all     map[uint64]*template // by domain's number and template's id
	bytes   int
	edge    template // older is the newest of all, newer the oldest
	dropped uint64
	changed bool // since it was kept
}

func newTemplates() *templates {
	s := &templates{domains: map[domainKey]*domain{}, all: map[uint64]*template{}}
	s.edge.older, s.edge.newer = &s.edge, &s.edge
	return s
}

// domain gives the state of a stream, made when it is new.
func (s *templates) domain(k domainKey, now int64) *domain {
	d := s.last
	if d == nil || d.key != k {
		d = s.domains[k]
	}
	if d == nil {
		s.makeRoom()
		s.numbers++
		d = &domain{key: k, number: s.numbers, exporter: hashOf(k.from)}
		s.domains[k] = d
	}
	s.last, d.used = d, now
	return d
}

// makeRoom puts out the domain that was not heard of for longest, with its templates; of those that have none, where there are:
// headers alone, from whomever, cost an exporter nothing.
func (s *templates) makeRoom() {
	if len(s.domains) < maxDomains {
		return
	}
	var oldest *domain
	for _, d := range s.domains {
		if oldest == nil || d.before(oldest) {
			oldest = d
		}
	}
	delete(s.domains, oldest.key)
	for t := s.edge.newer; t != &s.edge; {
		at := t
		if t = t.newer; at.domain == oldest {
			s.remove(at)
			s.dropped++
		}
	}
	if s.last == oldest {
		s.last = nil
	}
}

// before reports whether d makes room before o.
func (d *domain) before(o *domain) bool {
	switch {
	case (d.templates == 0) != (o.templates == 0):
		return d.templates == 0
	case d.used != o.used:
		return d.used < o.used
	}
	return d.number < o.number
}

func keyOf(d *domain, id uint16) uint64 { return uint64(d.number)<<16 | uint64(id) }

// put takes a template in place of the one before.
func (s *templates) put(d *domain, t *template, now int64) {
	k := keyOf(d, t.id)
	if old := s.all[k]; old != nil {
		if old.options == t.options && bytes.Equal(old.raw, t.raw) {
			s.use(old, now)
			return
		}
		s.remove(old)
	}
	t.domain, t.used = d, now
	s.all[k] = t
	d.templates++
	s.bytes += len(t.raw)
	s.front(t)
	s.changed = true
	for len(s.all) > maxTemplates || s.bytes > maxTemplateBytes && len(s.all) > 1 {
		s.remove(s.edge.newer)
		s.dropped++
	}
}

// get gives a template, nil where it is not known.
func (s *templates) get(d *domain, id uint16, now int64) *template {
	t := s.all[keyOf(d, id)]
	if t == nil {
		return nil
	}
	if now-t.used > templateLife {
		s.remove(t)
		s.dropped++
		return nil
	}
	s.use(t, now)
	if s.edge.older != t {
		t.newer.older, t.older.newer = t.older, t.newer
		s.front(t)
	}
	return t
}

// use says that a template was sent or used, which is worth keeping once in a while.
func (s *templates) use(t *template, now int64) {
	t.used = max(t.used, now)
	s.changed = s.changed || t.used-t.kept > keepUse
}

// keepUse is how much later a template was used than is kept, before it is kept again.
const keepUse = 3600 * second

// withdraw forgets a template, or all of a kind (RFC 7011, 8.1).
func (s *templates) withdraw(d *domain, id uint16, options bool) {
	if t := s.all[keyOf(d, id)]; t != nil && t.options == options {
		s.remove(t)
	}
	if id != 2 && id != 3 {
		return
	}
	for t := s.edge.newer; t != &s.edge; {
		at := t
		if t = t.newer; at.domain == d && at.options == options {
			s.remove(at)
		}
	}
}

func (s *templates) remove(t *template) {
	delete(s.all, keyOf(t.domain, t.id))
	t.domain.templates--
	s.bytes -= len(t.raw)
	t.newer.older, t.older.newer = t.older, t.newer
	s.changed = true
}

// front makes t the newest.
func (s *templates) front(t *template) {
	t.newer, t.older = &s.edge, s.edge.older
	s.edge.older.newer, s.edge.older = t, t
}

// hashOf is FNV-1a of an address.
func hashOf(a netip.Addr) uint32 {
	h := uint32(2166136261)
	for _, c := range a.As16() {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
