package feature

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
)

// FlowOptions bounds the memory of the flow extractor.
type FlowOptions struct {
	// Keys is the most sources, destinations, pairs, and pairs with port that
	// are remembered, each; 0 means 65,536, which is about 220 MB when full.
	// The one not seen for longest makes room.
	Keys int
}

// FlowExtractor makes rows of the flow contract from records with the fields of
// Zeek's conn.log.
//
// Statistics over time include the record itself, but for what compares it with
// the flows before: gap and size_change. Time is a record's end (ts + duration)
// or the latest end seen, whichever is later, but for one that was damaged (see clock).
type FlowExtractor struct {
	schema *inkling.Schema // that at is for
	at     [flowFields]int
	texts  []int          // fields that are text where a number is due
	spelt  inkling.Record // a record whose texts are numbers
	clock  clock

	sources      *lru[sourceState]
	destinations *lru[destinationState]
	pairs        *lru[pairState]
	services     *lru[serviceState]
}

type sourceState struct {
	activity
	hosts, ports spread
}

type destinationState struct {
	activity
	sources, ports spread
}

type pairState struct {
	activity
	ports spread
}

type serviceState struct {
	activity
	seen      bool
	lastStart float64
	gaps      trend
	sizes     trend
}

var _ Extractor = (*FlowExtractor)(nil)

// NewFlow gives an extractor of the flow contract with an empty memory.
func NewFlow(o FlowOptions) *FlowExtractor {
	if o.Keys <= 0 {
		o.Keys = 1 << 16
	}
	return &FlowExtractor{
		sources:      newLRU[sourceState](o.Keys),
		destinations: newLRU[destinationState](o.Keys),
		pairs:        newLRU[pairState](o.Keys),
		services:     newLRU[serviceState](o.Keys),
	}
}

// Contract gives the flow contract.
func (*FlowExtractor) Contract() *Contract { return flowContract }

// Evictions counts the keys that made room for others so far. When it grows
// fast, statistics over time fall short: more keys are needed.
func (x *FlowExtractor) Evictions() uint64 {
	return x.sources.evictions + x.destinations.evictions + x.pairs.evictions + x.services.evictions
}

func (x *FlowExtractor) time() float64 { return x.clock.now }

func (x *FlowExtractor) memory() []any {
	return []any{&x.clock, x.sources, x.destinations, x.pairs, x.services}
}

// Fields of the record.
const (
	zTS = iota
	zDuration
	zProto
	zService
	zState
	zHistory
	zOrigBytes
	zRespBytes
	zOrigPkts
	zRespPkts
	zOrigIPBytes
	zRespIPBytes
	zMissedBytes
	zOrigHost
	zRespHost
	zRespPort
	flowFields
)

var flowFieldNames = [flowFields]string{
	"ts", "duration", "proto", "service", "conn_state", "history", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts",
	"orig_ip_bytes", "resp_ip_bytes", "missed_bytes", "id.orig_h", "id.resp_h", "id.resp_p",
}

// textFields have to be Text; all others have to be numbers.
var textFields = []int{zProto, zService, zState, zHistory, zOrigHost, zRespHost}

func (x *FlowExtractor) bind(s *inkling.Schema) error {
	var at [flowFields]int
	var missing []string
	for i, name := range flowFieldNames {
		if at[i] = s.Index(name); at[i] < 0 {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return lacking(flowContract, s, missing, "give it flows: a Zeek conn.log or a format that is read as one; records like these are of --schema "+strings.Join(append(suiting(s), tableName), " or "))
	}
	x.texts = nil
	for i, name := range flowFieldNames {
		isText, due := s.Fields[at[i]].Kind == inkling.Text, slices.Contains(textFields, i)
		switch {
		case isText == due:
		case isText && s.Name == tableName: // as of a CSV, in which all is text
			x.texts = append(x.texts, i)
		case due:
			return inkling.Errorf(inkling.Invalid, "schema "+s.Name, "contract flow needs field %s to be text", name)
		default:
			return inkling.Errorf(inkling.Invalid, "schema "+s.Name, "contract flow needs field %s to be a number", name)
		}
	}
	x.schema, x.at = s, at
	return nil
}

// latest is the year 9999, in seconds: beyond, a time is damaged.
const latest = 253402300800

// flow is what is used of a record.
type flow struct {
	ts, duration           float64
	origBytes, respBytes   float64
	origPkts, respPkts     float64
	origWire, respWire     float64 // with IP headers
	missed                 float64
	proto, service, state  int
	port                   int // -1 when the protocol has none
	history                []byte
	source, host, portHash key
	failed                 bool
}

// Extract adds the record to the statistics and writes its row. A record
// without a time is an error, Skippable.
func (x *FlowExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		if err := x.bind(r.Schema); err != nil {
			return err
		}
	}
	if x.texts != nil {
		if err := x.numbered(r); err != nil {
			return err
		}
		r = &x.spelt
	}
	if ts := r.Num[x.at[zTS]]; !(ts >= 0 && ts < latest) {
		return &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: "ts: not a time", Skippable: true,
			Remedy: "times are seconds since 1970"}
	}
	var f flow
	x.read(&f, r)
	a := x.ahead(&f)
	f.own(dst)
	x.fetch(&f, &a)
	x.overTime(dst, &f, &a)
	return nil
}

// numbered copies a record of a CSV, numbers for its numbers. What Zeek writes for unset is missing.
func (x *FlowExtractor) numbered(r *inkling.Record) error {
	c := &x.spelt
	c.Schema, c.Origin, c.Num, c.Text = r.Schema, r.Origin, append(c.Num[:0], r.Num...), append(c.Text[:0], r.Text...)
	for _, at := range x.at {
		if string(text(r, at)) == "-" {
			c.Text[at] = nil
		}
	}
	for _, i := range x.texts {
		at := x.at[i]
		if len(c.Text[at]) == 0 {
			continue
		}
		if i == zTS {
			c.Num[at] = Moment(r, at)
		} else if c.Num[at] = number(r, at); math.IsNaN(c.Num[at]) {
			return unusable(r, flowFieldNames[i]+": not a number", "numbers are written in full, what is unset as - or nothing")
		}
	}
	return nil
}

// number gives a field that is never negative; what is damaged is missing.
func (x *FlowExtractor) number(r *inkling.Record, field int, most float64) float64 {
	if v := r.Num[x.at[field]]; v >= 0 && v <= most {
		return v
	}
	return math.NaN()
}

func (x *FlowExtractor) read(f *flow, r *inkling.Record) {
	const most = 1e15
	f.ts = r.Num[x.at[zTS]]
	f.duration = x.number(r, zDuration, 1e9)
	f.origBytes, f.respBytes = x.number(r, zOrigBytes, most), x.number(r, zRespBytes, most)
	f.origPkts, f.respPkts = x.number(r, zOrigPkts, most), x.number(r, zRespPkts, most)
	f.origWire, f.respWire = x.number(r, zOrigIPBytes, most), x.number(r, zRespIPBytes, most)
	f.missed = x.number(r, zMissedBytes, most)
	if math.IsNaN(f.origWire) {
		f.origWire = f.origBytes
	}
	if math.IsNaN(f.respWire) {
		f.respWire = f.respBytes
	}
	f.proto = lookup(protoNames, r.Text[x.at[zProto]])
	f.service = serviceOf(r.Text[x.at[zService]])
	f.state = lookup(stateNames, r.Text[x.at[zState]])
	f.history = r.Text[x.at[zHistory]]
	f.source, f.host = hash128(r.Text[x.at[zOrigHost]]), hash128(r.Text[x.at[zRespHost]])
	f.port = -1
	if p := x.number(r, zRespPort, 65535); p >= 0 && (f.proto == protoTCP || f.proto == protoUDP) {
		f.port = int(p)
	}
	f.portHash = hash128([]byte{byte(f.proto), byte(f.port), byte(f.port >> 8), byte(f.port >> 16)})
	f.failed = f.state >= 0 && (failedState[f.state] || f.state == stateOTH && zero(f.origBytes)+zero(f.respBytes) == 0)
}

var (
	protoTCP, protoUDP = protoNames["tcp"], protoNames["udp"]
	stateOTH           = stateNames["OTH"]
	failedState        = func() (failed [16]bool) {
		for _, s := range failedStates {
			failed[stateNames[s]] = true
		}
		return failed
	}()
)

func lookup(names map[string]int, b []byte) int {
	if i, ok := names[string(b)]; ok {
		return i
	}
	return -1
}

// serviceOf gives the level of the first name it knows: a sensor writes "ssl,http".
func serviceOf(b []byte) int {
	if len(b) == 0 {
		return 0 // none
	}
	for {
		name, rest, more := bytes.Cut(b, []byte{','})
		if i := lookup(serviceNames, name); i >= 0 || !more {
			return i
		}
		b = rest
	}
}

// zero gives 0 for a missing value.
func zero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// own writes what the record itself tells.
func (f *flow) own(dst []float64) {
	dst[fDuration] = f.duration
	dst[fOrigBytes], dst[fRespBytes] = f.origBytes, f.respBytes
	dst[fOrigPkts], dst[fRespPkts] = f.origPkts, f.respPkts
	dst[fOrigMeanPkt], dst[fRespMeanPkt] = share(f.origWire, f.origPkts), share(f.respWire, f.respPkts)
	orig, resp := zero(f.origWire), zero(f.respWire)
	dst[fAsymmetry] = 100 * share(orig-resp, orig+resp)
	seconds := max(f.duration, 0.001) // NaN when missing
	dst[fBytesRate] = (orig + resp) / seconds
	dst[fPktsRate] = (zero(f.origPkts) + zero(f.respPkts)) / seconds
	dst[fMissedBytes] = zero(f.missed)
	dst[fProto], dst[fService], dst[fState] = float64(f.proto), float64(f.service), float64(f.state)
	dst[fPort] = float64(len(portLevels) - 1)
	if f.port >= 0 {
		dst[fPort] = float64(portClass[f.port])
	}
	letters(dst, f.history)
}

// share is a/b, 0 for nothing of nothing.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// historyAt gives the feature that a history letter counts for, 0 for none.
var historyAt = func() (at [256]uint8) {
	for i := range len(historyLetters) {
		at[historyLetters[i]] = uint8(fHistory + i)
	}
	at['T'], at['t'] = uint8(fHistoryRetrans), uint8(fHistoryRetrans)
	for _, c := range []byte("CcGgIiQq") {
		at[c] = uint8(fHistoryOdd)
	}
	return at
}()

func letters(dst []float64, history []byte) {
	clear(dst[fHistory : fHistoryOdd+1])
	for _, c := range history {
		if at := historyAt[c]; at > 0 && dst[at] < historyMost {
			dst[at]++
		}
	}
}

// places is where a flow's memories are kept. They lie anywhere in hundreds of megabytes, so that memory is asked for all of
// them before the first is needed.
type places struct{ source, host, pair, service place }

// ahead looks up where they are.
func (x *FlowExtractor) ahead(f *flow) places {
	pair := f.source.with(f.host)
	return places{x.sources.ahead(f.source), x.destinations.ahead(f.host), x.pairs.ahead(pair), x.services.ahead(pair.with(f.portHash))}
}

// fetch asks for what of them is used, a line of memory at a time.
func (x *FlowExtractor) fetch(f *flow, a *places) {
	if s := x.sources.fetch(a.source); s != nil {
		s.hosts.fetch(f.host)
		s.ports.fetch(f.portHash)
	}
	if t := x.destinations.fetch(a.host); t != nil {
		t.sources.fetch(f.source)
		t.ports.fetch(f.portHash)
	}
	if p := x.pairs.fetch(a.pair); p != nil {
		p.ports.fetch(f.portHash)
	}
	x.services.fetch(a.service)
}

// overTime adds the flow to the statistics and writes them.
func (x *FlowExtractor) overTime(dst []float64, f *flow, a *places) {
	now, tick := x.clock.advance(f.ts + zero(f.duration))
	orig, resp := zero(f.origBytes), zero(f.respBytes)

	s := x.sources.at(a.source)
	d := s.add(now, f.failed, orig, resp)
	s.hosts.fade(d)
	s.hosts.touch(f.host, tick)
	s.ports.fade(d)
	if f.port >= 0 {
		s.ports.touch(f.portHash, tick)
	}
	s.write(dst)

	t := x.destinations.at(a.host)
	d = t.add(now, f.failed, orig, resp)
	t.sources.fade(d)
	t.sources.touch(f.source, tick)
	t.ports.fade(d)
	if f.port >= 0 {
		t.ports.touch(f.portHash, tick)
	}
	t.write(dst)

	p := x.pairs.at(a.pair)
	p.ports.fade(p.add(now, f.failed, orig, resp))
	if f.port >= 0 {
		p.ports.touch(f.portHash, tick)
	}
	p.write(dst)

	v := x.services.at(a.service)
	v.add(now, f.failed, orig, resp)
	v.compare(dst, f)
	v.write(dst)
}

func (s *sourceState) write(dst []float64) {
	copy(dst[fSrcFlows:], s.flows[:])
	dst[fSrcHosts2m], dst[fSrcHosts20m] = s.hosts.estimate(twoMinutes), s.hosts.estimate(twentyMinutes)
	dst[fSrcPorts2m], dst[fSrcPorts20m] = s.ports.estimate(twoMinutes), s.ports.estimate(twentyMinutes)
	dst[fSrcFailed2m], dst[fSrcFailed20m] = s.failedShare(twoMinutes), s.failedShare(twentyMinutes)
	dst[fSrcOrigMean] = s.orig[twoMinutes] / s.flows[twoMinutes]
	dst[fSrcRespMean] = s.resp[twoMinutes] / s.flows[twoMinutes]
}

func (t *destinationState) write(dst []float64) {
	copy(dst[fDstFlows:], t.flows[:])
	dst[fDstSources2m], dst[fDstSources20m] = t.sources.estimate(twoMinutes), t.sources.estimate(twentyMinutes)
	dst[fDstPorts2m] = t.ports.estimate(twoMinutes)
	dst[fDstFailed2m] = t.failedShare(twoMinutes)
}

func (p *pairState) write(dst []float64) {
	copy(dst[fPairFlows:], p.flows[:])
	dst[fPairPorts2m] = p.ports.estimate(twoMinutes)
	dst[fPairOrigSum], dst[fPairRespSum] = p.orig[twentyMinutes], p.resp[twentyMinutes]
}

// compare sets the flow against those before it, then counts it among them.
func (v *serviceState) compare(dst []float64, f *flow) {
	dst[fGap], dst[fGapMean], dst[fSizeChange] = math.NaN(), math.NaN(), math.NaN()
	size := zero(f.origWire) + zero(f.respWire)
	if v.seen {
		gap := max(f.ts-v.lastStart, 0)
		v.gaps.add(gap)
		dst[fGap], dst[fGapMean] = gap, v.gaps.mean
		dst[fSizeChange] = 100 * share(math.Abs(size-v.sizes.mean), max(size, v.sizes.mean))
		v.lastStart = later(v.lastStart, f.ts)
	} else {
		v.seen, v.lastStart = true, f.ts
	}
	v.sizes.add(size)
	dst[fGapCV], dst[fSizeCV] = v.gaps.variation(), v.sizes.variation()
}

func (v *serviceState) write(dst []float64) {
	copy(dst[fServiceFlows:], v.flows[:])
	dst[fServiceFailed2m], dst[fServiceFailed20m] = v.failedShare(twoMinutes), v.failedShare(twentyMinutes)
	dst[fServiceOrigMean] = v.orig[twentyMinutes] / v.flows[twentyMinutes]
	dst[fServiceRespMean] = v.resp[twentyMinutes] / v.flows[twentyMinutes]
}
