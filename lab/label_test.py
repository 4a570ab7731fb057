"""python3 -m unittest discover -s lab -p '*_test.py'"""
import json
import struct
import tempfile
import unittest

import attacks
import days
import label

A, B = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])


def frame(src, sport, dst, dport, tag, proto=6):
    ip = struct.pack(">BBHHHBBH", 0x45, tag << 2, 40, 1, 0, 64, proto, 0) + src + dst
    rest = struct.pack(">BB", sport, 0) if proto == 1 else struct.pack(">HH", sport, dport)
    return bytes(12) + b"\x08\x00" + ip + rest + bytes(16)


def truth(*packets):
    """Truth of a capture made of (time, frame) pairs."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for t, p in packets:
            f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e6), len(p), len(p)) + p)
        f.flush()
        return label.Truth(f.name)


class LabelTest(unittest.TestCase):
    scan, ssh = days.tag("scan-syn"), days.tag("guess-ssh")

    def ask(self, t, begin=100.0, end=101.0):
        return t.label(6, (A, 4000), (B, 22), begin, end)

    def test_kind(self):
        rows = [
            ("attack", [(100, frame(A, 4000, B, 22, self.ssh))], ("guess-ssh", "")),
            ("benign", [(100, frame(A, 4000, B, 22, days.BENIGN_TAG))], ("benign", "")),
            ("answer tagged, as in active FTP", [(100, frame(B, 22, A, 4000, self.ssh))], ("guess-ssh", "")),
            ("daemon's own errand", [(100, frame(A, 4000, B, 22, days.SERVER_TAG))], ("benign", "")),
            ("daemon only answers", [(100, frame(B, 22, A, 4000, days.SERVER_TAG))], (None, "reply")),
            ("daemon answers an attack", [(100, frame(A, 4000, B, 22, self.scan)),
                                          (100.1, frame(B, 22, A, 4000, days.SERVER_TAG))], ("scan-syn", "")),
            ("nobody", [(100, frame(A, 4000, B, 22, 0))], (None, "none")),
            ("other port", [(100, frame(A, 4001, B, 22, self.ssh))], (None, "none")),
            ("two kinds", [(100, frame(A, 4000, B, 22, self.ssh)), (100.5, frame(A, 4000, B, 22, 1))], (None, "both")),
            ("port used again later", [(100, frame(A, 4000, B, 22, self.ssh)), (160, frame(A, 4000, B, 22, 1))],
             ("guess-ssh", "")),
        ]
        for name, packets, want in rows:
            with self.subTest(name):
                self.assertEqual(self.ask(truth(*packets)), want)

    def test_icmp_counts_requests_only(self):
        t = truth((100, frame(A, 8, B, 0, self.scan, 1)), (100, frame(B, 3, A, 0, 1, 1)))
        self.assertEqual(t.label(1, (A, 8), (B, 8), 100, 100), ("scan-syn", ""))
        self.assertEqual(t.label(1, (B, 3), (A, 3), 100, 100), (None, "none"))


class EventsTest(unittest.TestCase):
    def test_claim(self):
        event = {"label": "guess-ssh", "start": 100, "end": 110, "src": ["10.0.0.1"], "dst": ["10.0.2.0/24"]}
        with tempfile.NamedTemporaryFile("w") as f:
            f.write(json.dumps(event) + "\n")
            f.flush()
            log = label.Events(f.name, {"hosts": {"dns": {"ips": []}}})
        rows = [("inside", "guess-ssh", 105, "10.0.0.1", "10.0.2.9", True),
                ("other way round", "guess-ssh", 105, "10.0.2.9", "10.0.0.1", True),
                ("too early", "guess-ssh", 99, "10.0.0.1", "10.0.2.9", False),
                ("too late", "guess-ssh", 114, "10.0.0.1", "10.0.2.9", False),
                ("other kind", "sweep", 105, "10.0.0.1", "10.0.2.9", False),
                ("other target", "guess-ssh", 105, "10.0.0.1", "10.0.3.9", False)]
        for name, kind, ts, src, dst, want in rows:
            with self.subTest(name):
                self.assertEqual(log.claim(kind, {"ts": str(ts), "id.orig_h": src, "id.resp_h": dst}), want)


class PlanTest(unittest.TestCase):
    def test_attacks_stay_in_the_lab(self):
        for day in days.DAYS:
            cfg = days.plan(day)
            for step in attacks.Plan(cfg, "/tmp").build():
                for dst in step.dst:
                    with self.subTest(f"{day} {step.kind} {dst}"):
                        self.assertIn(dst.split("/")[0].rsplit(".", 1)[0], cfg["nets"])

    def test_every_kind_in_every_day_but_the_skipped(self):
        for day in set(days.DAYS) - {"smoke"}:
            cfg = days.plan(day)
            made = {s.kind for s in attacks.Plan(cfg, "/tmp").build()}
            self.assertEqual(made, set(days.KINDS) - set(cfg["skip"]), day)

    def test_addresses_are_used_once(self):
        for day in days.DAYS:
            ips = [ip for h in days.plan(day)["hosts"].values() for ip in h["ips"]]
            self.assertEqual(len(ips), len(set(ips)), day)


if __name__ == "__main__":
    unittest.main()
