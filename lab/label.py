#!/usr/bin/env python3
"""Gives every record of a conn log the label of the process that made it.

  label.py DAY...     out/DAY/conn.log + out/DAY/capture.pcap -> conn/DAY.conn.log.gz
  label.py table      rewrite the tables of README.md from conn/

The capture carries the truth: the DSCP field of each packet holds the tag of
the process that sent it (net.py). A record takes the one tag that its packets
carry within its time. A record with no tagged packet, or with two kinds, is
dropped and counted: no label is ever guessed. An attack must also be in the log
that the runner kept of its commands.
"""
import collections
import gzip
import io
import ipaddress
import json
import struct
import sys
from pathlib import Path

import days

HERE = Path(__file__).resolve().parent
OUT, CONN, README = HERE / "out", HERE / "conn", HERE / "README.md"
SLACK = 0.002  # seconds; conn logs round
LATE = 3  # seconds that a killed tool's last packets may come after its end
REASONS = {"log": "no event in the attack log", "none": "no tagged packet", "both": "packets of two kinds", "reply": "server packets only",
           "icmp": "ICMP errors, which no process sends"}


def packets(path):
    """(time, protocol, source, destination, DSCP) of each IPv4 packet; the
    ends are (address, port), for ICMP (address, type)."""
    with open(path, "rb") as f:
        magic = f.read(24)[:4]
        if magic != b"\xd4\xc3\xb2\xa1":
            raise ValueError(f"{path}: not a little-endian microsecond pcap")
        while head := f.read(16):
            sec, usec, size, _ = struct.unpack("<IIII", head)
            p = f.read(size)
            if size < 34 or p[12:14] != b"\x08\x00":
                continue
            proto, at = p[23], 14 + 4 * (p[14] & 15)
            if len(p) < at + 4 or struct.unpack_from(">H", p, 20)[0] & 0x1FFF:
                continue  # later fragments have no ports
            if proto in (6, 17):
                sport, dport = struct.unpack_from(">HH", p, at)
            else:
                sport = dport = p[at]
            yield sec + usec / 1e6, proto, (p[26:30], sport), (p[30:34], dport), p[15] >> 2


class Truth:
    """Who sent what when: for each pair of ends, spans of (from, to, tag, sender)."""

    def __init__(self, path):
        self.spans = collections.defaultdict(list)
        for t, proto, src, dst, tag in packets(path):
            if tag == 0 or (proto == 1 and src[1] not in (8, 13)):
                continue
            spans = self.spans[(proto, min(src, dst), max(src, dst))]
            for s in reversed(spans[-3:]):
                if s[2] == tag and s[3] == src and t - s[1] < 1:
                    s[1] = t
                    break
            else:
                spans.append([t, t, tag, src])

    def label(self, proto, src, dst, begin, end):
        """(label, "") or (None, reason)."""
        spans = [s for s in self.spans.get((proto, min(src, dst), max(src, dst)), ())
                 if s[0] <= end + SLACK and s[1] >= begin - SLACK]
        tags = {s[2] for s in spans}
        strong = tags - {days.SERVER_TAG}
        if len(strong) > 1:
            return None, "both"
        if strong:
            t = strong.pop()
            return ("benign" if t == days.BENIGN_TAG else days.KINDS[t - days.FIRST_TAG]), ""
        if any(s[3] == src for s in spans):
            return "benign", ""  # a daemon's own errand, such as a resolver's question
        return None, "reply" if tags else "none"


class Events:
    """The attack log as a second witness: which command ran when, from whom at whom."""

    def __init__(self, path, cfg):
        self.resolver = cfg["hosts"]["dns"]["ips"]
        self.by_kind = collections.defaultdict(list)
        for line in open(path):
            e = json.loads(line)
            e["nets"] = [ipaddress.ip_network(d) for d in e["dst"]]
            self.by_kind[e["label"]].append(e)

    def claim(self, kind, r):
        """Whether an event of the kind covers the record, in either direction."""
        t, src, dst = float(r["ts"]), r["id.orig_h"], r["id.resp_h"]
        for e in self.by_kind[kind]:
            if not e["start"] - SLACK <= t <= e["end"] + LATE:
                continue
            for a, b in ((src, dst), (dst, src)):
                if a in e["src"] and any(ipaddress.ip_address(b) in n for n in e["nets"]):
                    return True
            if kind == "tunnel-dns" and src in self.resolver:
                return True
        return False


def ends(r):
    """Protocol and the two ends of a record, as Truth keys them."""
    proto = {"tcp": 6, "udp": 17, "icmp": 1}[r["proto"]]
    a, b = (bytes(map(int, r[k].split("."))) for k in ("id.orig_h", "id.resp_h"))
    if proto == 1:
        return proto, (a, int(r["id.orig_p"])), (b, int(r["id.orig_p"]))
    return proto, (a, int(r["id.orig_p"])), (b, int(r["id.resp_p"]))


def label(day):
    truth = Truth(OUT / day / "capture.pcap")
    cfg = days.plan(day)
    events = Events(OUT / day / "events.jsonl", cfg)
    inside = {cfg["lan"], cfg["srv"]}  # the site's own networks, as networks.cfg would name them to Zeek
    counts, dropped, out, fields = collections.Counter(), collections.Counter(), [], []
    for line in open(OUT / day / "conn.log"):
        line = line.rstrip("\n")
        if line.startswith("#"):
            if line.startswith("#fields"):
                fields = line.split("\t")[1:]
                line += "\tlabel"
            elif line.startswith("#types"):
                line += "\tstring"
            if not line.startswith(("#open", "#close")):
                out.append(line)
            continue
        cells = line.split("\t")
        r = dict(zip(fields, cells))
        proto, src, dst = ends(r)
        begin = float(r["ts"])
        end = begin + (float(r["duration"]) if r["duration"] != "-" else 0)
        kind, why = truth.label(proto, src, dst, begin, end)
        if r["proto"] == "icmp" and r["id.orig_p"] not in ("8", "13"):
            kind, why = None, "icmp"
        if kind not in (None, "benign") and not events.claim(kind, r):
            kind, why = None, "log"
        if kind is None:
            dropped[why] += 1
            continue
        counts[kind] += 1
        for side, local in (("id.orig_h", "local_orig"), ("id.resp_h", "local_resp")):
            if local in fields:
                cells[fields.index(local)] = "T" if r[side].rsplit(".", 1)[0] in inside else "F"
        if "uid" in fields:  # short and plain: the random ones do not compress
            cells[fields.index("uid")] = f"C{sum(counts.values())}"
        out.append("\t".join(cells) + "\t" + kind)
    write(day, "\n".join(out) + "\n")
    (CONN / f"{day}.dropped.json").write_text(json.dumps(dict(sorted(dropped.items()))) + "\n")
    print(day, dict(counts), "dropped", dict(dropped))


def write(day, text):
    """gzip with no name and no time, so that the same log gives the same file."""
    CONN.mkdir(exist_ok=True)
    buf = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buf, compresslevel=9, mtime=0) as g:
        g.write(text.encode())
    (CONN / f"{day}.conn.log.gz").write_bytes(buf.getvalue())


def table():
    """Records by label and day, and what was dropped, as two Markdown tables."""
    names = sorted(p.name.split(".")[0] for p in CONN.glob("*.conn.log.gz"))
    counts = {d: collections.Counter(line.rstrip("\n").rsplit("\t", 1)[1]
                                     for line in gzip.open(CONN / f"{d}.conn.log.gz", "rt") if line[0] != "#")
              for d in names}
    drops = {d: json.loads((CONN / f"{d}.dropped.json").read_text()) for d in names}
    return (rows("label", names, ["benign"] + days.KINDS, counts) + "\n"
            + rows("dropped", names, list(REASONS), drops, REASONS))


def rows(head, names, keys, counts, titles={}):
    out = [f"| {head} | " + " | ".join(names) + " | all |", "|---|" + "---:|" * (len(names) + 1)]
    for k in keys:
        n = [counts[d].get(k, 0) for d in names]
        out.append(f"| {titles.get(k, k)} | " + " | ".join(map(str, n)) + f" | {sum(n)} |")
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for day in [a for a in sys.argv[1:] if a != "table"]:
        label(day)
    begin, end = "<!-- table -->\n", "<!-- /table -->"
    text = README.read_text()
    head, rest = text.split(begin)
    README.write_text(head + begin + table() + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
