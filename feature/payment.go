package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

// The payment contract: what is learned of a card payment. Never an input: who paid, where, and when, but for the time
// of day and the weekday.

const paymentName = "payment"

// payments is how many customers, and how many terminals, are remembered: about 80 MB when full.
const payments = 1 << 16

var paymentContract = &Contract{Name: paymentName, Version: 1, Features: paymentFeatures()}

func paymentFeatures() []Feature {
	f := []Feature{
		{Name: "amount", Unit: "currency", Doc: "of the payment", Attacker: true},
		{Name: "hour.sin", Doc: "time of day on a circle: 1 at six in the morning", Attacker: true},
		{Name: "hour.cos", Doc: "time of day on a circle: 1 at midnight, -1 at noon", Attacker: true},
		{Name: "weekday", Doc: "day of the week, UTC", Kind: Category, Levels: weekdays, Attacker: true},
	}
	over := func(name, unit, doc string) { f = append(f, Feature{Name: name, Unit: unit, Doc: doc, OverTime: true}) }
	late := func(name, unit, doc string) {
		over(name, unit, doc)
		f[len(f)-1].Missing = true
	}
	each := func(name, unit, doc string) {
		for _, age := range ageNames {
			over(name+"_"+age, unit, doc+", damped with a half-life of "+age)
		}
	}
	each("customer.count", "payments", "of this customer, this one among them")
	each("customer.sum", "currency", "paid by this customer, this payment among it")
	late("customer.usual", "currency", "what this customer paid on average before; a payment's weight halves with every eight after it")
	late("customer.ratio", "%", "this amount against the customer's usual; missing for the first")
	late("customer.away", "deviations", "this amount from the customer's usual, in standard deviations; missing before the third")
	late("customer.gap", "s", "since the customer's payment before; missing for the first")
	late("customer.same_place", "s", "since the customer's last payment at this terminal; missing when not among the last 32")
	over("customer.places_1d", "terminals", "different ones the customer paid at in a day, of the last 32 payments")
	over("customer.places_7d", "terminals", "different ones the customer paid at in a week, of the last 32 payments")
	each("terminal.count", "payments", "at this terminal, this one among them")
	late("terminal.mean_1d", "currency", "mean payment at this terminal before, with a half-life of a day")
	late("terminal.mean_28d", "currency", "mean payment at this terminal before, with a half-life of 28 days")
	late("terminal.ratio", "%", "this amount against the terminal's mean of 28 days; missing for the first")
	late("terminal.excess_1d", "%", "mean of the amounts here against what was usual for those who paid, with a half-life of a day; this payment among them")
	late("terminal.excess_7d", "%", "the same with a half-life of a week")
	late("terminal.gap", "s", "since the payment before at this terminal; missing for the first")
	over("terminal.customers_1d", "customers", "different ones at this terminal in a day, of the last 32 payments")
	over("terminal.customers_7d", "customers", "different ones at this terminal in a week, of the last 32 payments")
	return f
}

type customerState struct {
	tally
	amounts trend
	places  recent
}

type terminalState struct {
	tally
	excess    tally
	customers recent
}

func (c *customerState) sound() bool { return c.places.sound() }

func (t *terminalState) sound() bool { return t.customers.sound() }

// paymentExtractor remembers customers and terminals. Time is the record's or the latest seen, whichever is later: it never runs back.
type paymentExtractor struct {
	schema    *inkling.Schema // that at is for
	at        []int
	now       float64
	customers *lru[customerState]
	terminals *lru[terminalState]
}

func newPayment() Extractor {
	return &paymentExtractor{customers: newLRU[customerState](payments), terminals: newLRU[terminalState](payments)}
}

func (*paymentExtractor) Contract() *Contract { return paymentContract }

func (x *paymentExtractor) time() float64 { return x.now }

func (x *paymentExtractor) memory() []any { return []any{&x.now, x.customers, x.terminals} }

func (x *paymentExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(paymentContract, r.Schema, "name the columns time, customer, terminal and amount", "time", "customer", "terminal", "amount")
		if err != nil {
			return err
		}
		x.schema, x.at = r.Schema, at
	}
	t, amount := Moment(r, x.at[0]), number(r, x.at[3])
	customer, terminal := r.Written(x.at[1]), r.Written(x.at[2])
	switch {
	case math.IsNaN(t):
		return unusable(r, "time: not a time", "write seconds since 1970, or 2026-01-31 12:00:00")
	case len(customer) == 0 || len(terminal) == 0:
		return unusable(r, "customer or terminal: missing", "name both, or leave the payment out")
	case !(math.Abs(amount) <= 1e12):
		return unusable(r, "amount: not an amount", "write a number")
	}
	x.now = max(x.now, t)
	sin, cos := timeOfDay(t)
	dst = append(dst[:0], amount, sin, cos, weekday(t))
	who, where := hash128(customer), hash128(terminal)
	dst, ratio := x.customers.get(who).pay(dst, x.now, amount, where)
	x.terminals.get(where).pay(dst, x.now, amount, ratio, who)
	return nil
}

// pay appends what the customer's payments tell, and gives the amount against the usual.
func (c *customerState) pay(dst []float64, now, amount float64, where key) (_ []float64, ratio float64) {
	gap := math.NaN()
	if c.amounts.weight > 0 {
		gap = now - c.at
	}
	usual := c.amounts.usual()
	ratio = against(amount, usual)
	away, same := c.amounts.away(amount), c.places.since(where, now)
	c.fade(now)
	c.add(amount)
	c.amounts.add(amount)
	c.places.add(where, now)
	dst = append(append(dst, c.count[:]...), c.sum[:]...)
	return append(dst, usual, ratio, away, gap, same, c.places.different(now, day), c.places.different(now, 7*day)), ratio
}

// pay appends what the payments at the terminal tell.
func (t *terminalState) pay(dst []float64, now, amount, ratio float64, who key) []float64 {
	gap := math.NaN()
	if t.count[fourWeeks] > 0 {
		gap = now - t.at
	}
	t.fade(now)
	dayBefore, before := t.mean(oneDay), t.mean(fourWeeks)
	t.add(amount)
	t.excess.fade(now)
	if !math.IsNaN(ratio) {
		t.excess.add(min(ratio, 1000)) // one payment of a miser is not to outweigh a day
	}
	t.customers.add(who, now)
	dst = append(dst, t.count[:]...)
	return append(dst, dayBefore, before, against(amount, before), t.excess.mean(oneDay), t.excess.mean(oneWeek), gap,
		t.customers.different(now, day), t.customers.different(now, 7*day))
}
