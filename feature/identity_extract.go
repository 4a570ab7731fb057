package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

// identities is how many accounts, devices and networks are remembered, each: about 200 MB when all are full.
const identities = 1 << 16

// identityExtractor remembers accounts, devices and networks. Time is the record's or the latest seen, whichever is later.
type identityExtractor struct {
	schema   *inkling.Schema // that at is for
	at       [sessionFields]int
	now      float64
	accounts *lru[holderState]
	devices  *lru[recent] // the accounts on a device
	networks *lru[networkState]
}

type holderState struct {
	sessions, failed, changes, sent, received tally
	devices, networks, countries              recent
	country                                   key // of the session before
	last, changed                             float64
	seen, hasChanged                          bool
	sin, cos                                  trend
	typing, duration, amount                  trend
}

type networkState struct {
	tally    // of failed tries
	accounts recent
}

func (h *holderState) sound() bool {
	return h.devices.sound() && h.networks.sound() && h.countries.sound()
}

func (n *networkState) sound() bool { return n.accounts.sound() }

func newIdentity() Extractor {
	return &identityExtractor{accounts: newLRU[holderState](identities), devices: newLRU[recent](identities), networks: newLRU[networkState](identities)}
}

func (*identityExtractor) Contract() *Contract { return identityContract }

func (x *identityExtractor) time() float64 { return x.now }

func (x *identityExtractor) memory() []any {
	return []any{&x.now, x.accounts, x.devices, x.networks}
}

func (x *identityExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(identityContract, r.Schema, "name the columns time, account, device, network and country; "+
			"failed, typing, duration, password, email, phone, payout, amount, received and age may be left out", sessionFieldNames[:sFailed]...)
		if err != nil {
			return err
		}
		copy(x.at[:], at)
		for i := sFailed; i < sessionFields; i++ {
			x.at[i] = r.Schema.Index(sessionFieldNames[i])
		}
		x.schema = r.Schema
	}
	var s session
	if err := s.read(r, &x.at); err != nil {
		return err
	}
	x.now = max(x.now, s.at)
	s.at = x.now
	dst = append(append(dst[:0], s.sin, s.cos), s.values[sFailed:]...)
	h := x.accounts.get(s.account)
	dst = h.things(dst, &s, x.devices.get(s.device))
	dst, fresh := x.networks.get(s.network).session(dst, &s, h)
	dst = h.place(dst, &s, fresh)
	h.session(dst, &s)
	return nil
}

// things appends what is to be said of the time of day and the device.
func (h *holderState) things(dst []float64, s *session, device *recent) []float64 {
	unusual := 50 * (1 - s.sin*h.sin.usual() - s.cos*h.cos.usual())
	h.sin.add(s.sin)
	h.cos.add(s.cos)
	gap := h.devices.since(s.device, s.at)
	h.devices.add(s.device, s.at)
	device.add(s.account, s.at)
	return append(dst, unusual, yes(math.IsNaN(gap)), gap, device.different(s.at, day), device.different(s.at, 28*day))
}

// session appends what is to be said of the network, and whether it is new to the account.
func (n *networkState) session(dst []float64, s *session, h *holderState) (_ []float64, fresh bool) {
	fresh = math.IsNaN(h.networks.since(s.network, s.at))
	h.networks.add(s.network, s.at)
	n.fade(s.at)
	n.add(zero(s.values[sFailed]))
	n.accounts.add(s.account, s.at)
	return append(dst, yes(fresh), n.accounts.different(s.at, day), n.count[oneHour], n.count[oneDay], n.sum[oneHour], n.mean(oneWeek)), fresh
}

// place appends how far from home the session is.
func (h *holderState) place(dst []float64, s *session, fresh bool) []float64 {
	place, gap := 0.0, math.NaN()
	known := !math.IsNaN(h.countries.since(s.country, s.at))
	switch {
	case !known:
		place = 3
	case fresh && s.country != h.country:
		place = 2
	case fresh:
		place = 1
	}
	if h.seen && s.country != h.country {
		gap = s.at - h.last
	}
	h.country = s.country
	h.countries.add(s.country, s.at)
	return append(dst, place, gap)
}

// session appends what the account's sessions before tell, and counts this one among them.
func (h *holderState) session(dst []float64, s *session) []float64 {
	gap, changedGap := math.NaN(), math.NaN()
	if h.seen {
		gap = s.at - h.last
	}
	if h.hasChanged {
		changedGap = s.at - h.changed
	}
	h.seen, h.last = true, s.at
	if zero(s.values[sPassword])+zero(s.values[sEmail])+zero(s.values[sPhone]) > 0 {
		h.hasChanged, h.changed = true, s.at
	}
	for _, t := range []struct {
		of *tally
		v  float64
	}{{&h.sessions, 0}, {&h.failed, s.values[sFailed]}, {&h.changes, s.changes()}, {&h.sent, s.values[sAmount]}, {&h.received, s.values[sReceived]}} {
		t.of.fade(s.at)
		t.of.add(zero(t.v))
	}
	dst = append(dst, h.sessions.count[:]...)
	dst = append(dst, gap, h.failed.sum[oneDay])
	typing, duration, amount := s.values[sTyping], s.values[sDuration], s.values[sAmount]
	dst = append(dst, against(typing, h.typing.usual()), h.typing.away(typing), against(duration, h.duration.usual()))
	dst = append(dst, h.changes.sum[oneDay], h.changes.sum[fourWeeks], changedGap)
	if !(amount > 0) {
		amount = math.NaN()
	}
	dst = append(dst, against(amount, h.amount.usual()), h.amount.away(amount), h.sent.sum[oneDay])
	kept := math.NaN()
	if in := h.received.sum[oneWeek]; in > 0 {
		kept = 100 * max(-1, 1-h.sent.sum[oneWeek]/in)
	}
	for _, t := range []struct {
		of *trend
		v  float64
	}{{&h.typing, typing}, {&h.duration, duration}, {&h.amount, amount}} {
		if !math.IsNaN(t.v) {
			t.of.add(t.v)
		}
	}
	return append(dst, kept)
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
