package main

import (
	"encoding/binary"
	"strconv"
	"time"
)

// form is one way to write conversations down.
type form struct {
	name   string
	head   string
	append func(b []byte, c *conversation) []byte
}

var zeekTSV = form{"Zeek TSV", "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n" +
	"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\n", appendTSV}

var forms = []form{zeekTSV, {"Zeek JSON", "", appendJSON}, {"Suricata EVE", "", appendEVE}}

func address(b []byte, a [4]byte) []byte {
	for i, v := range a {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return b
}

func appendTSV(b []byte, c *conversation) []byte {
	number := func(v int) { b = strconv.AppendInt(append(b, '\t'), int64(v), 10) }
	b = strconv.AppendFloat(b, c.ts, 'f', 6, 64)
	b = strconv.AppendInt(append(b, "\tC"...), int64(c.ts*1e6), 36)
	b = address(append(b, '\t'), c.from)
	number(c.sport)
	b = address(append(b, '\t'), c.to)
	number(c.port)
	b = append(append(b, '\t'), c.proto()...)
	service := c.service
	if service == "" {
		service = "-"
	}
	b = append(append(b, '\t'), service...)
	b = strconv.AppendFloat(append(b, '\t'), c.duration, 'f', 6, 64)
	number(c.sent)
	number(c.got)
	b = append(append(b, '\t'), c.state...)
	b = append(b, "\tT\tF\t0\t"...)
	b = append(b, c.history...)
	number(c.sentPkts)
	number(c.sent + c.sentPkts*c.header())
	number(c.gotPkts)
	number(c.got + c.gotPkts*c.header())
	return append(b, "\t-\n"...)
}

func appendJSON(b []byte, c *conversation) []byte {
	number := func(name string, v int) {
		b = strconv.AppendInt(append(append(append(b, `,"`...), name...), `":`...), int64(v), 10)
	}
	text := func(name, v string) {
		if v != "" {
			b = append(append(append(append(append(b, `,"`...), name...), `":"`...), v...), '"')
		}
	}
	b = strconv.AppendFloat(append(b, `{"ts":`...), c.ts, 'f', 6, 64)
	text("uid", "C"+strconv.FormatInt(int64(c.ts*1e6), 36))
	text("id.orig_h", dotted(c.from))
	number("id.orig_p", c.sport)
	text("id.resp_h", dotted(c.to))
	number("id.resp_p", c.port)
	text("proto", c.proto())
	text("service", c.service)
	b = strconv.AppendFloat(append(b, `,"duration":`...), c.duration, 'f', 6, 64)
	number("orig_bytes", c.sent)
	number("resp_bytes", c.got)
	text("conn_state", c.state)
	b = append(b, `,"local_orig":true,"local_resp":false`...)
	number("missed_bytes", 0)
	text("history", c.history)
	number("orig_pkts", c.sentPkts)
	number("orig_ip_bytes", c.sent+c.sentPkts*c.header())
	number("resp_pkts", c.gotPkts)
	number("resp_ip_bytes", c.got+c.gotPkts*c.header())
	return append(b, "}\n"...)
}

func appendEVE(b []byte, c *conversation) []byte {
	stamp := func(name string, ts float64) {
		b = append(append(append(b, '"'), name...), `":"`...)
		b = time.UnixMicro(int64(ts*1e6)).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000-0700")
		b = append(b, `",`...)
	}
	number := func(name string, v int) {
		b = strconv.AppendInt(append(append(append(b, '"'), name...), `":`...), int64(v), 10)
		b = append(b, ',')
	}
	text := func(name, v string) {
		b = append(append(append(append(append(b, '"'), name...), `":"`...), v...), `",`...)
	}
	b = append(b, '{')
	stamp("timestamp", c.ts+c.duration)
	number("flow_id", int(c.ts*1e6))
	text("event_type", "flow")
	text("src_ip", dotted(c.from))
	number("src_port", c.sport)
	text("dest_ip", dotted(c.to))
	number("dest_port", c.port)
	proto, flags := "UDP", ""
	if c.tcp {
		if proto, flags = "TCP", `,"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"ack":true,"state":"closed"}`; c.state == "REJ" {
			flags = `,"tcp":{"tcp_flags":"16","tcp_flags_ts":"02","tcp_flags_tc":"14","syn":true,"rst":true,"state":"closed"}`
		}
	}
	text("proto", proto)
	app := map[string]string{"": "failed", "ssl": "tls"}[c.service]
	if app == "" {
		app = c.service
	}
	text("app_proto", app)
	b = append(b, `"flow":{`...)
	number("pkts_toserver", c.sentPkts)
	number("pkts_toclient", c.gotPkts)
	number("bytes_toserver", c.sent+c.sentPkts*(c.header()+14))
	number("bytes_toclient", c.got+c.gotPkts*(c.header()+14))
	stamp("start", c.ts)
	stamp("end", c.ts+c.duration)
	b = append(b, `"age":0,"state":"closed","reason":"timeout","alerted":false}`...)
	return append(append(b, flags...), "}\n"...)
}

// A pcap holds the packets of open conversations in turn, as on a wire; snapLength cuts their payload, as a sensor may.
const (
	snapLength = 96
	atOnce     = 1000 // conversations that are open
)

var pcapHead = append(binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4), 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, snapLength, 0, 0, 0, 1, 0, 0, 0)

// talk is a conversation some packets of which have been seen.
type talk struct {
	conversation
	step, sentPkt, gotPkt int
	seq                   [2]uint32
}

// packets appends n packets and gives how many they are, a few more than n at most.
func packets(b []byte, s *site, n int) ([]byte, int) {
	open := make([]talk, atOnce)
	for i := range open {
		open[i].conversation = s.next()
	}
	now, count := open[0].ts, 0
	for i := 0; count < n; i = (i + 1) % atOnce {
		t := &open[i]
		now += 1e-5
		if b = t.packet(b, now); t.step < 0 {
			*t = talk{conversation: s.next()}
		}
		count++
	}
	return b, count
}

const (
	fin, syn, rst, ack = 1, 2, 4, 16
	mostPayload        = 1400
)

// packet appends the next packet; step is −1 after the last.
func (t *talk) packet(b []byte, now float64) []byte {
	back, flags, payload := false, ack, 0
	step := t.step
	t.step++
	switch {
	case !t.tcp:
		if back, payload = step == 1, t.sent; back {
			payload, t.step = t.got, -1
		}
	case step == 0:
		flags = syn
	case t.state == "REJ":
		back, flags, t.step = true, rst|ack, -1
	case step == 1:
		back, flags = true, syn|ack
	case step == 2:
	case t.sent > 0:
		payload = min(t.sent, mostPayload)
		t.sent -= payload
	case t.got > 0:
		back, payload = true, min(t.got, mostPayload)
		t.got -= payload
	case t.sentPkt == 0:
		flags, t.sentPkt = fin|ack, 1
	case t.gotPkt == 0:
		back, flags, t.gotPkt = true, fin|ack, 1
	default:
		t.step = -1
	}
	return t.frame(b, now, back, flags, payload)
}

// frame appends an Ethernet frame.
func (t *talk) frame(b []byte, now float64, back bool, flags, payload int) []byte {
	from, to, sport, port, way := t.from, t.to, t.sport, t.port, 0
	if back {
		from, to, sport, port, way = to, from, port, sport, 1
	}
	transport := 8
	if t.tcp {
		transport = 20
	}
	length := 14 + 20 + transport + payload
	kept := min(length, snapLength)
	micros := int64(now * 1e6)
	for _, v := range []uint32{uint32(micros / 1e6), uint32(micros % 1e6), uint32(kept), uint32(length)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	start := len(b)
	b = append(b, 2, 0, 0, 0, 0, byte(1+way), 2, 0, 0, 0, 0, byte(2-way), 8, 0)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(length-14))
	proto := byte(17)
	if t.tcp {
		proto = 6
	}
	b = append(b, 0, 0, 0x40, 0, 64, proto, 0, 0)
	b = append(append(b, from[:]...), to[:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(sport)), uint16(port))
	if t.tcp {
		b = binary.BigEndian.AppendUint32(b, t.seq[way])
		b = binary.BigEndian.AppendUint32(b, t.seq[1-way])
		b = append(b, 0x50, byte(flags), 0xff, 0xff, 0, 0, 0, 0)
		t.seq[way] += uint32(payload + flags&1 + flags>>1&1)
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(8+payload))
		b = append(b, 0, 0)
	}
	for len(b)-start < kept {
		b = append(b, 'x')
	}
	return b[:start+kept]
}
