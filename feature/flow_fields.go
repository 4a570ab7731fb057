package feature

import "strings"

// fieldsOf gives the fields of a record that a feature of flows is made of; those of the flows before count as well where it is
// over time.
func fieldsOf(name string) []string {
	for _, f := range flowFrom {
		if name == f.feature || strings.HasSuffix(f.feature, "*") && strings.HasPrefix(name, strings.TrimSuffix(f.feature, "*")) {
			return strings.Fields(f.fields)
		}
	}
	return nil
}

// flowFrom is that, the first that matches; a star stands for any ending.
var flowFrom = []struct{ feature, fields string }{
	{"duration", "duration"},
	{"orig.bytes", "orig_bytes"},
	{"resp.bytes", "resp_bytes"},
	{"orig.pkts", "orig_pkts"},
	{"resp.pkts", "resp_pkts"},
	{"orig.mean_pkt", "orig_ip_bytes orig_bytes orig_pkts"},
	{"resp.mean_pkt", "resp_ip_bytes resp_bytes resp_pkts"},
	{"asymmetry", fromSizes},
	{"bytes_rate", "duration " + fromSizes},
	{"pkts_rate", "duration orig_pkts resp_pkts"},
	{"missed_bytes", "missed_bytes"},
	{"proto", "proto"},
	{"service", "service"},
	{"conn_state", "conn_state"},
	{"port", "id.resp_p proto"},
	{"history.*", "history"},

	{"src.flows_*", "id.orig_h " + fromTime},
	{"src.hosts_*", "id.orig_h id.resp_h " + fromTime},
	{"src.ports_*", "id.orig_h " + fromPort + fromTime},
	{"src.failed_*", "id.orig_h " + fromOutcome + fromTime},
	{"src.orig_bytes_*", "id.orig_h orig_bytes " + fromTime},
	{"src.resp_bytes_*", "id.orig_h resp_bytes " + fromTime},
	{"dst.flows_*", "id.resp_h " + fromTime},
	{"dst.sources_*", "id.resp_h id.orig_h " + fromTime},
	{"dst.ports_*", "id.resp_h " + fromPort + fromTime},
	{"dst.failed_*", "id.resp_h " + fromOutcome + fromTime},
	{"pair.flows_*", fromPair + fromTime},
	{"pair.ports_*", fromPair + fromPort + fromTime},
	{"pair.orig_bytes_*", fromPair + "orig_bytes " + fromTime},
	{"pair.resp_bytes_*", fromPair + "resp_bytes " + fromTime},
	{"pair_port.flows_*", fromPair + fromPort + fromTime},
	{"pair_port.failed_*", fromPair + fromPort + fromOutcome + fromTime},
	{"pair_port.orig_bytes_*", fromPair + fromPort + "orig_bytes " + fromTime},
	{"pair_port.resp_bytes_*", fromPair + fromPort + "resp_bytes " + fromTime},
	{"pair_port.gap*", fromPair + fromPort + "ts"},
	{"pair_port.size_*", fromPair + fromPort + fromSizes},
}

const (
	fromTime    = "ts duration"
	fromPair    = "id.orig_h id.resp_h "
	fromPort    = "id.resp_p proto "
	fromOutcome = "conn_state orig_bytes resp_bytes "
	fromSizes   = "orig_ip_bytes resp_ip_bytes orig_bytes resp_bytes" // payload where the others are missing
)
