package eve

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
)

// schema has the fields of a flow, and behind them its Community ID, of which only the log knows the seed.
var schema = func() *inkling.Schema {
	s := conn.NewSchema("eve.flow")
	s.Fields = append(slices.Clip(s.Fields), inkling.Field{Name: "community_id"})
	return s
}()

// What is read of an event, in the order in which Suricata writes it.
const (
	fID = iota
	fOrigHost
	fOrigPort
	fRespHost
	fRespPort
	fProto
	fCommunity
	fType
	fCode
	fApp
	fPktsOut
	fPktsIn
	fBytesOut
	fBytesIn
	fStart
	fEnd
	fAlerted
	fFlagsOut
	fFlagsIn
	fLabel
)

// used has the fields of an event that are used.
var used = func() *inkling.Schema {
	s := &inkling.Schema{Name: "eve.flow"}
	for _, name := range []string{"flow_id", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "community_id", "icmp_type", "icmp_code", "app_proto", "flow.pkts_toserver", "flow.pkts_toclient",
		"flow.bytes_toserver", "flow.bytes_toclient", "flow.start", "flow.end", "flow.alerted", "tcp.tcp_flags_ts", "tcp.tcp_flags_tc", "label"} {
		s.Fields = append(s.Fields, inkling.Field{Name: name, Kind: kinds[name]})
	}
	return s
}()

// flow turns events into records of schema.
type flow struct {
	room   []byte // texts of the record last made
	frames conn.Frames
}

// fill makes the record of an event.
func (f *flow) fill(to, e *inkling.Record) {
	to.Reset(schema)
	to.Origin = e.Origin
	f.room = conn.Address(f.room[:0], e.Text[fOrigHost])
	n := len(f.room)
	f.room = conn.Address(f.room, e.Text[fRespHost])
	m := len(f.room)
	f.room = append(f.room, e.Text[fProto]...)
	source, destination, proto := f.room[:n:n], f.room[n:m:m], lower(f.room[m:])
	to.Num[conn.TS] = e.Num[fStart]
	to.Num[conn.Duration] = math.Round(1e6*(e.Num[fEnd]-e.Num[fStart])) / 1e6 // as its times are written
	to.Num[conn.Missed] = 0
	to.Text[conn.UID], to.Text[conn.Alerted], to.Text[conn.Label] = e.Text[fID], e.Text[fAlerted], e.Text[fLabel]
	to.Text[len(schema.Fields)-1] = e.Text[fCommunity]
	to.Text[conn.OrigHost], to.Text[conn.RespHost] = source, destination
	to.Num[conn.OrigPort], to.Num[conn.RespPort] = e.Num[fOrigPort], e.Num[fRespPort]
	icmp := bytes.HasPrefix(proto, []byte("icmp")) || bytes.Equal(proto, []byte("ipv6-icmp"))
	if icmp { // as Zeek has it
		proto = isICMP
		to.Num[conn.OrigPort], to.Num[conn.RespPort] = conn.ICMP(source, e.Num[fType], e.Num[fCode])
	}
	to.Text[conn.Proto], to.Text[conn.Service] = proto, service(e.Text[fApp])
	to.Num[conn.OrigPkts], to.Num[conn.RespPkts] = e.Num[fPktsOut], e.Num[fPktsIn]
	f.frames.BytesOut, f.frames.BytesIn = e.Num[fBytesOut], e.Num[fBytesIn]
	f.frames.FlagsOut, f.frames.FlagsIn = flags(e.Text[fFlagsOut]), flags(e.Text[fFlagsIn])
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
var services = map[string][]byte{"": nil, "failed": nil, "unknown": nil, "tls": []byte("ssl"), "dcerpc": []byte("dce_rpc"), "ftp-data": []byte("ftp-data"), "krb5": []byte("krb"), "ikev2": []byte("ipsec"), "ike": []byte("ipsec"), "http1": []byte("http"), "pgsql": []byte("postgresql")}

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
