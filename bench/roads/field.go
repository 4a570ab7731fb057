package main

import (
	"fmt"
	"math"

	"github.com/inkling-sec/inkling"
)

// A flow is a record of conn.log by the names of its fields; a field that a log lacks is absent, an unset one nil.
type flow map[string]any

// fields are those compared, in order.
var fields = []string{"direction", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes", "orig_bytes", "resp_bytes", "conn_state", "history", "duration", "missed_bytes", "service"}

func flowOf(r *inkling.Record) flow {
	f := flow{}
	for i, d := range r.Schema.Fields {
		switch {
		case d.Kind == inkling.Text && r.Text[i] != nil:
			f[d.Name] = string(r.Text[i])
		case d.Kind != inkling.Text && !math.IsNaN(r.Num[i]):
			f[d.Name] = r.Num[i]
		default:
			f[d.Name] = nil
		}
	}
	return f
}

// A tolerance says how far numbers of a field may lie apart and still agree.
type tolerance struct {
	absolute, relative float64
	packet             float64 // as much for each packet that the side sent
	letters            bool    // of a history only which there are, of those that flags tell
}

func (t tolerance) agree(a, b any, packets float64) bool {
	x, isNumber := a.(float64)
	y, isNumber2 := b.(float64)
	if isNumber && isNumber2 {
		return math.Abs(x-y) <= (t.absolute+t.relative*math.Abs(y)+t.packet*packets)*(1+1e-6)
	}
	return a == b
}

// turned gives the flow as seen with the roles of its ends exchanged.
func (f flow) turned() flow {
	g := flow{}
	for name, v := range f {
		g[name] = v
	}
	for _, p := range pairs {
		g[p[0]], g[p[1]] = f[p[1]], f[p[0]]
	}
	return g
}

var pairs = [][2]string{{"id.orig_h", "id.resp_h"}, {"id.orig_p", "id.resp_p"}, {"orig_pkts", "resp_pkts"}, {"orig_ip_bytes", "resp_ip_bytes"}, {"orig_bytes", "resp_bytes"}}

// ends names a flow's protocol and endpoints, the same in both directions.
func (f flow) ends() string {
	a, b := fmt.Sprint(f["id.orig_h"], " ", f["id.orig_p"]), fmt.Sprint(f["id.resp_h"], " ", f["id.resp_p"])
	if f["proto"] == "icmp" { // types and codes are no endpoints
		a, b = fmt.Sprint(f["id.orig_h"]), fmt.Sprint(f["id.resp_h"])
	}
	if b < a {
		a, b = b, a
	}
	return fmt.Sprint(f["proto"], " ", a, " ", b)
}

func (f flow) sameDirection(g flow) bool {
	return f["id.orig_h"] == g["id.orig_h"] && f["id.orig_p"] == g["id.orig_p"] && f["id.resp_h"] == g["id.resp_h"] && f["id.resp_p"] == g["id.resp_p"]
}

func (f flow) String() string {
	return fmt.Sprint(f["proto"], " ", f["id.orig_h"], ":", f["id.orig_p"], " > ", f["id.resp_h"], ":", f["id.resp_p"])
}
