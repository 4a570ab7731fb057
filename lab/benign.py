"""Ordinary behaviour of one host, as threads that live until a given time.

  benign.py CFG_JSON HOST END_UNIX_TIME

What a host does follows from its role: see ROLES at the end. People pause for
heavy-tailed times; machines keep their period. Several habits are here to be
mistaken for attacks: regular pollers, bulk backups, mistyped passwords, an
inventory scan, look-ups of long random names, calls to hosts that are down.
"""
import json
import random
import sys
import threading
import time

import clients
from clients import Client


def human(rng, mean, cap=40):
    """A pause of a person: mostly short, now and then very long."""
    return min(cap, rng.paretovariate(1.4) * mean * 0.3)


class Host:
    def __init__(self, cfg, name, end):
        self.cfg, self.name, self.end = cfg, name, end
        self.seed = f"{cfg['seed']}-{name}"
        self.log = open(f"{cfg['run']}/benign-{name}.jsonl", "a", buffering=1)
        self.lock = threading.Lock()

    def note(self, what, start, ok):
        with self.lock:
            self.log.write(json.dumps({"start": round(start, 3), "end": round(time.time(), 3), "actor": self.name,
                                       "label": "benign", "what": what, "ok": ok}) + "\n")

    def worker(self, i, act, gap, regular):
        rng = random.Random(f"{self.seed}-{i}-{act}")
        client = Client(self.cfg, self.name, rng)
        rate = self.cfg["rate"]
        time.sleep(rng.uniform(0, min(gap, 15)))
        while time.time() < self.end:
            start = time.time()
            try:
                getattr(client, act)()
                ok = True
            except Exception as err:  # a failed call is traffic too; the log keeps its reason
                ok = repr(err)[:80]
            self.note(act, start, ok)
            if regular:
                pause = max(0.05, start + gap * (1 + rng.gauss(0, 0.01)) - time.time())
            else:
                pause = human(rng, gap / rate, cap=gap * 8)
            time.sleep(max(0, min(pause, self.end - time.time())))

    def run(self, acts):
        for i, (act, gap, regular) in enumerate(acts):
            threading.Thread(target=self.worker, args=(i, act, gap, regular), daemon=True).start()
        while time.time() < self.end:
            time.sleep(0.5)


# role -> (habit, seconds between two of it, True where a machine keeps the time)
ROLES = {
    "workstation": [
        ("browse", 9, False), ("browse", 14, False), ("intranet", 16, False), ("portal", 20, False),
        ("lookups", 7, False), ("long_names", 30, False), ("download", 60, False), ("mail_read", 30, False),
        ("mail_send", 45, False), ("ssh_work", 90, False), ("copy", 70, False), ("ftp", 80, False),
        ("sql", 40, False), ("login_basic", 60, False), ("mistake", 60, False), ("chat", 50, False),
        ("upload", 90, False), ("cloud_sync", 120, False), ("telemetry", 6.5, True), ("updater", 30, True),
        ("ntp", 32, True), ("ping_some", 45, False), ("old_printer", 70, False),
    ],
    "monitor": [
        ("health_http", 4, True), ("health_https", 10, True), ("health_ports", 6, True), ("ping_all", 15, True),
        ("health_dns", 5, True), ("inventory", 100, False), ("inventory_wide", 170, False), ("ntp", 20, True),
    ],
    "app": [
        ("cache_pool", 2, True), ("sql", 6, False), ("sql_pool", 60, False), ("smtp_notice", 25, False),
        ("api_out", 8, True), ("lookups", 20, False), ("ntp", 40, True),
    ],
    "backup": [
        ("backup_scp", 50, False), ("backup_ftp", 70, False), ("backup_http", 35, False), ("lookups", 30, False),
        ("updater", 45, True), ("ntp", 40, True),
    ],
    "visitors": [
        ("visit", 2.2, False), ("visit", 2.2, False), ("visit", 4, False), ("crawl", 50, False), ("api_client", 3, True),
        ("mail_in", 8, False), ("road_ssh", 40, False), ("login_basic", 25, False), ("road_imap", 15, False),
        ("stray", 20, False), ("ping_some", 40, False),
    ],
    "neighbour": [  # a person who shares an address with an attacker
        ("visit", 12, False), ("mail_in", 40, False), ("login_basic", 50, False),
    ],
}


def acts(cfg, name):
    role = cfg["hosts"][name]["role"]
    if role == "server":
        role = {"app": "app", "files": "backup", "db": "backup"}.get(name)
    elif role == "attacker":
        role = "neighbour"
    habits = list(ROLES.get(role, []))
    # No two workstations are alike: each drops a few habits and keeps its own pace.
    rng = random.Random(f"{cfg['seed']}-{name}-habits")
    if role == "workstation":
        habits = [h for h in habits if h[0] in ("browse", "lookups") or rng.random() < 0.8]
    return [(a, gap * rng.uniform(0.7, 1.4), regular) for a, gap, regular in habits]


def main():
    cfg, name, end = json.load(open(sys.argv[1])), sys.argv[2], float(sys.argv[3])
    clients.check(ROLES)
    Host(cfg, name, end).run(acts(cfg, name))


if __name__ == "__main__":
    main()
