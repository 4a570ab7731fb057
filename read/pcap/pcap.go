// Package pcap reads captures of packets (pcap and pcapng) as the flows in
// them: records of the schema that Zeek's conn.log has, with Zeek's names,
// states, history letters, byte counts and timeouts.
//
// Time moves by the packets, memory is bounded by the number of flows followed
// at a time, and a damaged packet is counted, never an error. Flows come in
// the order in which they end; those still open at the end of the file come in
// order of their start. Zeek's application analysis is not reproduced: the
// service is told by the first data packets of both sides.
package pcap

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/inkling-sec/inkling"
)

// Options of a reader; the zero value works.
type Options struct {
	MaxFlows    int  // flows followed at a time; 0 means DefaultMaxFlows
	AnyChecksum bool // take packets with a wrong checksum too, as Zeek's -C; for captures with changed addresses
}

// Schema is the layout of the records.
var Schema = &inkling.Schema{Name: "zeek.conn", Fields: []inkling.Field{
	fTS:        {Name: "ts", Kind: inkling.Time},
	fUID:       {Name: "uid"},
	fOrigH:     {Name: "id.orig_h"},
	fOrigP:     {Name: "id.orig_p", Kind: inkling.Number},
	fRespH:     {Name: "id.resp_h"},
	fRespP:     {Name: "id.resp_p", Kind: inkling.Number},
	fProto:     {Name: "proto"},
	fService:   {Name: "service"},
	fDuration:  {Name: "duration", Kind: inkling.Number},
	fOrigBytes: {Name: "orig_bytes", Kind: inkling.Number},
	fRespBytes: {Name: "resp_bytes", Kind: inkling.Number},
	fState:     {Name: "conn_state"},
	fLocalOrig: {Name: "local_orig"},
	fLocalResp: {Name: "local_resp"},
	fMissed:    {Name: "missed_bytes", Kind: inkling.Number},
	fHistory:   {Name: "history"},
	fOrigPkts:  {Name: "orig_pkts", Kind: inkling.Number},
	fOrigIP:    {Name: "orig_ip_bytes", Kind: inkling.Number},
	fRespPkts:  {Name: "resp_pkts", Kind: inkling.Number},
	fRespIP:    {Name: "resp_ip_bytes", Kind: inkling.Number},
}}

const (
	fTS = iota
	fUID
	fOrigH
	fOrigP
	fRespH
	fRespP
	fProto
	fService
	fDuration
	fOrigBytes
	fRespBytes
	fState
	fLocalOrig
	fLocalResp
	fMissed
	fHistory
	fOrigPkts
	fOrigIP
	fRespPkts
	fRespIP
)

// A Reader yields the flows of one capture.
type Reader struct {
	file  string
	src   capture
	table *table
	next  int // place in table.done
	err   error
	text  []byte
}

// NewReader reads the capture r; file names it in origins and errors.
func NewReader(r io.Reader, file string, o Options) (*Reader, error) {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReaderSize(r, 256<<10)
	}
	c, err := openCapture(br, file)
	if err != nil {
		return nil, err
	}
	return &Reader{file: file, src: c, table: newTable(o)}, nil
}

// Stats tells what the reader has counted so far.
func (r *Reader) Stats() Stats { return r.table.stats }

// Close implements inkling.Reader; the file belongs to the caller.
func (r *Reader) Close() error { return nil }

// Read implements inkling.Reader. After a capture that was cut or damaged it
// first gives the flows of the packets before, then the error.
func (r *Reader) Read(rec *inkling.Record) error {
	t := r.table
	for r.next == len(t.done) {
		t.done, r.next = t.done[:0], 0
		if r.err != nil {
			return r.err
		}
		r.fill()
	}
	f := t.done[r.next]
	r.next++
	r.record(rec, f)
	rec.Origin = inkling.Origin{File: r.file, Line: int(t.stats.Flows) - (len(t.done) - r.next)}
	t.free = append(t.free, f)
	return nil
}

// fill reads packets until a flow ends.
func (r *Reader) fill() {
	var fr frame
	for len(r.table.done) == 0 {
		if err := r.src.next(&fr); err != nil {
			r.table.flush()
			r.err = ended(r.file, r.table.stats.Packets, err)
			return
		}
		r.table.take(&fr)
	}
}

// ended says in words why a capture gives no more packets after the first n. io.EOF stays io.EOF.
func ended(file string, n uint64, err error) error {
	if err == io.EOF {
		return io.EOF
	}
	e := &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s: packet %d", file, n+1)}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e.What = fmt.Sprintf("the capture is truncated; the flows of the %d packets before are complete", n)
		e.Remedy = "copy or capture the file again; if it is still being written, wait for its end"
		return e
	}
	e.What, e.Err = "the capture is damaged here", err
	e.Remedy = "copy the file again; the flows of the packets before were read"
	return e
}

// record lays a flow out as a Zeek conn record.
func (r *Reader) record(rec *inkling.Record, f *flow) {
	rec.Reset(Schema)
	o, p := f.orig(), f.resp()
	num, text := rec.Num, rec.Text
	num[fTS] = float64(f.start/1e9) + float64(f.start%1e9)/1e9
	num[fOrigP], num[fRespP] = float64(o.port), float64(p.port)
	num[fMissed] = float64(f.missed)
	num[fOrigPkts], num[fOrigIP] = float64(o.pkts), float64(o.ipBytes)
	num[fRespPkts], num[fRespIP] = float64(p.pkts), float64(p.ipBytes)
	if f.last > f.start {
		num[fDuration] = math.Round(float64(f.last-f.start)/1e3) / 1e6
		num[fOrigBytes], num[fRespBytes] = float64(f.bytes(o)), float64(f.bytes(p))
	}
	src, dst := addrOf(&o.addr, f.key.v6), addrOf(&p.addr, f.key.v6)
	b := f.uid(r.text[:0])
	text[fUID] = b[:len(b):len(b)]
	n := len(b)
	b = src.AppendTo(b)
	m := len(b)
	b = dst.AppendTo(b)
	k := len(b)
	b = append(b, f.history...)
	r.text = b
	text[fUID], text[fOrigH], text[fRespH] = b[:n:n], b[n:m:m], b[m:k:k]
	if len(f.history) > 0 {
		text[fHistory] = b[k:]
	}
	text[fProto], text[fState] = constant(f.proto()), constant(f.state())
	text[fLocalOrig], text[fLocalResp] = truth(isPrivate(src)), truth(isPrivate(dst))
	if f.service != "" {
		text[fService] = constant(string(f.service))
	}
}

// constants holds the few words that records repeat, made once.
var constants = func() map[string][]byte {
	m := map[string][]byte{}
	for _, s := range []string{"tcp", "udp", "icmp", "unknown_transport", "S0", "S1", "S2", "S3", "SF", "REJ", "RSTO", "RSTR",
		"RSTOS0", "RSTRH", "SH", "SHR", "OTH", "T", "F", "ftp-data", "dns", "dhcp", "ntp", "snmp", "syslog", "sip", "krb", "radius", "quic", "vxlan", "geneve", "gtpv1"} {
		m[s] = []byte(s)
	}
	for _, s := range serviceNames {
		m[string(s.name)] = []byte(s.name)
	}
	return m
}()

func constant(s string) []byte {
	if b, ok := constants[s]; ok {
		return b
	}
	return []byte(s)
}

func truth(b bool) []byte {
	if b {
		return constants["T"]
	}
	return constants["F"]
}

func (f *flow) bytes(e *endpoint) uint64 {
	if f.key.proto == protoTCP {
		return e.size(f.peer(e))
	}
	return e.payload
}

func (f *flow) proto() string {
	switch f.key.proto {
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMP, protoICMPv6:
		return "icmp"
	}
	return "unknown_transport"
}

func (f *flow) state() string {
	switch f.key.proto {
	case protoTCP:
		return f.connState()
	case protoUDP:
		if f.orig().active {
			return pick(f.resp().active, "SF", "S0")
		}
		return pick(f.resp().active, "SHR", "OTH")
	}
	return "OTH"
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// uid appends the flow's name: a hash of its endpoints and start, so that the
// same capture gives the same names.
func (f *flow) uid(b []byte) []byte {
	var in [64]byte
	h := append(in[:0], f.orig().addr[:]...)
	h = append(h, f.resp().addr[:]...)
	h = binary.BigEndian.AppendUint16(h, f.orig().port)
	h = binary.BigEndian.AppendUint16(h, f.resp().port)
	h = append(h, f.key.proto)
	h = binary.BigEndian.AppendUint64(h, uint64(f.start))
	sum := sha256.Sum256(h)
	b = append(b, 'C')
	for i := range 2 {
		v := binary.BigEndian.Uint64(sum[8*i:])
		for range 8 {
			b = append(b, base62[v%62])
			v /= 62
		}
	}
	return b
}
