package eve

import (
	"bytes"
	"math"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
)

var schema = conn.NewSchema("eve.flow")

// What is read of an event, by the names that fields have.
const (
	fID = iota
	fOrigHost
	fOrigPort
	fRespHost
	fRespPort
	fProto
	fApp
	fStart
	fEnd
	fPktsOut
	fPktsIn
	fBytesOut
	fBytesIn
	fAlerted
	fFlagsOut
	fFlagsIn
	fType
	fCode
	fLabel
	fields
)

var wanted = [fields]string{
	"flow_id", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "app_proto", "flow.start", "flow.end", "flow.pkts_toserver", "flow.pkts_toclient",
	"flow.bytes_toserver", "flow.bytes_toclient", "flow.alerted", "tcp.tcp_flags_ts", "tcp.tcp_flags_tc", "icmp_type", "icmp_code", "label",
}

// flow turns events into records of schema.
type flow struct {
	at     [fields]int
	room   []byte // texts of the record last made
	frames conn.Frames
}

func (f *flow) bind(s *inkling.Schema) {
	for i, name := range wanted {
		f.at[i] = s.Index(name)
	}
}

func (f *flow) text(r *inkling.Record, field int) []byte {
	if at := f.at[field]; at >= 0 {
		return r.Text[at]
	}
	return nil
}

func (f *flow) number(r *inkling.Record, field int) float64 {
	if at := f.at[field]; at >= 0 {
		return r.Num[at]
	}
	return math.NaN()
}

// fill makes the record of an event.
func (f *flow) fill(to, e *inkling.Record) {
	to.Reset(schema)
	to.Origin = e.Origin
	f.room = conn.Address(f.room[:0], f.text(e, fOrigHost))
	n := len(f.room)
	f.room = conn.Address(f.room, f.text(e, fRespHost))
	m := len(f.room)
	f.room = append(f.room, f.text(e, fProto)...)
	source, destination, proto := f.room[:n:n], f.room[n:m:m], lower(f.room[m:])
	to.Num[conn.TS] = f.number(e, fStart)
	to.Num[conn.Duration] = math.Round(1e6*(f.number(e, fEnd)-f.number(e, fStart))) / 1e6 // as its times are written
	to.Num[conn.Missed] = 0
	to.Text[conn.UID], to.Text[conn.Alerted], to.Text[conn.Label] = f.text(e, fID), f.text(e, fAlerted), f.text(e, fLabel)
	to.Text[conn.OrigHost], to.Text[conn.RespHost] = source, destination
	to.Num[conn.OrigPort], to.Num[conn.RespPort] = f.number(e, fOrigPort), f.number(e, fRespPort)
	icmp := bytes.HasPrefix(proto, []byte("icmp")) || bytes.Equal(proto, []byte("ipv6-icmp"))
	if icmp { // as Zeek has it
		proto = isICMP
		to.Num[conn.OrigPort], to.Num[conn.RespPort] = conn.ICMP(source, f.number(e, fType), f.number(e, fCode))
	}
	to.Text[conn.Proto], to.Text[conn.Service] = proto, service(f.text(e, fApp))
	to.Num[conn.OrigPkts], to.Num[conn.RespPkts] = f.number(e, fPktsOut), f.number(e, fPktsIn)
	f.frames.BytesOut, f.frames.BytesIn = f.number(e, fBytesOut), f.number(e, fBytesIn)
	f.frames.FlagsOut, f.frames.FlagsIn = flags(f.text(e, fFlagsOut)), flags(f.text(e, fFlagsIn))
	f.frames.Settle(to)
}

var isICMP = []byte("icmp")

func lower(b []byte) []byte {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

// services are those that Zeek names otherwise; Suricata's word for none is nothing.
var services = map[string][]byte{"": nil, "failed": nil, "unknown": nil, "tls": []byte("ssl"), "dcerpc": []byte("dce_rpc"), "ftp-data": []byte("ftp-data"), "krb5": []byte("krb"), "ikev2": []byte("ipsec"), "ike": []byte("ipsec"), "http1": []byte("http")}

func service(app []byte) []byte {
	if s, ok := services[string(app)]; ok {
		return s
	}
	return app
}

// flags reads them as Suricata writes them, in hexadecimal.
func flags(b []byte) int {
	v, err := strconv.ParseUint(string(b), 16, 8)
	if err != nil {
		return 0
	}
	return int(v)
}
