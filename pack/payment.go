package pack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/inkling-sec/inkling/dataset"
)

var payment = Pack{
	Name: "payment", Title: "Card fraud, by payments", Area: "finance",
	About:  "A record is a card payment. Found are stolen cards and tested card numbers, by what the customer usually pays and where, and by what else happens at the terminal. A terminal whose frauds look like its other payments is not found: nothing but reported frauds tells them apart, and these are never learned from.",
	Schema: "payment", Learner: "vote",
	Why:     "as for any table; a random forest is 0.02 to 0.03 ahead on the development classes, of which one is a single column's and the other without a trace",
	Example: Example{File: "payments.csv", Attack: "stolen-card", Make: makePayments},
	Judged: []Judged{
		{
			Name: "Fraud Detection Handbook", Folder: "fraud-handbook-simulated", Load: dataset.Handbook, Benign: "benign", Apart: true,
			About:       "simulated card payments, 41 days of them, judged from the third week on; 20,000 benign ones drawn, all seen by the features over time; customers are kept apart, terminals are not. The class large-amount is all payments over 220 and no benign one is: any look at the amount finds it, and most of stolen-card. The class terminal has no trace in any payment: only chance is to be expected",
			Development: []string{"large-amount", "terminal"},
		},
		{
			Name: "credit card sample", Folder: "creditcard-sample", Load: dataset.CreditCard, Benign: "benign",
			About: "real card payments of two days in 2013 as 28 anonymous components and the amount, as a plain table; all 492 frauds and only 1,230 others, so false alarms in practice are not to be read from it; who paid is not known, so the same card may be on both sides",
		},
	},
}

// card is a customer of the made log.
type card struct {
	home, level, spread, perDay float64
	shops                       []int
	awake                       float64 // hour at which most is paid
}

const madeShops = 80

// makePayments makes four weeks of card payments: people who pay much or little, at the shops around them, with a large
// purchase or a trip now and then; stolen cards used in a rush of a few hours for larger things, most of them within
// what some customers pay every day; and card numbers tried out with small amounts at one shop after the other.
func makePayments(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x63617264))
	var l ledger
	cards := make([]card, 150)
	pay := func(at float64, who, shop int, amount float64, label string) {
		l.add(at, fmt.Sprintf("%s,C%03d,T%02d,%.2f,%s", time.Unix(int64(at), 0).UTC().Format(time.DateTime), who, shop, max(amount, 0.5), label))
	}
	hour := func(c *card) float64 { return math.Mod(c.awake+rng.NormFloat64()*3.5+24, 24) * 3600 }
	for i := range cards {
		c := &cards[i]
		*c = card{home: rng.Float64() * madeShops, level: 3 + rng.NormFloat64()*0.6, spread: 0.4 + 0.4*rng.Float64(), perDay: 0.2 + 1.2*rng.Float64(), awake: 12 + rng.Float64()*8}
		for range 3 + rng.IntN(8) {
			c.shops = append(c.shops, int(math.Mod(c.home+rng.NormFloat64()*8+madeShops, madeShops)))
		}
		for d := range 28 {
			away := rng.Float64() < 0.03 // a trip: other shops
			for n := c.perDay + rng.Float64() - 0.5; n > rng.Float64(); n-- {
				shop, amount := c.shops[rng.IntN(len(c.shops))], math.Exp(c.level+rng.NormFloat64()*c.spread)
				if away || rng.Float64() < 0.05 {
					shop = rng.IntN(madeShops)
				}
				if rng.Float64() < 0.03 {
					amount *= 3 + 5*rng.Float64()
				}
				pay(ledgerStart+float64(d)*86400+hour(c), i, shop, amount, "benign")
			}
		}
	}
	for range 20 {
		who := rng.IntN(len(cards))
		c := &cards[who]
		at := ledgerStart + (7+20*rng.Float64())*86400
		for range 3 + rng.IntN(5) {
			pay(at, who, rng.IntN(madeShops), math.Exp(c.level+1.4+rng.NormFloat64()*0.6), "stolen-card")
			at += rng.ExpFloat64() * 1500
		}
	}
	for range 6 {
		shop, at := rng.IntN(madeShops), ledgerStart+(7+20*rng.Float64())*86400
		for range 8 + rng.IntN(6) {
			pay(at, rng.IntN(len(cards)), shop, 1+rng.ExpFloat64()*4, "card-testing")
			at += 20 + rng.ExpFloat64()*240
		}
	}
	return l.csv("time,customer,terminal,amount,label"), nil
}
