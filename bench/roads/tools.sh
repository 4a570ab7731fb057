#!/bin/sh
# What Argus and Suricata make of captures, for "roads compare": in OUT a folder for each capture that is found in DIR,
# with a link to it, argus.binetflow and eve.json. Debian has the tools: argus-server, argus-client, suricata (backports).
#
#   bench/roads/tools.sh DIR OUT && go run ./bench/roads compare OUT argus.binetflow
set -eu
export TZ=UTC
[ $# = 2 ] || { echo "usage: $0 DIR OUT" >&2; exit 2; }
find "$(realpath "$1")" -type f \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' \) | sort | while read -r capture; do
	to="$2/$(echo "${capture#"$(realpath "$1")"/}" | tr / _)"
	mkdir -p "$to"
	ln -sf "$capture" "$to/capture"
	# One record a flow, as with status reports an hour apart. Some captures these tools cannot read: they leave no file.
	[ -e "$to/argus.binetflow" ] || argus -X -S 3600 -r "$capture" -w - 2>/dev/null |
		ra -r - -n -u -Z b -c , -p 6 -s stime dur proto saddr sport dir daddr dport state pkts bytes sbytes spkts >"$to/argus.binetflow" 2>/dev/null || true
	[ -e "$to/eve.json" ] || suricata -r "$capture" -l "$to" -k none --runmode single >/dev/null 2>&1 || true
done
