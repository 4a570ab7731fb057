package feature

import (
	"bytes"
	"math"

	"github.com/inkling-sec/inkling"
)

// webKeys is the most clients, and clients with host, that are remembered, each.
const webKeys = 1 << 14

// web makes rows of the web contract from records with the column uri; more of Zeek's http.log where it is there.
type web struct {
	schema  *inkling.Schema // that the fields are for
	at      [webFields]int  // -1 where there is none
	clock   clock
	clients *lru[browsingState]
	pairs   *lru[askingState]
	plain   []byte // the decoded request
}

// browsingState is what a client asked of all hosts.
type browsingState struct {
	activity
	paths, hosts, agents spread
}

// Fields of the record.
const (
	uURI = iota
	uMethod
	uHost
	uReferrer
	uAgent
	uClient
	uServer
	uTime
	uStatus
	uRequest
	uResponse
	webFields
)

var webFieldNames = [webFields]string{
	"uri", "method", "host", "referrer", "user_agent", "id.orig_h", "id.resp_h", "ts", "status_code", "request_body_len", "response_body_len",
}

func newWeb() Extractor {
	return &web{clients: newLRU[browsingState](webKeys), pairs: newLRU[askingState](webKeys)}
}

func (*web) Contract() *Contract { return webContract }

func (x *web) time() float64 { return x.clock.now }

func (x *web) memory() []any { return []any{&x.clock, x.clients, x.pairs} }

func (x *web) bind(s *inkling.Schema) error {
	if _, err := columns(webContract, s, "give it a Zeek http.log, or a table with a column uri", "uri"); err != nil {
		return err
	}
	at, err := optional(webContract, s, webFieldNames[:], uTime, uStatus, uRequest, uResponse)
	if err != nil {
		return err
	}
	x.schema = s
	copy(x.at[:], at)
	return nil
}

// mostURI bounds what is looked at of a request; servers refuse longer ones.
const mostURI = 1 << 16

func (x *web) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		if err := x.bind(r.Schema); err != nil {
			return err
		}
	}
	uri := x.text(r, uURI)
	uri = uri[:min(len(uri), mostURI)]
	path, query, _ := bytes.Cut(uri, []byte{'?'})
	x.words(dst, r, path)
	dst[wLength], dst[wPathLength], dst[wQueryLength] = float64(len(uri)), float64(len(path)), float64(len(query))
	dst[wPathDepth], dst[wPathLongest] = parts(path, '/')
	x.plain = decode(x.plain[:0], path)
	spelled := spell(x.plain)
	spelled.writeWeb(dst[wPath:])
	params(dst, query)
	from := len(x.plain)
	x.plain = decode(x.plain, query)
	spelled = spell(x.plain[from:])
	spelled.writeWeb(dst[wQuery:])
	characters(dst, uri, x.plain)
	x.overTime(dst, r, path)
	return nil
}

// text gives a field's text, nil where it is lacking or missing.
func (x *web) text(r *inkling.Record, field int) []byte {
	if x.at[field] < 0 {
		return nil
	}
	if b := text(r, x.at[field]); string(b) != "-" {
		return b
	}
	return nil
}

// size gives a field that is a count; NaN where it is lacking, missing or damaged.
func (x *web) size(r *inkling.Record, field int) float64 {
	if x.at[field] >= 0 {
		if v := number(r, x.at[field]); v >= 0 && v < 1e15 {
			return v
		}
	}
	return math.NaN()
}

// words writes what the fields beside the uri tell.
func (x *web) words(dst []float64, r *inkling.Record, path []byte) {
	host, agent, referrer := x.text(r, uHost), x.text(r, uAgent), x.text(r, uReferrer)
	dst[wMethod] = float64(lookup(webMethodOf, bytes.ToUpper(x.text(r, uMethod))))
	dst[wHost], dst[wReferrer] = hostKind(host), 0
	if len(referrer) > 0 {
		dst[wReferrer] = 2
		if _, rest, ok := bytes.Cut(referrer, []byte("//")); ok && len(host) > 0 && bytes.HasPrefix(rest, host) {
			dst[wReferrer] = 1
		}
	}
	dst[wKind] = 0
	last := path[bytes.LastIndexByte(path, '/')+1:]
	if i := bytes.LastIndexByte(last, '.'); i >= 0 {
		dst[wKind] = float64(len(webKinds) - 1)
		if k := lookup(webKindOf, bytes.ToLower(last[i+1:])); k >= 0 {
			dst[wKind] = float64(k)
		}
	}
	dst[wStatus] = 0
	if s := x.size(r, uStatus); s >= 100 && s < 600 {
		dst[wStatus] = math.Trunc(s / 100)
	}
	dst[wAgentLength], dst[wAgentTokens] = float64(len(agent)), float64(len(bytes.Fields(agent)))
	dst[wAgentDigits] = spell(agent).digits
	switch {
	case len(agent) == 0:
		dst[wAgentKind] = 0
	case bytes.HasPrefix(agent, []byte("Mozilla/")) || bytes.HasPrefix(agent, []byte("Opera/")):
		dst[wAgentKind] = 1
	default:
		dst[wAgentKind] = 2
	}
	dst[wRequestBody], dst[wResponseBody] = x.size(r, uRequest), x.size(r, uResponse)
}

// hostKind tells names from addresses, with or without a port.
func hostKind(host []byte) float64 {
	if len(host) == 0 {
		return 0
	}
	for _, c := range host {
		if (c < '0' || c > '9') && c != '.' && c != ':' && c != '[' && c != ']' {
			if host[0] == '[' {
				break
			}
			return 1
		}
	}
	return 2
}

// parts counts what stands between separators, and gives the longest's length.
func parts(b []byte, separator byte) (n, longest float64) {
	for part := range bytes.SplitSeq(b, []byte{separator}) {
		if len(part) > 0 {
			n++
			longest = max(longest, float64(len(part)))
		}
	}
	return n, longest
}

// params writes how many parameters a query has, and the longest value.
func params(dst []float64, query []byte) {
	dst[wQueryParams], dst[wQueryLongest] = parts(query, '&')
	if len(query) > 0 {
		dst[wQueryLongest] = 0
		for p := range bytes.SplitSeq(query, []byte{'&'}) {
			_, value, named := bytes.Cut(p, []byte{'='})
			if !named {
				value = p
			}
			dst[wQueryLongest] = max(dst[wQueryLongest], float64(len(value)))
		}
	}
}

func (s *spelling) writeWeb(dst []float64) {
	copy(dst, []float64{s.entropy, s.digits, s.upper, s.vowels, s.surprise, s.triples})
}

// decode appends b with its percent signs undone, once more where that leaves some.
func decode(dst, b []byte) []byte {
	from := len(dst)
	for range 2 {
		n := 0
		for i := 0; i < len(b); i++ {
			if c, ok := escaped(b, i); ok {
				dst = append(dst[:from+n], c)
				i += 2
			} else {
				dst = append(dst[:from+n], b[i])
			}
			n++
		}
		dst = dst[:from+n]
		b = dst[from:]
	}
	return dst
}

// escaped gives the byte that is written at i with a percent sign.
func escaped(b []byte, i int) (byte, bool) {
	if b[i] != '%' || i+2 >= len(b) {
		return 0, false
	}
	high, low := hexDigit(b[i+1]), hexDigit(b[i+2])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

var webMarkOf = func() (of [256]int8) {
	for i := range of {
		of[i] = -1
	}
	for m, s := range webMarkSets {
		for _, c := range []byte(s.set) {
			of[c] = int8(m)
		}
	}
	return of
}()

// characters writes what kinds of characters a request has.
func characters(dst []float64, uri, plain []byte) {
	clear(dst[wEncoded : wTraversal+1])
	for i := range uri {
		if c, ok := escaped(uri, i); ok {
			dst[wEncoded]++
			if c == '%' {
				dst[wTwiceEncoded]++
			}
		}
	}
	for i, c := range plain {
		if m := webMarkOf[c]; m >= 0 {
			dst[wMarks+int(m)]++
		}
		if c < 0x20 && c != '\t' && c != '\r' && c != '\n' || c >= 0x7f {
			dst[wUnprintable]++
		}
		if c == '.' && i > 0 && plain[i-1] == '.' && i+1 < len(plain) && (plain[i+1] == '/' || plain[i+1] == '\\') {
			dst[wTraversal]++
		}
	}
	dst[wComparison] = max(0, dst[wComparison]-dst[wQueryParams]) // one = behind each name
}

// overTime adds the request to the statistics and writes them; they are missing where there is no time or no client.
func (x *web) overTime(dst []float64, r *inkling.Record, path []byte) {
	ts, client, ok := clientOf(r, x.at[uTime], x.at[uClient])
	if !ok {
		for i := wClient; i < webWidth; i++ {
			dst[i] = math.NaN()
		}
		return
	}
	name := x.text(r, uHost)
	if name == nil {
		name = x.text(r, uServer)
	}
	now, tick := x.clock.advance(ts)
	host := hash128(bytes.ToLower(name))
	page := host.with(hash128(path))
	failed := dst[wStatus] == 0 || dst[wStatus] >= 4
	sent, got := zero(dst[wRequestBody]), zero(dst[wResponseBody])

	c := x.clients.get(client)
	d := c.add(now, failed, sent, got)
	c.paths.fade(d)
	c.paths.touch(page, tick)
	c.hosts.fade(d)
	c.hosts.touch(host, tick)
	c.agents.fade(d)
	c.agents.touch(hash128(x.text(r, uAgent)), tick)
	copy(dst[wClient:], c.flows[:])
	dst[wClientPaths], dst[wClientPaths+1] = c.paths.estimate(twoMinutes), c.paths.estimate(twentyMinutes)
	dst[wClientHosts], dst[wClientHosts+1] = c.hosts.estimate(twoMinutes), c.hosts.estimate(twentyMinutes)
	dst[wClientAgents] = c.agents.estimate(twentyMinutes)
	dst[wClientErrors], dst[wClientErrors+1] = c.failedShare(twoMinutes), c.failedShare(twentyMinutes)
	dst[wClientBody] = c.resp[twoMinutes] / c.flows[twoMinutes]

	p := x.pairs.get(client.with(host))
	p.things.fade(p.add(now, failed, sent, got))
	p.things.touch(page, tick)
	copy(dst[wPair:], p.flows[:])
	dst[wPairPaths], dst[wPairPaths+1] = p.things.estimate(twoMinutes), p.things.estimate(twentyMinutes)
	dst[wPairErrors] = p.failedShare(twoMinutes)
	dst[wPairRequestBody], dst[wPairResponseBody] = p.orig[twentyMinutes], p.resp[twentyMinutes]
	dst[wPairGap], dst[wPairGapCV] = p.since(ts)
}
