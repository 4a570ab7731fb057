package main

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// conversation is one made-up flow.
type conversation struct {
	kind              string // benign, or an attack's name
	ts, duration      float64
	from, to          [4]byte
	sport, port       int
	tcp               bool
	service           string // as Zeek has it
	sent, got         int    // payload
	sentPkts, gotPkts int
	state, history    string
}

// attacks are what is taught and hunted.
var attacks = []string{"beacon", "scan", "guess", "exfil", "tunnel"}

// a site makes up conversations: the same of the same seed. Five in a thousand are attacks where there are to be any.
type site struct {
	rng     *rand.Rand
	now     float64
	attacks bool
	n       int
	sources int // above 0: each conversation from another of so many sources
}

const perSecond = 500.

func newSite(seed uint64, attacks bool) *site {
	return &site{rng: rand.New(rand.NewPCG(seed, 0x72617465)), now: 1.75e9, attacks: attacks}
}

func (s *site) next() (c conversation) {
	s.now += s.rng.ExpFloat64() / perSecond
	s.n++
	c.ts, c.kind = s.now, "benign"
	host := int(2000 * math.Pow(s.rng.Float64(), 2)) // some talk much more than others
	c.from, c.sport = [4]byte{10, 1, byte(host >> 8), byte(host)}, 32768+s.rng.IntN(28000)
	if s.sources > 0 {
		i := s.n % s.sources
		c.from = [4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}
	}
	if s.attacks && s.n%200 == 0 {
		s.attack(&c, attacks[s.n/200%len(attacks)])
		return c
	}
	switch p := s.rng.Float64(); {
	case p < .45:
		s.udp(&c, [4]byte{10, 2, 0, byte(s.rng.IntN(3))}, 53, "dns", 30+s.rng.IntN(30), 60+s.rng.IntN(300))
	case p < .9:
		to := s.rng.IntN(4000)
		s.ssl(&c, [4]byte{93, 184, byte(to >> 8), byte(to)}, 600+s.size(900), s.size(20000))
	case p < .95:
		s.tcp(&c, [4]byte{10, 2, 1, byte(s.rng.IntN(20))}, 80, "http", 200+s.size(300), s.size(8000), .02+.2*s.rng.ExpFloat64())
	case p < .97:
		s.udp(&c, [4]byte{10, 2, 0, 9}, 123, "ntp", 48, 48)
	case p < .98:
		s.refused(&c, [4]byte{10, 2, 2, byte(s.rng.IntN(200))}, []int{80, 443, 8080}[s.rng.IntN(3)])
	default:
		s.tcp(&c, [4]byte{10, 2, 3, byte(s.rng.IntN(30))}, []int{22, 445, 3306}[s.rng.IntN(3)], "", s.size(4000), s.size(9000), 5*s.rng.ExpFloat64())
	}
	return c
}

func (s *site) size(mean float64) int { return int(mean * s.rng.ExpFloat64()) }

func (s *site) attack(c *conversation, kind string) {
	c.kind, c.from = kind, [4]byte{10, 1, 200, byte(s.rng.IntN(4))}
	switch kind {
	case "beacon":
		c.from[3] = 77
		s.ssl(c, [4]byte{45, 9, 9, 9}, 420, 310)
		c.duration = .4
	case "scan":
		s.refused(c, [4]byte{10, 2, byte(s.rng.IntN(4)), byte(s.rng.IntN(250))}, 1+s.rng.IntN(9000))
	case "guess":
		s.tcp(c, [4]byte{10, 2, 3, 1}, 22, "ssh", 1900+s.rng.IntN(100), 2300, 2)
	case "exfil":
		s.ssl(c, [4]byte{45, 8, 8, 8}, 4_000_000+s.size(2e6), 3000)
		c.duration = 30
	case "tunnel":
		s.udp(c, [4]byte{10, 2, 0, 1}, 53, "dns", 200+s.rng.IntN(50), 700+s.rng.IntN(200))
	}
}

func (s *site) udp(c *conversation, to [4]byte, port int, service string, sent, got int) {
	c.to, c.port, c.service, c.sent, c.got = to, port, service, sent, got
	c.sentPkts, c.gotPkts, c.state, c.history, c.duration = 1, 1, "SF", "Dd", .001+.02*s.rng.ExpFloat64()
}

func (s *site) ssl(c *conversation, to [4]byte, sent, got int) {
	s.tcp(c, to, 443, "ssl", sent, got, .05+3*s.rng.ExpFloat64())
}

func (s *site) tcp(c *conversation, to [4]byte, port int, service string, sent, got int, duration float64) {
	c.tcp, c.to, c.port, c.service, c.sent, c.got, c.duration = true, to, port, service, sent, got, duration
	c.sentPkts, c.gotPkts, c.state, c.history = 4+sent/1400, 3+got/1400, "SF", "ShADadFf"
}

func (s *site) refused(c *conversation, to [4]byte, port int) {
	c.tcp, c.to, c.port, c.state, c.history = true, to, port, "REJ", "Sr"
	c.sentPkts, c.gotPkts, c.duration = 1, 1, .0005
}

func (c *conversation) proto() string {
	if c.tcp {
		return "tcp"
	}
	return "udp"
}

func (c *conversation) header() int {
	if c.tcp {
		return 40
	}
	return 28
}

func dotted(a [4]byte) string { return fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3]) }
