package feature

import (
	"bytes"
	"math"

	"github.com/inkling-sec/inkling"
)

// dnsKeys is the most clients, and clients with domain, that are remembered, each.
const dnsKeys = 1 << 15

// dns makes rows of the dns contract from records with the column query; more of Zeek's dns.log where it is there.
type dns struct {
	schema  *inkling.Schema // that the fields are for
	at      [dnsFields]int  // -1 where there is none
	clock   clock
	clients *lru[askingState]
	pairs   *lru[askingState]
}

// askingState is what a client asked for, or what it asked for below one domain.
type askingState struct {
	activity
	things   spread // domains of a client, names of a pair
	seen     bool
	lastTime float64
	gaps     trend
}

// Fields of the record.
const (
	nQuery = iota
	nType
	nCode
	nAnswers
	nTTLs
	nTime
	nClient
	dnsFields
)

var dnsFieldNames = [dnsFields]string{"query", "qtype_name", "rcode_name", "answers", "TTLs", "ts", "id.orig_h"}

func newDNS() Extractor {
	return &dns{clients: newLRU[askingState](dnsKeys), pairs: newLRU[askingState](dnsKeys)}
}

func (*dns) Contract() *Contract { return dnsContract }

func (x *dns) time() float64 { return x.clock.now }

func (x *dns) memory() []any { return []any{&x.clock, x.clients, x.pairs} }

func (x *dns) bind(s *inkling.Schema) error {
	if _, err := columns(dnsContract, s, "give it a Zeek dns.log, or a table with a column query", "query"); err != nil {
		return err
	}
	at, err := optional(dnsContract, s, dnsFieldNames[:], nTime)
	if err != nil {
		return err
	}
	x.schema = s
	copy(x.at[:], at)
	return nil
}

// mostName bounds a name: DNS has 253 characters at most, and sensors escape some.
const mostName = 1024

func (x *dns) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		if err := x.bind(r.Schema); err != nil {
			return err
		}
	}
	name := bytes.TrimSuffix(text(r, x.at[nQuery]), []byte{'.'})
	if len(name) == 0 || len(name) > mostName || string(name) == "-" {
		return unusable(r, "query: not a name", "leave queries without a name out")
	}
	below, label, suffix := partsOf(name)
	labels := bytes.Count(name, []byte{'.'}) + 1
	longest := 0
	for l := range bytes.SplitSeq(name, []byte{'.'}) {
		longest = max(longest, len(l))
	}
	dst[dLength], dst[dLabels], dst[dLongest], dst[dSuffix] = float64(len(name)), float64(labels), float64(longest), float64(suffixOf(suffix))
	spelled := spell(label)
	spelled.writeDNS(dst[dDomain:])
	spelled = spell(bytes.ReplaceAll(below, []byte{'.'}, nil))
	spelled.writeDNS(dst[dBelow:])
	dst[dType], dst[dCode] = x.level(r, nType, dnsTypeOf), x.level(r, nCode, dnsCodeOf)
	x.answer(dst, r)
	domain := bytes.ToLower(name[len(below):])
	x.overTime(dst, r, hash128(bytes.TrimPrefix(domain, []byte{'.'})), hash128(bytes.ToLower(name)), len(below))
	return nil
}

// level gives the level of a category's field, 0, none, where there is no such field.
func (x *dns) level(r *inkling.Record, field int, of map[string]int) float64 {
	if x.at[field] < 0 {
		return 0
	}
	return float64(lookup(of, text(r, x.at[field])))
}

// comma is one inside an answer, as the readers of Zeek's logs write it.
var comma = []byte(`\x2c`)

// answer writes what was answered.
func (x *dns) answer(dst []float64, r *inkling.Record) {
	dst[dAnswers], dst[dAnswerMax], dst[dTTL] = math.NaN(), math.NaN(), math.NaN()
	if i := x.at[nAnswers]; i >= 0 && !absent(text(r, i)) {
		dst[dAnswers], dst[dAnswerMax] = 0, 0
		for a := range bytes.SplitSeq(text(r, i), []byte{','}) {
			dst[dAnswers]++
			dst[dAnswerMax] = max(dst[dAnswerMax], float64(len(a)-3*bytes.Count(a, comma)))
		}
	}
	if i := x.at[nTTLs]; i >= 0 {
		for t := range bytes.SplitSeq(text(r, i), []byte{','}) {
			if v, ok := parse(t); ok && v >= 0 && !(v >= dst[dTTL]) {
				dst[dTTL] = v
			}
		}
	}
}

// overTime adds the query to the statistics and writes them; they are missing where there is no time or no client.
func (x *dns) overTime(dst []float64, r *inkling.Record, domain, name key, below int) {
	ts, client, ok := clientOf(r, x.at[nTime], x.at[nClient])
	if !ok {
		for i := dClient; i < dnsWidth; i++ {
			dst[i] = math.NaN()
		}
		return
	}
	now, tick := x.clock.advance(ts)
	failed := dst[dCode] > float64(dnsCodeOf["NOERROR"])

	c := x.clients.get(client)
	c.things.fade(c.add(now, failed, 0, 0))
	c.things.touch(domain, tick)
	copy(dst[dClient:], c.flows[:])
	dst[dDomains], dst[dDomains+1] = c.things.estimate(twoMinutes), c.things.estimate(twentyMinutes)
	dst[dFailed], dst[dFailed+1] = c.failedShare(twoMinutes), c.failedShare(twentyMinutes)

	p := x.pairs.get(client.with(domain))
	p.things.fade(p.add(now, failed, float64(below), 0))
	p.things.touch(name, tick)
	copy(dst[dPair:], p.flows[:])
	dst[dNames], dst[dNames+1], dst[dBytes] = p.things.estimate(twoMinutes), p.things.estimate(twentyMinutes), p.orig[twoMinutes]
	dst[dGap], dst[dGapCV] = p.since(ts)
}

// since gives the time since the query before, and how regular such times are; NaN where there was none.
func (a *askingState) since(ts float64) (gap, variation float64) {
	gap = math.NaN()
	if a.seen {
		gap = max(ts-a.lastTime, 0)
		a.gaps.add(gap)
	}
	a.seen, a.lastTime = true, later(a.lastTime, ts)
	return gap, a.gaps.variation()
}

// partsOf cuts a name into what is below the domain (its dot left out), the domain's label and the suffix. The suffix is the
// last label; where that has two letters and the one before is short, as in co.uk, it is both. This rule needs no list that changes.
func partsOf(name []byte) (below, label, suffix []byte) {
	rest, suffix := cutLast(name)
	if rest == nil {
		return nil, name, nil
	}
	if before, second := cutLast(rest); len(suffix) == 2 && len(second) <= 3 && before != nil || bytes.EqualFold(suffix, []byte("arpa")) && before != nil {
		rest, suffix = before, name[len(before)+1:]
	}
	below, label = cutLast(rest)
	return below, label, suffix
}

// cutLast cuts the last label off; before is nil where there is none but that.
func cutLast(name []byte) (before, last []byte) {
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

var dnsSuffixOf = levelsOf(dnsSuffixes, map[string]string{
	"com": "classic", "net": "classic", "org": "classic", "edu": "classic", "gov": "classic", "mil": "classic", "int": "classic", "info": "classic", "biz": "classic",
	"local": "local", "lan": "local", "home": "local", "internal": "local", "localdomain": "local", "localhost": "local", "corp": "local", "arpa": "reverse",
})

func suffixOf(suffix []byte) int {
	_, last := cutLast(suffix)
	switch i := lookup(dnsSuffixOf, bytes.ToLower(last)); {
	case len(last) == 0:
		return dnsSuffixOf["none"]
	case i > 0:
		return i
	case len(last) == 2:
		return dnsSuffixOf["country"]
	}
	return dnsSuffixOf["newer"]
}
