package pack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/inkling-sec/inkling/eval"
)

// town simulates the sessions of people at their accounts, and of those who take accounts over. It is ours: nothing in it
// was measured on anybody. People have their hours, devices, networks and sums; they change phones, travel, forget passwords, share
// devices and networks, open accounts and pay out all of a wage. Attackers know some of that: most come through a
// network of the victim's country, and ask for no more than the larger of what victims send.
type town struct {
	ledger
	rng     *rand.Rand
	days    float64
	warm    float64 // sessions of the days before are for features over time alone
	people  []holder
	devices int
	offices []string
	carrier map[string][]string // networks of many, by country
}

type holder struct {
	name                 string
	country              string
	devices              []string
	networks             []string
	hour, typing, amount float64
	perDay, opened       float64 // day on which the account was opened, before 0 for most
	manager              bool    // types no passwords
	wage                 float64
}

// login is one session; what is zero stands so in the log, but for typing.
type login struct {
	device, network, country       string
	failed                         int
	typing, duration               float64
	password, email, phone, payout int
	amount, received               float64
}

const sessionHeader = "time,account,device,network,country,failed,typing,duration,password,email,phone,payout,amount,received,age,label"

var countries = []string{"SE", "DE", "PL", "ES", "US", "NG", "VN", "BR"}

func newTown(seed uint64, people int, days float64) *town {
	t := &town{rng: rand.New(rand.NewPCG(seed, 0x746f776e)), days: days, carrier: map[string][]string{}}
	for _, c := range countries {
		for range 3 {
			t.carrier[c] = append(t.carrier[c], t.fresh("N"))
		}
	}
	for range max(people/40, 2) {
		t.offices = append(t.offices, t.fresh("N"))
	}
	for i := range people {
		t.people = append(t.people, t.holder(i))
	}
	return t
}

// fresh names a device or network that there was not before.
func (t *town) fresh(kind string) string {
	t.devices++
	return kind + strconv.Itoa(t.devices*7919%1000003) // in no order
}

func (t *town) pick(of []string) string { return of[t.rng.IntN(len(of))] }

func (t *town) holder(i int) holder {
	r := t.rng
	p := holder{name: fmt.Sprintf("U%04d", i), country: countries[int(4*math.Pow(r.Float64(), 2))], hour: 8 + r.Float64()*14, typing: 110 + r.ExpFloat64()*90,
		amount: math.Exp(3.5 + r.NormFloat64()*0.8), perDay: 0.15 + r.ExpFloat64()*0.35, opened: -20 - r.ExpFloat64()*700, manager: r.Float64() < 0.3, wage: 900 + r.ExpFloat64()*1200}
	if r.Float64() < 0.12 {
		p.opened = r.Float64() * t.days * 0.9
	}
	p.devices = []string{t.fresh("D")}
	p.networks = []string{t.fresh("N"), t.pick(t.carrier[p.country])}
	if r.Float64() < 0.4 {
		p.devices = append(p.devices, t.fresh("D"))
	}
	if i > 0 && r.Float64() < 0.2 { // a household
		near := t.people[i-1]
		p.devices, p.networks[0], p.country = append(p.devices, near.devices[0]), near.networks[0], near.country
	}
	if r.Float64() < 0.4 {
		p.networks = append(p.networks, t.pick(t.offices))
	}
	return p
}

// log writes a session of an account.
func (t *town) log(day float64, p *holder, v login, label string) {
	at := ledgerStart + day*86400
	if day < t.warm {
		label = eval.Unjudged
	}
	typing := ""
	if v.typing > 0 {
		typing = strconv.Itoa(int(v.typing))
	}
	t.add(at, fmt.Sprintf("%s,%s,%s,%s,%s,%d,%s,%.0f,%d,%d,%d,%d,%.2f,%.2f,%.0f,%s", time.Unix(int64(at), 0).UTC().Format(time.DateTime), p.name, v.device, v.network, v.country,
		v.failed, typing, v.duration, v.password, v.email, v.phone, v.payout, v.amount, v.received, max(day-p.opened, 0), label))
}

// usual is a session as p has it.
func (t *town) usual(p *holder) login {
	r := t.rng
	v := login{device: t.pick(p.devices), network: t.pick(p.networks), country: p.country, typing: p.typing * math.Exp(r.NormFloat64()*0.15), duration: 20 + r.ExpFloat64()*150}
	if p.manager || r.Float64() < 0.1 {
		v.typing = 0
	}
	if r.Float64() < 0.12 {
		v.failed = 1 + int(r.ExpFloat64())
	}
	if r.Float64() < 0.35 {
		v.amount = p.amount * math.Exp(r.NormFloat64()*0.7)
	}
	return v
}

// live logs a holder's sessions.
func (t *town) live(p *holder) {
	r := t.rng
	day, paid := max(p.opened, 0), 0.0
	abroad, until := "", -1.0
	for first := p.opened >= 0; ; first = false {
		if day += r.ExpFloat64() / p.perDay; first {
			day = p.opened
		}
		at := math.Floor(day) + math.Mod(p.hour+r.NormFloat64()*3+48, 24)/24
		if at >= t.days {
			return
		}
		v := t.usual(p)
		if r.Float64() < 0.015 { // a new device, with the password typed anew and often wrong
			v.device = t.fresh("D")
			p.devices[0] = v.device
			v.failed, v.typing = r.IntN(3), p.typing*1.3
		}
		if at > until && r.Float64() < 0.02 { // a trip, or a tunnel
			abroad, until = t.pick(countries), at+r.ExpFloat64()*4
		}
		if at <= until {
			v.country, v.network = abroad, t.pick(append(t.carrier[abroad], t.fresh("N")))
		}
		if r.Float64() < 0.03 {
			v.network = t.fresh("N")
		}
		if r.Float64() < 0.015 { // forgotten
			v.failed, v.password = 2+r.IntN(5), 1
		}
		for _, change := range []*int{&v.email, &v.phone, &v.payout, &v.password} {
			if r.Float64() < 0.006 || first && r.Float64() < 0.4 {
				*change, v.duration = 1, v.duration+120
			}
		}
		if at-paid > 28 || paid == 0 && r.Float64() < 0.1 {
			paid, v.received = at, p.wage
			if r.Float64() < 0.3 {
				v.amount = p.wage * (0.5 + 0.45*r.Float64())
			}
		}
		t.log(at, p, v, "benign")
	}
}

// victim draws an account that is old enough, and a time to come to it.
func (t *town) victim() (*holder, float64) {
	for {
		p, day := &t.people[t.rng.IntN(len(t.people))], t.days*(0.35+0.6*t.rng.Float64())
		if p.opened < day-10 {
			return p, day
		}
	}
}

// elsewhere is where an attacker comes from: most often a home of the victim's country that is rented out, or its carrier.
func (t *town) elsewhere(p *holder) (network, country string) {
	switch r := t.rng.Float64(); {
	case r < 0.25:
		return t.pick(t.carrier[p.country]), p.country
	case r < 0.7:
		return t.fresh("N"), p.country
	}
	c := t.pick(countries)
	return t.fresh("N"), c
}

func (t *town) csv() []byte { return t.ledger.csv(sessionHeader) }

// simulate logs all people and about n sessions of each of those kinds.
func (t *town) simulate(n int, kinds []string) []byte {
	for i := range t.people {
		t.live(&t.people[i])
	}
	for _, k := range kinds {
		for from := len(t.lines); len(t.lines) < from+n; {
			takeovers[k](t)
		}
	}
	return t.csv()
}

// kindsOf gives the names of all takeovers, in order.
func kindsOf() (names []string) {
	for k := range takeovers {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
