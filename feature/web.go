package feature

import "slices"

// The web contract: what is learned of a web request. Attacks are told by what kinds of characters a request has once it is
// decoded, not by lists of known ones. Never an input: hosts' names, addresses, absolute time, and texts themselves.

const (
	webName    = "web"
	webVersion = 1
)

// Positions in a row.
const (
	wMethod = iota
	wHost
	wReferrer
	wKind
	wStatus
	wLength
	wPathLength
	wPathDepth
	wPathLongest
	wPath             // webSpelled of the path
	wQueryLength      = wPath + webSpelled
	wQueryParams      = wQueryLength + 1
	wQueryLongest     = wQueryParams + 1
	wQuery            = wQueryLongest + 1 // webSpelled of the query
	wEncoded          = wQuery + webSpelled
	wTwiceEncoded     = wEncoded + 1
	wUnprintable      = wTwiceEncoded + 1
	wMarks            = wUnprintable + 1 // counts by webMarks
	wComparison       = wMarks + 4       // signs of equality among webMarkSets
	wTraversal        = wMarks + webMarks
	wAgentLength      = wTraversal + 1
	wAgentTokens      = wAgentLength + 1
	wAgentDigits      = wAgentTokens + 1
	wAgentKind        = wAgentDigits + 1
	wRequestBody      = wAgentKind + 1
	wResponseBody     = wRequestBody + 1
	wClient           = wResponseBody + 1 // requests by half-life; from here on over time
	wClientPaths      = wClient + halfLives
	wClientHosts      = wClientPaths + 2
	wClientAgents     = wClientHosts + 2
	wClientErrors     = wClientAgents + 1
	wClientBody       = wClientErrors + 2
	wPair             = wClientBody + 1 // requests by half-life
	wPairPaths        = wPair + halfLives
	wPairErrors       = wPairPaths + 2
	wPairRequestBody  = wPairErrors + 1
	wPairResponseBody = wPairRequestBody + 1
	wPairGap          = wPairResponseBody + 1
	wPairGapCV        = wPairGap + 1
	webWidth          = wPairGapCV + 1
)

// webSpelled is the columns of a part's spelling.
const webSpelled = 6

// webMarkSets are kinds of characters that have a meaning to what is behind a server, by name.
var webMarkSets = [webMarks]struct{ name, set, doc string }{
	{"quotes", "'\"`", "quotes"},
	{"brackets", "()[]{}", "brackets"},
	{"angles", "<>", "angle brackets"},
	{"shell", ";|$\\^~", "characters that mean something to a shell"},
	{"comparison", "=!", "signs of equality, but for the one behind a parameter's name"},
	{"comment", "#*", "characters that begin comments or stand for anything"},
	{"spaces", " +\t\r\n", "spaces and ends of lines"},
	{"colons", ":@,", "colons, commas and at-signs"},
}

const webMarks = 8

var (
	webMethods    = []string{"none", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE"}
	webHosts      = []string{"none", "name", "address"}
	webReferrers  = []string{"none", "same", "other"}
	webKinds      = []string{"none", "program", "page", "code", "picture", "archive", "other"}
	webStatuses   = []string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}
	webAgents     = []string{"none", "browser", "other"}
	webMethodOf   = levelsOf(webMethods, map[string]string{"-": "none", "": "none"})
	webKindOf     = levelsOf(webKinds, extensions)
	webContract   = makeWeb()
	webSpelledDoc = [webSpelled][3]string{
		{"entropy", "bits", "Shannon entropy of the characters"},
		{"digits", "%", "digits"},
		{"upper", "%", "capitals"},
		{"vowels", "%", "vowels among the letters"},
		{"surprise", "bits", "a character under a model of common words' pairs of letters"},
		{"triples", "%", "runs of three characters that common words have"},
	}
)

// extensions are what the ends of paths stand for.
var extensions = map[string]string{
	"php": "program", "asp": "program", "aspx": "program", "jsp": "program", "do": "program", "cgi": "program", "pl": "program", "action": "program",
	"html": "page", "htm": "page", "txt": "page", "xml": "page", "json": "page", "pdf": "page", "rss": "page",
	"js": "code", "css": "code", "map": "code", "woff": "code", "woff2": "code", "ttf": "code",
	"png": "picture", "jpg": "picture", "jpeg": "picture", "gif": "picture", "ico": "picture", "svg": "picture", "webp": "picture", "mp4": "picture",
	"zip": "archive", "gz": "archive", "exe": "archive", "dll": "archive", "cab": "archive", "msi": "archive", "sh": "archive", "bin": "archive", "bak": "archive", "sql": "archive", "tar": "archive",
}

func makeWeb() *Contract {
	var f []Feature
	category := func(name, doc string, levels []string) {
		f = append(f, Feature{Name: name, Doc: doc, Kind: Category, Levels: levels, Attacker: name != "status"})
	}
	number := func(name, unit, doc string) *Feature {
		f = append(f, Feature{Name: name, Unit: unit, Doc: doc, Attacker: true})
		return &f[len(f)-1]
	}
	spelled := func(part string) {
		for _, d := range webSpelledDoc {
			number(part+"."+d[0], d[1], d[2]+" of the "+part).Missing = true
		}
	}
	category("method", "of the request; none where there was an answer only", webMethods)
	category("host", "whether the server is asked for by a name or by an address", webHosts)
	category("referrer", "whether the page before was of the same host", webReferrers)
	category("kind", "what the end of the path stands for", webKinds)
	category("status", "class of the answer's status", webStatuses)
	number("uri.length", "characters", "path and query")
	number("path.length", "characters", "up to the question mark")
	number("path.depth", "parts", "between slashes")
	number("path.longest", "characters", "longest part between slashes")
	spelled("path")
	number("query.length", "characters", "behind the question mark")
	number("query.params", "parameters", "parts of the query")
	number("query.longest", "characters", "longest value of a parameter")
	spelled("query")
	number("encoded", "times", "characters written with a percent sign")
	number("encoded_twice", "times", "percent signs that were themselves so written")
	number("unprintable", "times", "bytes that are no ASCII text, once decoded")
	for _, m := range webMarkSets {
		number(m.name, "times", m.doc+", once decoded")
	}
	number("traversal", "times", "steps upward in the path or query, once decoded")
	number("agent.length", "characters", "user agent")
	number("agent.tokens", "words", "of the user agent")
	number("agent.digits", "%", "digits of the user agent").Missing = true
	category("agent", "whether the user agent calls itself a browser", webAgents)
	number("request_body", "bytes", "sent with the request").Missing = true
	body := number("response_body", "bytes", "of the answer")
	body.Missing, body.Attacker = true, false
	webOverTime(func(name, unit, doc string) {
		f = append(f, Feature{Name: name, Unit: unit, Doc: doc + "; missing where time or client are", Missing: true, OverTime: true, Attacker: true})
	})
	return &Contract{Name: webName, Version: webVersion, Features: slices.Clip(f)}
}

// webOverTime names what the requests before tell of this client, and of it and this host.
func webOverTime(late func(name, unit, doc string)) {
	counts := func(name, doc string) {
		for _, s := range []string{"10s", "2m", "20m"} {
			late(name+"_"+s, "requests", doc+", damped")
		}
	}
	counts("client.requests", "requests of this client")
	late("client.paths_2m", "paths", "different paths of hosts this client asked for")
	late("client.paths_20m", "paths", "different paths of hosts this client asked for")
	late("client.hosts_2m", "hosts", "different hosts this client asked")
	late("client.hosts_20m", "hosts", "different hosts this client asked")
	late("client.agents_20m", "user agents", "different user agents this client told")
	late("client.errors_2m", "%", "this client's requests with a status of 400 or more, or no answer")
	late("client.errors_20m", "%", "this client's requests with a status of 400 or more, or no answer")
	late("client.response_2m", "bytes", "mean answer to this client")
	counts("pair.requests", "requests of this client to this host")
	late("pair.paths_2m", "paths", "different paths of this host this client asked for")
	late("pair.paths_20m", "paths", "different paths of this host this client asked for")
	late("pair.errors_2m", "%", "this client's requests to this host with a status of 400 or more, or no answer")
	late("pair.request_20m", "bytes", "damped sum of what this client sent to this host")
	late("pair.response_20m", "bytes", "damped sum of what this client got from this host")
	late("pair.gap", "s", "since this client's request before to this host; missing for the first")
	late("pair.gap_cv", "%", "standard deviation of these gaps against their mean; missing before the third request")
}
