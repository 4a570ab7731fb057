package pcap

import (
	"bytes"
	"strconv"
)

// expected holds the endpoints at which an FTP control connection has
// announced data, with the time of the announcement.
type expected map[server]int64

type server struct {
	addr [16]byte
	port uint16
}

const (
	maxExpected   = 4096
	expectTimeout = 300 * second
)

func (x expected) add(s server, now int64) {
	if len(x) >= maxExpected {
		for k, t := range x {
			if t < now-expectTimeout {
				delete(x, k)
			}
		}
		if len(x) >= maxExpected {
			return
		}
	}
	x[s] = now
}

// content looks at the data of a TCP packet for the flow's service.
func (t *table) content(f *flow, e *endpoint, b []byte) {
	if f.service == "" && e.looked == 0 && f.peer(e).looked == 0 && len(t.expected) > 0 {
		r := f.resp()
		s := server{r.addr, r.port}
		if at, ok := t.expected[s]; ok && f.start-at < expectTimeout {
			f.service = "ftp-data"
			delete(t.expected, s)
			return
		}
	}
	f.look(e, b)
	if f.service == "ftp" {
		t.announce(f, e, b)
	}
}

// announce notes where an FTP control connection says data will flow: replies
// 227 and 229 of the server, PORT and EPRT of the client (RFC 959, RFC 2428).
func (t *table) announce(f *flow, e *endpoint, b []byte) {
	b = b[:min(len(b), 256)]
	switch {
	case f.isOrig(e) && prefix(b, "PORT "):
		t.comma(e, b[5:], f.last)
	case !f.isOrig(e) && prefix(b, "227 "):
		if i := bytes.IndexByte(b, '('); i > 0 {
			t.comma(e, b[i+1:], f.last)
		}
	case f.isOrig(e) && prefix(b, "EPRT "), !f.isOrig(e) && prefix(b, "229 "):
		if p := barPort(b); p != 0 {
			t.expected.add(server{e.addr, p}, f.last)
		}
	}
}

func prefix(b []byte, w string) bool { return len(b) >= len(w) && equalFold(b[:len(w)], w) }

// comma reads h1,h2,h3,h4,p1,p2.
func (t *table) comma(e *endpoint, b []byte, now int64) {
	var v [6]int
	for i := range v {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		x, err := strconv.Atoi(string(b[:n]))
		if err != nil || x > 255 {
			return
		}
		v[i], b = x, b[min(n+1, len(b)):]
	}
	s := server{port: uint16(v[4]<<8 | v[5])}
	for i := range 4 {
		s.addr[i] = byte(v[i])
	}
	t.expected.add(s, now)
}

// barPort reads the port of |||6446| or |1|10.0.0.1|6446|.
func barPort(b []byte) uint16 {
	parts := bytes.Split(b, []byte("|"))
	if len(parts) < 5 {
		return 0
	}
	n, err := strconv.ParseUint(string(parts[3]), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}
