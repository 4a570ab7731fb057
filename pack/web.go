package pack

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling/dataset"
)

var web = Pack{
	Name: "web", Title: "Attacks by web requests", Area: "network",
	About:  "A record is a request: a line of Zeek's http.log, or of a table with a column uri. Found are injections, traversal, searches for what lies about, guessing of passwords and malware that reports, by what kinds of characters a request has and what a client asked for before.",
	Schema: "web", Learner: "vote",
	Example: Example{File: "http.log", Attack: "injection", Make: makeRequests},
	Judged: []Judged{{
		Name:   "requests",
		About:  "560 distinct requests of people's machines against Kovter, and against guessing of passwords, checks of proxies and relayed browsing through an infected device, 77 to 200 of each; a site is on one side. Times, clients and user agents are left out, since benign requests are of other captures than attacks, and what is left tells captures apart too: figures are likely too good. On its two test classes simple baselines are ahead of the vote. No injections or traversal are among them; 15 labelled attacks from outside, Simda's 21 distinct requests and the harvesting of one site's accounts are too few or too alike to judge",
		Folder: ".", Load: dataset.WebRequests, Benign: "benign", Apart: true,
		Development: []string{"guessing", "relayed"},
	}},
}

// request is a line of the example data.
type request struct {
	at                                   float64
	client, method, uri, referrer, agent string
	sent, status, got                    int
	label                                string
}

const shop = "shop.example"

// makeRequests simulates an afternoon of a small web shop: visitors go from page to page, and now and then somebody tries
// injections, steps out of folders, or looks for what lies about. Visitors mistype and write quotes and brackets too.
func makeRequests(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x776562))
	var log []request
	visitor := func(most int) request {
		return request{at: 4 * 3600 * rng.Float64(), client: fmt.Sprintf("198.51.100.%d", rng.IntN(most)), agent: agents[rng.IntN(len(agents))], label: "benign"}
	}
	for range 330 {
		r := visitor(200)
		page := ""
		for range 1 + rng.IntN(9) {
			r.at += 0.2 + 20*rng.ExpFloat64()*rng.Float64()
			r.method, r.sent, r.status, r.got = "GET", 0, 200, 500+rng.IntN(40000)
			r.uri = visit(rng)
			if r.referrer = page; strings.HasSuffix(r.uri, "login") && rng.IntN(2) == 0 {
				r.method, r.sent, r.status, r.got = "POST", 40+rng.IntN(60), 302, 0
			}
			switch rng.IntN(30) {
			case 0:
				r.status, r.got = 404, 350+rng.IntN(80)
			case 1, 2:
				r.status, r.got = 304, 0
			}
			page = "http://" + shop + r.uri
			log = append(log, r)
		}
	}
	for n := range 9 {
		r := visitor(256)
		for range 12 + rng.IntN(8) {
			r.at += 0.3 + 30*rng.ExpFloat64()*rng.Float64()
			r.method, r.status, r.got = "GET", []int{200, 200, 404, 403, 500}[rng.IntN(5)], 300+rng.IntN(9000)
			switch n % 3 {
			case 0:
				r.uri, r.label = injection(rng), "injection"
			case 1:
				r.uri, r.label = traversal(rng), "traversal"
			case 2:
				r.uri, r.label = search(rng), "search"
			}
			log = append(log, r)
		}
	}
	slices.SortFunc(log, func(a, b request) int { return cmp.Compare(a.at, b.at) })
	return httpLog(log), nil
}

// httpLog writes requests as Zeek does.
func httpLog(log []request) []byte {
	var out bytes.Buffer
	out.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n" +
		"#fields\tts\tid.orig_h\tid.resp_h\tmethod\thost\turi\treferrer\tuser_agent\trequest_body_len\tresponse_body_len\tstatus_code\tlabel\n" +
		"#types\ttime\taddr\taddr\tstring\tstring\tstring\tstring\tstring\tcount\tcount\tcount\tstring\n")
	for _, r := range log {
		fmt.Fprintf(&out, "%.3f\t%s\t192.0.2.80\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n",
			1.7e9+r.at, r.client, r.method, shop, r.uri, cmp.Or(r.referrer, "-"), cmp.Or(r.agent, "-"), r.sent, r.got, r.status, r.label)
	}
	return out.Bytes()
}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", "shop-app/3.2 (Android 14)", "", "curl/8.5.0", "python-requests/2.32",
}

// visit gives what somebody who buys asks for.
func visit(rng *rand.Rand) string {
	word := func() string { return oneOf(rng, dataset.Words...) }
	switch rng.IntN(9) {
	case 0:
		return "/" + oneOf(rng, "", "login", "cart", "about.html", "favicon.ico", "robots.txt")
	case 1, 2:
		return "/search?q=" + oneOf(rng, word(), word()+"+"+word(), word()+"%27s+"+word(), "%22"+word()+"+"+word()+"%22", word()+"+%28"+word()+"%29+%3C+"+strconv.Itoa(rng.IntN(90)), "c%C3%A9dre+%26+"+word())
	case 3, 4:
		return fmt.Sprintf("/static/%s-%06x.%s", word(), rng.Uint32()>>8, oneOf(rng, "css", "js", "png", "jpg", "woff2"))
	case 5:
		return fmt.Sprintf("/api/v1/items?category=%s&sort=%s&page=%d", word(), oneOf(rng, "price", "-price", "name"), rng.IntN(30))
	case 6:
		return fmt.Sprintf("/track?e=%s&u=%016x&r=http%%3A%%2F%%2F%s.example%%2F..%%2F%s", oneOf(rng, "view", "click"), rng.Uint64(), word(), word())
	}
	return fmt.Sprintf("/items/%s/%d-%s", word(), 1000+rng.IntN(9000), word())
}

// injection asks what no form of the shop would: conditions, unions, comments and scripts in a value, written in several ways.
func injection(rng *rand.Rand) string {
	word, n := oneOf(rng, dataset.Words...), rng.IntN(99)
	value := oneOf(rng,
		fmt.Sprintf("%d' or '%d'='%d", n, n, n), fmt.Sprintf("%s' union select %d,name from %ss-- ", word, n, word), fmt.Sprintf("%d) and sleep(%d)#", n, n%9),
		fmt.Sprintf("%s\"><script>alert(%d)</script>", word, n), fmt.Sprintf("%s;cat /etc/%s|head", word, word), fmt.Sprintf("%d and %d=%d", n, n, n+rng.IntN(2)), fmt.Sprintf("$(%s %d)", word, n))
	return oneOf(rng, "/search?q=", "/api/v1/items?sort=name&category=", "/items/"+word+"?id=") + escape(rng, value)
}

// escape writes a value as it may stand in a request: some escape all that they may, some what they must.
func escape(rng *rand.Rand, value string) string {
	all := rng.IntN(2) == 0
	var b strings.Builder
	for _, c := range []byte(value) {
		switch {
		case c == ' ':
			b.WriteString(oneOf(rng, "+", "%20"))
		case c <= ' ' || strings.IndexByte("\"<>#%|", c) >= 0 || all && strings.IndexByte("'();$=,/", c) >= 0:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// traversal steps out of the folder that it should stay in.
func traversal(rng *rand.Rand) string {
	up := strings.Repeat(oneOf(rng, "../", "..%2f", "%2e%2e/", "..\\", "%252e%252e%252f"), 2+rng.IntN(6))
	return oneOf(rng, "/static/", "/items/", "/track?e=view&r=", "/api/v1/items?category=") + up + oneOf(rng, "etc/", "var/log/", "app/", "") + oneOf(rng, dataset.Words...) + oneOf(rng, "", ".conf", ".log", ".ini")
}

// search tries paths that may be there.
func search(rng *rand.Rand) string {
	return "/" + oneOf(rng, "", "old/", "admin/", "backup/", "."+oneOf(rng, dataset.Words...)+"/") + oneOf(rng, dataset.Words...) + oneOf(rng, ".php", ".bak", ".sql", ".zip", "/", ".env", ".php~", "")
}
