package feature

import (
	"math"
	"testing"
)

func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a%20b": "a b", "%2e%2E/": "../", "%252e": ".", "%": "%", "%4": "%4", "%zz%41": "%zzA", "%25": "%", "%2525": "%",
	} {
		if got := decode([]byte("x"), []byte(in)); string(got) != "x"+want {
			t.Errorf("%s: %q, want %q", in, got[1:], want)
		}
	}
}

func TestWebByHand(t *testing.T) {
	s, _ := csvRows("uri,method,host,referrer,user_agent,id.orig_h,id.resp_h,ts,status_code,request_body_len,response_body_len")
	nan := math.NaN()
	x := newWeb()
	var row map[string]float64
	for i, values := range [][]string{
		{"/a/%2e%2e/bc.PHP?id=1%27--&q=%2500", "post", "192.0.2.7:80", "http://192.0.2.7:80/x", "Mozilla/5.0 (X)", "c", "s", "100", "200", "7", "50"},
		{"/a", "GET", "name.example", "http://elsewhere.example/", "curl/8", "c", "s", "130", "404", "-", "10"},
		{"/b", "BREW", "name.example", "", "", "c", "s", "160", "-", "", ""},
		{"", "", "", "", "", "c", "s", "190", "408", "", ""},
	} {
		row = rowOf(t, x, texts(s, values...))
		wants(t, values[0], row, []map[string]float64{{
			"method": 2, "host": 2, "referrer": 1, "kind": 1, "status": 2, "uri.length": 34, "path.length": 16, "path.depth": 3, "path.longest": 6, "path.digits": 0,
			"query.length": 17, "query.params": 2, "query.longest": 6, "encoded": 4, "encoded_twice": 1, "unprintable": 1, "quotes": 1, "comparison": 0, "traversal": 1, "agent": 1,
			"agent.length": 15, "agent.tokens": 2, "agent.digits": 200. / 15, "request_body": 7, "response_body": 50, "client.requests_2m": 1, "pair.gap": nan,
		}, {
			"method": 1, "host": 1, "referrer": 2, "kind": 0, "status": 4, "query.length": 0, "query.entropy": nan, "agent": 2, "request_body": nan,
			"client.requests_2m": 1 + math.Exp2(-0.25), "client.errors_2m": 100 / (1 + math.Exp2(-0.25)), "client.response_2m": (10 + 50*math.Exp2(-0.25)) / (1 + math.Exp2(-0.25)), "pair.requests_2m": 1, "pair.errors_2m": 100, "pair.response_20m": 10,
		}, {
			"method": -1, "referrer": 0, "status": 0, "agent": 0, "agent.digits": nan, "pair.requests_2m": 1 + math.Exp2(-0.25), "pair.gap": 30, "pair.gap_cv": nan, "pair.errors_2m": 100,
		}, {
			"method": 0, "host": 0, "path.length": 0, "path.entropy": nan, "status": 4, "pair.requests_2m": 1,
		}}[i])
	}
	for name, want := range map[string]float64{"client.hosts_20m": 3, "client.paths_20m": 4, "client.agents_20m": 3, "pair.paths_20m": 1} {
		if got := row[name]; got < 0.8*want || got > 1.05*want { // what is older has faded a little
			t.Errorf("%s = %v, want about %v", name, got, want)
		}
	}
}

// A uri alone will do.
func TestWebNeedsAURIAlone(t *testing.T) {
	_, rows := csvRows("uri", "/x?y=1")
	nan := math.NaN()
	wants(t, "/x?y=1", rowOf(t, newWeb(), &rows[0]), map[string]float64{"method": 0, "status": 0, "query.longest": 1, "response_body": nan, "client.requests_2m": nan, "pair.gap_cv": nan})
}
