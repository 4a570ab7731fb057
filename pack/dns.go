package pack

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling/dataset"
)

var dns = Pack{
	Name: "dns", Title: "Generated domains and tunnels, by DNS queries", Area: "network",
	About:  "A record is a query for a name: a line of Zeek's dns.log, or of a table with a column query. Found are domains that malware generates and tunnels that carry data in names, by how names are spelled, what was answered, and how many names of how many domains a client asks for.",
	Schema: "dns", Learner: "vote",
	Example: Example{File: "dns.csv", Attack: "generated", Make: makeQueries},
	Judged: []Judged{{
		Name:   "names",
		About:  "1,861 names: those that clients of two unlabelled Zeek logs asked for, and the domains these are below; against 257 names of real malware (Simda) and seven kinds of simulated campaigns, 360 names of each; a domain and a campaign are on one side. By names alone: times, clients and answers would tell the captures apart, so what the contract has of these is not judged here, and what is simulated is likely easier than what attackers do",
		Folder: ".", Load: dataset.DNSNames, Benign: "benign", Apart: true,
		Development: []string{"dga-letters", "dga-words", "dga-syllables", "tunnel-hex"},
	}},
}

// query is a line of the example data.
type query struct {
	at                                            float64
	client, name, kind, code, answers, ttl, label string
}

// makeQueries simulates an afternoon of an office: 40 clients look names up, in bursts as pages do; one asks for
// generated domains in search of its master, another carries data out below a domain. Two more of each are at it in the hour after.
func makeQueries(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x717565727973))
	const hours = 4
	var log []query
	sites := make([]string, 400)
	for i := range sites {
		sites[i] = siteName(rng)
	}
	for range 900 {
		client, at := clientName(rng), 3600*hours*rng.Float64()
		for range 1 + rng.IntN(5) {
			at += rng.ExpFloat64()
			log = append(log, benignQuery(rng, at, client, sites[int(float64(len(sites))*rng.Float64()*rng.Float64())]))
		}
	}
	for n := range 3 {
		client, at := clientName(rng), 3600*(0.5+float64(n))
		campaign := dataset.Campaigns[[]int{0, 2, 0}[n]].New(rng)
		for range 20 + rng.IntN(15) {
			at += 1 + 8*rng.ExpFloat64()
			q := query{at: at, client: client, name: campaign(rng), kind: "A", code: "NXDOMAIN", label: "generated"}
			if rng.IntN(8) == 0 {
				q.code, q.answers, q.ttl = "NOERROR", address(rng), "300"
			}
			log = append(log, q)
		}
		client, at = clientName(rng), 3600*(0.7+float64(n))
		campaign = dataset.Campaigns[5+n%2].New(rng)
		for range 25 + rng.IntN(20) {
			at += 0.2 + 15*rng.ExpFloat64()
			log = append(log, query{at: at, client: client, name: campaign(rng), kind: oneOf(rng, "TXT", "TXT", "A", "CNAME"), code: "NOERROR",
				answers: strings.Repeat("x", 5+rng.IntN(60)), ttl: oneOf(rng, "0", "5", "60"), label: "tunnel"})
		}
	}
	slices.SortFunc(log, func(a, b query) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"ts", "id.orig_h", "query", "qtype_name", "rcode_name", "answers", "TTLs", "label"}}
	for _, q := range log {
		rows = append(rows, []string{strconv.FormatFloat(1.7e9+q.at, 'f', 3, 64), q.client, q.name, q.kind, q.code, q.answers, q.ttl, q.label})
	}
	err := w.WriteAll(rows)
	return out.Bytes(), err
}

func clientName(rng *rand.Rand) string { return fmt.Sprintf("10.0.0.%d", 10+rng.IntN(40)) }

func address(rng *rand.Rand) string { return fmt.Sprintf("198.51.100.%d", rng.IntN(256)) }

// siteName gives a domain: words, or a brand that is none.
func siteName(rng *rand.Rand) string {
	word := func() string { return oneOf(rng, dataset.Words...) }
	name := ""
	switch rng.IntN(5) {
	case 0:
		name = word()
	case 1:
		name = word() + oneOf(rng, "", "-") + word()
	case 2: // a brand: two beginnings of words
		name = word()[:3] + word()[:3+rng.IntN(2)] + oneOf(rng, "", "o", "ly", "ify", "a")
	case 3: // an abbreviation
		for range 3 + rng.IntN(3) {
			name += string(rune('a' + rng.IntN(26)))
		}
	default:
		name = oneOf(rng, "my", "get", "the", "go", "e") + word() + oneOf(rng, "", "24", "365", "online", "app")
	}
	return name + "." + oneOf(rng, "com", "com", "com", "net", "org", "io", "de", "co.uk", "info")
}

// benignQuery asks for a host of a site, or for one of the things that machines ask for by themselves.
func benignQuery(rng *rand.Rand, at float64, client, site string) query {
	q := query{at: at, client: client, kind: oneOf(rng, "A", "A", "A", "AAAA", "HTTPS"), code: "NOERROR", answers: address(rng), ttl: strconv.Itoa(20 + rng.IntN(600)), label: "benign"}
	switch rng.IntN(24) {
	case 0:
		q.name, q.kind = fmt.Sprintf("%d.%d.0.10.in-addr.arpa", rng.IntN(256), rng.IntN(4)), "PTR"
		q.answers = ""
		q.code = oneOf(rng, "NOERROR", "NXDOMAIN")
	case 1: // a typing error, or a host that went away
		q.name, q.code, q.answers, q.ttl = siteName(rng), "NXDOMAIN", "", ""
	case 2, 3: // a name that a machine made for a network of copies, a cloud or a check of reputation
		q.name = fmt.Sprintf("%s%0*x.%s.%s", oneOf(rng, "", "d", "e", "elb-"), 6+rng.IntN(18), rng.Uint64()>>rng.IntN(40), oneOf(rng, "cdn", "edge", "us-east-1.elb", "clo", "sig"), site)
	case 4:
		q.name, q.kind, q.answers = oneOf(rng, "_ldap._tcp.dc._msdcs.", "_dmarc.", "_spf.", "selector1._domainkey.")+site, oneOf(rng, "SRV", "TXT"), strings.Repeat("v", 10+rng.IntN(120))
	case 5, 6, 7:
		q.name = site
	default:
		q.name = oneOf(rng, "www", "www", "api", "mail", "static", "img"+strconv.Itoa(rng.IntN(9)), "login", "cdn", "telemetry.services", "fonts") + "." + site
	}
	return q
}
