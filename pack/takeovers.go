package pack

import "math"

// takeovers are the kinds of attack on accounts that are simulated, by name.
var takeovers = map[string]func(*town){
	"credential-stuffing": (*town).stuffing,
	"sim-swap":            (*town).simSwap,
	"remote-access":       (*town).remoteAccess,
	"session-theft":       (*town).sessionTheft,
	"phishing":            (*town).phishing,
	"mule-account":        (*town).mule,
}

// stuffing tries leaked passwords at one account after the other, by scripts that change networks after a few; logged is where one fits.
func (t *town) stuffing() {
	_, day := t.victim()
	r := t.rng
	network, country := "", ""
	for i := range 12 {
		p, _ := t.victim()
		if i%(3+r.IntN(4)) == 0 {
			network, country = t.elsewhere(p)
		}
		v := login{device: t.fresh("D"), network: network, country: country, failed: r.IntN(3), typing: 60 + r.Float64()*120, duration: 8 + r.ExpFloat64()*40}
		if r.Float64() < 0.2 {
			v.email, v.password = r.IntN(2), 1
		}
		t.log(day, p, v, "credential-stuffing")
		day += r.ExpFloat64() * 0.02
	}
}

// simSwap has the victim's number moved to another phone: the password is set anew by message, then money is sent.
func (t *town) simSwap() {
	p, day := t.victim()
	r := t.rng
	v := login{device: t.fresh("D"), network: t.pick(t.carrier[p.country]), country: p.country, failed: r.IntN(3), typing: 120 + r.ExpFloat64()*120, duration: 60 + r.ExpFloat64()*200, password: 1}
	for range 1 + r.IntN(3) {
		if r.Float64() < 0.6 {
			v.payout, v.amount = r.IntN(2), p.amount*math.Exp(0.7+r.NormFloat64()*0.6)
		}
		t.log(day, p, v, "sim-swap")
		day += 0.005 + r.ExpFloat64()*0.05
		v.password, v.failed, v.amount, v.payout, v.email = 0, 0, 0, 0, r.IntN(2)
	}
}

// remoteAccess talks victims into letting a "helper" steer their own device.
func (t *town) remoteAccess() {
	p, day := t.victim()
	r := t.rng
	v := t.usual(p)
	v.device, v.network = p.devices[0], p.networks[0]
	v.duration, v.typing = 400+r.ExpFloat64()*900, p.typing*(1.2+r.Float64()*0.8)
	v.payout, v.amount = r.IntN(2), p.amount*math.Exp(1+r.NormFloat64()*0.6)
	t.log(math.Floor(day)+(9+r.Float64()*8)/24, p, v, "remote-access")
}

// sessionTheft goes on with a stolen session: nothing is typed and no try fails.
func (t *town) sessionTheft() {
	p, day := t.victim()
	r := t.rng
	v := login{device: t.fresh("D"), duration: 15 + r.ExpFloat64()*90}
	if r.Float64() < 0.4 { // the device's traits are stolen too
		v.device = p.devices[0]
	}
	v.network, v.country = t.elsewhere(p)
	for range 1 + r.IntN(2) {
		if r.Float64() < 0.7 {
			v.amount = p.amount * math.Exp(0.5+r.NormFloat64()*0.6)
		}
		v.email = r.IntN(2)
		t.log(day, p, v, "session-theft")
		day += r.ExpFloat64() * 0.1
	}
}

// phishing logs in with what the victim has just typed at a false page, and makes the account its own over hours.
func (t *town) phishing() {
	p, day := t.victim()
	r := t.rng
	v := login{device: t.fresh("D"), typing: 90 + r.ExpFloat64()*80, duration: 40 + r.ExpFloat64()*120}
	v.network, v.country = t.elsewhere(p)
	for i := range 2 + r.IntN(2) {
		v.phone, v.email, v.payout, v.amount = 0, 0, 0, 0
		if i == 0 {
			v.phone = r.IntN(2)
		} else {
			v.payout, v.amount = r.IntN(2), p.amount*math.Exp(0.6+r.NormFloat64()*0.6)
		}
		t.log(day, p, v, "phishing")
		day += 0.02 + r.ExpFloat64()*0.3
	}
}

// mule opens accounts, several with one device, through which money goes on soon after it comes in.
func (t *town) mule() {
	r := t.rng
	device, country := t.fresh("D"), t.pick(countries[:4])
	network := t.pick(append(t.carrier[country], t.fresh("N")))
	typing := 100 + r.ExpFloat64()*60
	for range 1 + r.IntN(4) {
		p := holder{name: t.fresh("U"), opened: t.days * (0.35 + 0.5*r.Float64())}
		day := p.opened
		for i := range 3 + r.IntN(3) {
			v := login{device: device, network: network, country: country, typing: typing * math.Exp(r.NormFloat64()*0.15), duration: 30 + r.ExpFloat64()*100}
			if i == 0 {
				v.payout, v.phone = 1, r.IntN(2)
			} else if r.Float64() < 0.6 {
				v.received = 200 + r.ExpFloat64()*900
				v.amount = v.received * (0.8 + 0.2*r.Float64())
			}
			t.log(day, &p, v, "mule-account")
			day += 0.3 + r.ExpFloat64()*1.5
		}
	}
}
