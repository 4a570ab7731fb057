package feature

import "slices"

// The dns contract: what is learned of a query for a name. A name has two parts: its domain, which somebody registered, is
// the last label before the suffix, and what stands before it is below the domain. Never an input: names themselves,
// addresses, absolute time and round trips.

const (
	dnsName    = "dns"
	dnsVersion = 1
)

// Positions in a row.
const (
	dLength = iota
	dLabels
	dLongest
	dSuffix
	dDomain    // dnsSpelled of the domain's own label
	dBelow     = dDomain + dnsSpelled
	dType      = dBelow + dnsSpelled
	dCode      = dType + 1
	dAnswers   = dCode + 1
	dAnswerMax = dAnswers + 1
	dTTL       = dAnswerMax + 1
	dClient    = dTTL + 1 // queries by half-life; from here on over time
	dDomains   = dClient + halfLives
	dFailed    = dDomains + 2
	dPair      = dFailed + 2 // queries by half-life
	dNames     = dPair + halfLives
	dBytes     = dNames + 2
	dGap       = dBytes + 1
	dGapCV     = dGap + 1
	dnsWidth   = dGapCV + 1
)

// dnsSpelled is the columns of a part's spelling.
const dnsSpelled = 10

var (
	dnsSuffixes = []string{"none", "classic", "country", "newer", "local", "reverse"}
	dnsTypes    = []string{"none", "A", "AAAA", "CNAME", "PTR", "TXT", "MX", "NS", "SOA", "SRV", "NULL", "HTTPS", "*"}
	dnsCodes    = []string{"none", "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"}
	dnsTypeOf   = levelsOf(dnsTypes, map[string]string{"ANY": "*", "SVCB": "HTTPS", "SPF": "TXT", "-": "none", "": "none"})
	dnsCodeOf   = levelsOf(dnsCodes, map[string]string{"-": "none", "": "none"})
)

var dnsContract = makeDNS()

func makeDNS() *Contract {
	f := []Feature{
		{Name: "name.length", Unit: "characters", Doc: "of the whole name", Attacker: true},
		{Name: "name.labels", Unit: "labels", Doc: "parts between dots", Attacker: true},
		{Name: "name.longest", Unit: "characters", Doc: "longest label", Attacker: true},
		{Name: "suffix", Doc: "what kind of suffix the name has: com, net, org and the like are classic", Kind: Category, Levels: dnsSuffixes, Attacker: true},
	}
	for _, p := range [][2]string{{"domain", "the registered label, such as example in www.example.com"}, {"below", "what stands before the domain"}} {
		of := " of " + p[1]
		number := func(name, unit, doc string) {
			f = append(f, Feature{Name: p[0] + "." + name, Unit: unit, Doc: doc, Missing: name != "length", Attacker: true})
		}
		number("length", "characters", p[1])
		number("entropy", "bits", "Shannon entropy of the characters"+of)
		number("distinct", "%", "different characters against the length"+of)
		number("digits", "%", "digits"+of)
		number("vowels", "%", "vowels among the letters"+of)
		number("consonants", "letters", "longest run without a vowel"+of)
		number("changes", "times", "from letter to digit or back"+of)
		number("surprise", "bits", "a character under a model of common words' pairs of letters"+of)
		number("triples", "%", "runs of three characters that common words have"+of)
		number("odd", "%", "capitals and characters that are neither letter, digit nor hyphen"+of)
	}
	f = append(f,
		Feature{Name: "type", Doc: "type of record asked for", Kind: Category, Levels: dnsTypes, Attacker: true},
		Feature{Name: "code", Doc: "the answer's code; none where nothing was answered", Kind: Category, Levels: dnsCodes},
		Feature{Name: "answers", Unit: "records", Doc: "in the answer", Missing: true},
		Feature{Name: "answer.longest", Unit: "characters", Doc: "longest record in the answer", Missing: true},
		Feature{Name: "ttl", Unit: "s", Doc: "shortest time that the answer may be kept", Missing: true},
	)
	late := func(name, unit, doc string) {
		f = append(f, Feature{Name: name, Unit: unit, Doc: doc + "; missing where time or client are", Missing: true, OverTime: true, Attacker: true})
	}
	span := []string{"10s", "2m", "20m"}
	counts := func(name, doc string) {
		for _, s := range span {
			late(name+"_"+s, "queries", doc+", damped")
		}
	}
	counts("client.queries", "queries of this client")
	late("client.domains_2m", "domains", "different domains this client asked for")
	late("client.domains_20m", "domains", "different domains this client asked for")
	late("client.failed_2m", "%", "this client's queries that no such name or an error answered")
	late("client.failed_20m", "%", "this client's queries that no such name or an error answered")
	counts("pair.queries", "queries of this client below this domain")
	late("pair.names_2m", "names", "different names this client asked for below this domain")
	late("pair.names_20m", "names", "different names this client asked for below this domain")
	late("pair.below_2m", "characters", "damped sum of what stood before this domain")
	late("pair.gap", "s", "since this client's query before below this domain; missing for the first")
	late("pair.gap_cv", "%", "standard deviation of these gaps against their mean; missing before the third query")
	return &Contract{Name: dnsName, Version: dnsVersion, Features: slices.Clip(f)}
}

func (s *spelling) writeDNS(dst []float64) {
	copy(dst, []float64{s.length, s.entropy, s.distinct, s.digits, s.vowels, s.consonants, s.changes, s.surprise, s.triples, s.odd + s.upper})
}
