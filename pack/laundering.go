package pack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/inkling-sec/inkling/dataset"
)

var laundering = Pack{
	Name: "laundering", Title: "Money laundering, by the transactions of accounts", Area: "finance",
	About:  "Transactions are read, accounts are judged when they end: a record is an account. Found is money that comes back to where it set out, is gathered from many and passed on, or split up, by fans, amounts, times and the partners' own fans.",
	Schema: "laundering", Learner: "vote",
	Why:     "as for any table; extra trees are 0.02 ahead on the one development class, most of which is the simulation's second amounts",
	Example: Example{File: "transfers.csv", Attack: "round-trip", Make: makeTransfers},
	Judged: []Judged{{
		Name: "AMLSim samples", Folder: "amlsim-samples", Load: dataset.Banks, Benign: "benign", Apart: true,
		About:       "three simulated banks of 20,000 accounts, each a part: 200 cycles, 200 fan-ins, and both (of which it is not said which account is of which). Every account of a pattern is of its class, also where no payment of its pattern was carried out: four in ten of the cycles' accounts. The simulated customers always pay the same amount, which no real ones do: in the bank of cycles any second amount is laundering, finds half of it alone, and most of what is found is that. Payments that the simulation repeats for patterns alone are dropped; what these link is kept on one side",
		Development: []string{"cycle"},
	}},
}

const (
	madePeople = 1640
	madeFirms  = 60
)

// bank makes transactions.
type bank struct {
	ledger
	rng *rand.Rand
}

// pay books a transfer so many days after the beginning.
func (b *bank) pay(days float64, from, to int, amount float64, label string) {
	at := ledgerStart + days*86400
	b.add(at, fmt.Sprintf("%s,A%04d,A%04d,%.2f,%s", time.Unix(int64(at), 0).UTC().Format(time.DateTime), from, to, amount, label))
}

// makeTransfers makes five weeks at a bank: wages, rents shared by flatmates and passed on the same day, purchases, gifts that go to and fro and savings clubs whose members pay one of them in turn; among
// them round trips of money over three to five accounts that keep a little, and money that many send in small sums to one who
// passes it on. Those who launder get wages and buy like others.
func makeTransfers(seed uint64) ([]byte, error) {
	b := &bank{rng: rand.New(rand.NewPCG(seed, 0x62616e6b))}
	rng := b.rng
	firm := func() int { return madePeople + int(float64(madeFirms)*math.Pow(rng.Float64(), 2)) }
	for p := range madePeople {
		b.pay(24+rng.NormFloat64()*0.5, madePeople+p%madeFirms, p, 1400+rng.ExpFloat64()*1500, "benign")
		for range 1 + rng.IntN(3) {
			b.pay(rng.Float64()*35, p, firm(), 5+rng.ExpFloat64()*60, "benign")
		}
		if near := (p + 1 + rng.IntN(6)) % madePeople; rng.Float64() < 0.5 { // a gift, and some of it back
			at, amount := rng.Float64()*30, math.Round(rng.ExpFloat64()*10+1)*10
			b.pay(at, p, near, amount, "benign")
			if rng.Float64() < 0.4 {
				b.pay(at+rng.Float64()*5, near, p, amount*(0.5+0.5*rng.Float64()), "benign")
			}
		}
	}
	for p := 0; p+4 < madePeople; p += 8 {
		rent := 250 + rng.Float64()*300
		at := 26 + rng.Float64()*3
		switch rng.IntN(3) {
		case 0: // flatmates
			for i := 1; i < 4; i++ {
				b.pay(at+rng.Float64()*0.4, p+i, p, rent, "benign")
			}
			b.pay(at+0.5+rng.Float64(), p, firm(), 4*rent, "benign")
		case 1: // a savings club
			for turn := range 8 {
				for i := range 4 {
					if i != turn%4 {
						b.pay(float64(4*turn)+rng.Float64(), p+i, p+turn%4, rent, "benign")
					}
				}
			}
		}
	}
	for range 14 {
		b.roundTrip()
	}
	for range 8 {
		b.smurfing()
	}
	return b.csv("time,from,to,amount,label"), nil
}

func (b *bank) roundTrip() {
	who, at, amount := b.rng.Perm(madePeople)[:3+b.rng.IntN(3)], b.rng.Float64()*20, 300+b.rng.ExpFloat64()*1200
	for i, from := range who {
		b.pay(at, from, who[(i+1)%len(who)], amount, "round-trip")
		at, amount = at+0.2+b.rng.ExpFloat64()*1.5, amount*(0.9+0.09*b.rng.Float64())
	}
}

func (b *bank) smurfing() {
	who, at, sum := b.rng.Perm(madePeople)[:7+b.rng.IntN(4)], b.rng.Float64()*20, 0.0
	collector, beneficiary := who[0], who[1]
	for _, from := range who[2:] {
		amount := 100 + b.rng.Float64()*350
		b.pay(at+b.rng.Float64()*3, from, collector, amount, "smurfing")
		sum += amount
	}
	b.pay(at+3+b.rng.Float64()*2, collector, beneficiary, sum*0.94, "smurfing")
}
