package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

// The laundering contract: what is learned of an account, which [newAccounts] makes of transactions. Never an input: who
// the account and its partners are, when its payments were, and for how long it was seen.

const launderingName = "laundering"

var launderingContract = &Contract{Name: launderingName, Version: 1, Features: launderingFeatures()}

func launderingFeatures() (f []Feature) {
	add := func(name, unit, doc string) { f = append(f, Feature{Name: name, Unit: unit, Doc: doc, OverTime: true}) }
	late := func(name, unit, doc string) {
		add(name, unit, doc)
		f[len(f)-1].Missing = true
	}
	for _, s := range []struct{ name, did, who string }{{"out", "paid out", "payees"}, {"in", "paid in", "payers"}} {
		add(s.name+".n", "payments", s.did)
		add(s.name+".sum", "currency", s.did+" in all")
		late(s.name+".mean", "currency", "mean payment "+s.did)
		late(s.name+".cv", "%", "standard deviation of the payments "+s.did+" against their mean")
		late(s.name+".most", "currency", "largest payment "+s.did)
		add(s.name+".partners", s.who, "different ones: the fan")
		late(s.name+".top", "%", "share of the money "+s.did+" that went to or came from one partner")
		add(s.name+".busiest_1d", "payments", "most "+s.did+" within a day")
		add(s.name+".partners_7d", s.who, "most different ones within a week")
		late(s.name+".alike", "%", "share of payments "+s.did+" whose amount another one with another partner has, within 1 %")
	}
	late("through", "%", "the smaller of money in and out against the larger")
	late("net", "%", "money in less money out, of all that moved")
	add("both_ways", "partners", "that were paid and paid back")
	late("round", "%", "share of payments in whole hundreds")
	late("gap", "s", "mean time between payments")
	late("gap_cv", "%", "standard deviation of these times against their mean: large for bursts")
	late("dwell", "s", "mean time from money in to money out, first in first out, weighted by amount")
	late("passed_1d", "%", "share of money in that went out within a day")
	late("passed_7d", "%", "share of money in that went out within a week")
	late("echo", "%", "least difference between a payment in and one out in the four weeks after it")
	add("echoes", "payments", "out, within a tenth less than one that came in in the four weeks before")
	add("cycles", "cycles", "found through this account: money that came back to where it set out, over two to five others, in order of time, within 90 days, each payment at least half and at most 1.1 times the one before")
	late("cycle.length", "accounts", "in the shortest of these cycles")
	late("cycle.kept", "%", "the least payment of a cycle against its largest: the best of these cycles")
	late("cycle.time", "s", "from the first to the last payment of the fastest of these cycles")
	late("payers.fan_in", "payers", "mean number that those who pay this account have")
	late("payers.fan_out", "payees", "mean number that those who pay this account have")
	late("payees.fan_in", "payers", "mean number that those whom this account pays have")
	late("payees.fan_out", "payees", "mean number that those whom this account pays have")
	add("gathered", "payers", "most of this account's payers whom one and the same account had paid before")
	add("scattered", "payees", "most of this account's payees who paid one and the same account afterwards")
	return f
}

// launderingExtractor copies what was made of an account's payments.
type launderingExtractor struct {
	schema    *inkling.Schema // that at is for
	at        []int
	forgotten uint64
}

func newLaundering() Extractor { return &launderingExtractor{} }

func (*launderingExtractor) Contract() *Contract { return launderingContract }

// Evictions counts payments that were forgotten for want of room, and accounts that ended early for it.
func (x *launderingExtractor) Evictions() uint64 { return x.forgotten }

func (x *launderingExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(launderingContract, r.Schema, "give it transactions with the columns time, from, to and amount", accountFields...)
		if err != nil {
			return err
		}
		x.schema, x.at = r.Schema, at
	}
	for i := range dst {
		if dst[i] = number(r, x.at[i]); math.IsInf(dst[i], 0) {
			dst[i] = math.NaN()
		}
	}
	if n := number(r, x.at[len(dst)]); n > 0 && n < 1e15 {
		x.forgotten += uint64(n)
	}
	return nil
}

// accountFields are the numbers of an account's record: the features, and how much was forgotten.
var accountFields = func() (names []string) {
	for _, f := range launderingContract.Features {
		names = append(names, f.Name)
	}
	return append(names, "forgotten")
}()
