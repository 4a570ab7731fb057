package pcap

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// service is the name Zeek logs for an application protocol; empty is unknown.
type service string

// services is a set of protocols that one side of a connection may be
// speaking. A TCP service is told when both sides fit the same one.
type services uint32

const (
	isSSL services = 1 << iota
	isHTTP
	isSSH
	isSMTP
	isFTP
	isPOP3
	isIMAP
	isSMB
	isMySQL
	isPostgres
	isRDP
	isLDAP
	isIRC
	isRedis
	isMQTT
	isRFB
	isDNS
	isModbus
	isDCERPC
	isKerberos
	isSOCKS
)

var serviceNames = []struct {
	bit  services
	name service
}{
	{isSSL, "ssl"}, {isHTTP, "http"}, {isSSH, "ssh"}, {isFTP, "ftp"}, {isSMTP, "smtp"}, {isPOP3, "pop3"}, {isIMAP, "imap"},
	{isSMB, "smb"}, {isMySQL, "mysql"}, {isPostgres, "postgresql"}, {isRDP, "rdp"}, {isLDAP, "ldap_tcp"}, {isIRC, "irc"},
	{isRedis, "redis"}, {isMQTT, "mqtt"}, {isRFB, "rfb"}, {isDNS, "dns"}, {isModbus, "modbus"}, {isDCERPC, "dce_rpc"},
	{isKerberos, "krb_tcp"}, {isSOCKS, "socks"},
}

// maxLook is how many data packets of each side are looked at.
const maxLook = 4

// look learns the service of a TCP flow from the data packets of its sides.
func (f *flow) look(e *endpoint, b []byte) {
	if f.service != "" || len(b) == 0 || e.looked >= maxLook {
		return
	}
	e.looked++
	if f.isOrig(e) {
		e.maybe |= clientSpeaks(b, f.resp().port)
		if slices.Contains(httpPorts, f.resp().port) && isRequest(b) { // Zeek asks for no answer here
			f.service = "http"
			return
		}
		if f.resp().looked == 0 {
			e.maybe &^= isPOP3 // there the server speaks first
		}
	} else {
		e.maybe |= serverSpeaks(b, e.port)
	}
	both := e.maybe & f.peer(e).maybe
	for _, s := range serviceNames {
		if both&s.bit != 0 {
			f.service = s.name
			return
		}
	}
}

// A sign is the start of what a side sends; case does not matter.
type sign struct {
	start string
	means services
}

var clientSigns = []sign{
	{"GET ", isHTTP}, {"POST ", isHTTP}, {"HEAD ", isHTTP}, {"PUT ", isHTTP}, {"OPTIONS ", isHTTP}, {"DELETE ", isHTTP},
	{"CONNECT ", isHTTP}, {"PATCH ", isHTTP}, {"TRACE ", isHTTP}, {"PROPFIND ", isHTTP}, {"REPORT ", isHTTP}, {"MKCOL ", isHTTP},
	{"SSH-", isSSH}, {"EHLO", isSMTP}, {"HELO", isSMTP}, {"LHLO", isSMTP},
	{"USER ", isFTP | isPOP3 | isIRC}, {"AUTH ", isFTP | isPOP3 | isRedis}, {"FEAT", isFTP}, {"SYST", isFTP}, {"QUIT", isFTP | isPOP3 | isSMTP},
	{"CAPA", isPOP3}, {"APOP", isPOP3}, {"STLS", isPOP3}, {"NICK ", isIRC}, {"CAP ", isIRC}, {"PASS ", isIRC | isFTP | isPOP3},
	{"RFB 003.", isRFB}, {"*", isRedis}, {"PING\r", isRedis},
}

var serverSigns = []sign{
	{"HTTP/", isHTTP}, {"SSH-", isSSH}, {"220", isSMTP | isFTP}, {"421", isSMTP | isFTP}, {"+OK", isPOP3 | isRedis}, {"* OK", isIMAP},
	{"* PREAUTH", isIMAP}, {":", isIRC | isRedis}, {"NOTICE ", isIRC}, {"RFB 003.", isRFB}, {"+", isRedis}, {"-ERR", isRedis | isPOP3},
	{"-NOAUTH", isRedis}, {"$", isRedis}, {"*", isRedis},
}

func matchSigns(signs []sign, b []byte) (s services) {
	for i := range signs {
		if w := signs[i].start; len(b) >= len(w) && equalFold(b[:len(w)], w) {
			s |= signs[i].means
		}
	}
	return s
}

func equalFold(b []byte, w string) bool {
	for i := range b {
		c := b[i]
		if c >= 'a' && c <= 'z' {
			c -= 0x20
		}
		if c != w[i] {
			return false
		}
	}
	return true
}

func clientSpeaks(b []byte, port uint16) services {
	s := matchSigns(clientSigns, b) | eitherSpeaks(b, port)
	if isRequest(b) {
		s |= isHTTP
	}
	if s&isRedis != 0 && b[0] == '*' && (len(b) < 4 || b[1] < '0' || b[1] > '9' || !bytes.Contains(b[:min(len(b), 16)], []byte("\r\n"))) {
		s &^= isRedis
	}
	switch {
	case len(b) >= 6 && b[0] == 0x16 && b[1] == 3 && b[5] == 1:
		s |= isSSL
	case len(b) >= 5 && b[0]&0x80 != 0 && b[2] == 1 && (b[3] == 3 || b[3] == 0 && b[4] == 2): // SSL 2 hello
		s |= isSSL
	}
	if len(b) >= 8 && int(binary.BigEndian.Uint32(b)) == len(b) {
		if v := binary.BigEndian.Uint32(b[4:]); v == 196608 || v == 80877103 || v == 80877104 {
			s |= isPostgres
		}
	}
	if len(b) > 5 && b[3] <= 1 && int(b[0])|int(b[1])<<8|int(b[2])<<16 == len(b)-4 {
		s |= isMySQL
	}
	if len(b) >= 7 && b[0] == 3 && b[1] == 0 && b[5] == 0xe0 {
		s |= isRDP
	}
	if len(b) >= 8 && b[0] == 0x10 && (bytes.Contains(b[:min(len(b), 12)], []byte("MQTT")) || bytes.Contains(b[:min(len(b), 12)], []byte("MQIsdp"))) {
		s |= isMQTT
	}
	if len(b) >= 3 && b[0] == 5 && int(b[1]) == len(b)-2 || len(b) >= 9 && b[0] == 4 && b[1] == 1 && b[len(b)-1] == 0 {
		s |= isSOCKS
	}
	return s | imapCommand(b)
}

// httpPorts are those where Zeek looks for HTTP whatever is said.
var httpPorts = []uint16{80, 81, 631, 1080, 3128, 8000, 8080, 8888}

// isRequest knows a line of HTTP with whatever method.
func isRequest(b []byte) bool {
	line, _, ok := bytes.Cut(b[:min(len(b), 4096)], []byte("\r\n"))
	i := bytes.LastIndex(line, []byte(" HTTP/1."))
	return ok && i > 0 && i == len(line)-len(" HTTP/1.x")
}

func serverSpeaks(b []byte, port uint16) services {
	s := matchSigns(serverSigns, b) | eitherSpeaks(b, port)
	if port == 80 || port == 8080 {
		s |= isHTTP // HTTP/0.9 answers without a status
	}
	switch {
	case len(b) >= 6 && b[0] == 0x16 && b[1] == 3 && b[5] == 2, len(b) == 7 && b[0] == 0x15 && b[1] == 3:
		s |= isSSL
	case len(b) >= 7 && b[0] == 3 && b[1] == 0 && b[5] == 0xd0:
		s |= isRDP
	case len(b) == 4 && b[0] == 0x20 && b[1] == 2:
		s |= isMQTT
	case len(b) > 10 && b[3] == 0 && b[4] == 10 && int(b[0])|int(b[1])<<8|int(b[2])<<16 == len(b)-4:
		s |= isMySQL
	}
	if len(b) == 1 && (b[0] == 'S' || b[0] == 'N') || len(b) >= 9 && (b[0] == 'R' || b[0] == 'E') && b[1] == 0 && b[2] == 0 {
		s |= isPostgres
	}
	if len(b) == 2 && b[0] == 5 || len(b) == 8 && b[0] == 0 && b[1] >= 90 && b[1] <= 93 {
		s |= isSOCKS
	}
	return s
}

// eitherSpeaks knows protocols whose messages look alike both ways.
func eitherSpeaks(b []byte, port uint16) (s services) {
	if len(b) >= 8 && b[0] == 0 && (bytes.Equal(b[4:8], []byte("\xffSMB")) || bytes.Equal(b[4:8], []byte("\xfeSMB"))) {
		s |= isSMB
	}
	if len(b) >= 10 && b[0] == 5 && b[1] == 0 && b[2] >= 11 && b[2] <= 15 {
		s |= isDCERPC
	}
	switch port {
	case 53, 5353:
		if len(b) >= 14 && dns(b[2:]) {
			s |= isDNS
		}
	case 502:
		if len(b) >= 8 && b[2] == 0 && b[3] == 0 {
			s |= isModbus
		}
	case 389, 3268:
		if len(b) >= 7 && b[0] == 0x30 {
			s |= isLDAP
		}
	case 88:
		if len(b) >= 5 && b[4]>>5 == 3 {
			s |= isKerberos
		}
	}
	return s
}

var imapCommands = [][]byte{[]byte("CAPABILITY"), []byte("LOGIN"), []byte("STARTTLS"), []byte("AUTHENTICATE"), []byte("ID "), []byte("NOOP"), []byte("LOGOUT")}

// imapCommand knows a tag, a space and a command.
func imapCommand(b []byte) services {
	i := bytes.IndexByte(b[:min(len(b), 16)], ' ')
	if i < 1 {
		return 0
	}
	for _, c := range imapCommands {
		if rest := b[i+1:]; len(rest) >= len(c) && bytes.EqualFold(rest[:len(c)], c) {
			return isIMAP
		}
	}
	return 0
}

// datagramService knows a UDP protocol by its port and one payload.
func datagramService(sp, dp uint16, b []byte) service {
	on := func(p uint16) bool { return sp == p || dp == p }
	switch {
	case isDNSPort(sp) || isDNSPort(dp):
		return told(dns(b), "dns")
	case on(67) || on(68):
		return told(len(b) >= 240 && bytes.Equal(b[236:240], []byte{0x63, 0x82, 0x53, 0x63}), "dhcp")
	case on(123):
		return told(len(b) >= 12 && b[0]>>3&7 >= 1 && b[0]>>3&7 <= 4 && b[0]&7 != 0, "ntp")
	case on(161) || on(162):
		return told(len(b) > 5 && b[0] == 0x30 && bytes.Contains(b[:min(len(b), 8)], []byte{2, 1}), "snmp")
	case on(514):
		return told(len(b) > 3 && b[0] == '<' && b[1] >= '0' && b[1] <= '9', "syslog")
	case on(5060):
		return told(bytes.Contains(b[:min(len(b), 512)], []byte("SIP/2.0")), "sip")
	case on(88):
		return told(len(b) > 4 && b[0]>>5 == 3, "krb")
	case on(1812) || on(1813):
		return told(len(b) >= 20 && int(binary.BigEndian.Uint16(b[2:])) == len(b), "radius")
	case len(b) >= 14 && b[0] == 0x16 && b[1] == 0xfe:
		return "ssl"
	case len(b) >= 1200 && b[0]&0xf0 == 0xc0 && binary.BigEndian.Uint32(b[1:]) == 1:
		return "quic"
	}
	return ""
}

func told(ok bool, s service) service {
	if ok {
		return s
	}
	return ""
}

// dns reports whether b starts like a DNS message: a sane header and, when
// there are questions, a first name that ends.
func dns(b []byte) bool {
	if len(b) < 12 || b[2]>>3&15 > 8 {
		return false
	}
	q := binary.BigEndian.Uint16(b[4:])
	if q == 0 {
		return b[2]&0x80 != 0
	}
	if q > 32 {
		return false
	}
	for i := 12; i < len(b); {
		switch n := int(b[i]); {
		case n == 0:
			return i+4 < len(b)
		case n >= 0xc0:
			return true
		case n > 63:
			return false
		default:
			i += n + 1
		}
	}
	return false
}
