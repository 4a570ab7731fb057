#!/usr/bin/env python3
"""Records labelled captures of real traffic between hosts made for it.

  lab.py run DAY...        build the hosts, record one capture after another
  lab.py down DAY...       take down what an interrupted run left
  lab.py plan DAY...       print the attack schedule and stop

Needs root, and the packages of install.sh. Captures, schedules and event logs
go to out/DAY/. Every attack runs between namespaces that have no way out.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import attacks
import days
from net import Net
from servers import Servers

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
RUN = Path("/var/tmp/inkling-lab")


class Day:
    def __init__(self, name):
        self.cfg = days.plan(name)
        self.run_dir = RUN / name
        self.cfg["run"] = str(self.run_dir)
        self.out = OUT / name
        self.net = Net(self.cfg)
        self.steps = attacks.Plan(self.cfg, self.run_dir).build()
        self.procs = []

    def record(self):
        shutil.rmtree(self.run_dir, ignore_errors=True)
        shutil.rmtree(self.out, ignore_errors=True)
        self.run_dir.mkdir(parents=True)
        self.out.mkdir(parents=True)
        (self.run_dir / "attack").mkdir()
        (self.run_dir / "cfg.json").write_text(json.dumps(self.cfg))
        try:
            self.net.build()
            self.serve()
            self.capture()
        finally:
            self.net.kill(signal.SIGTERM)
            time.sleep(2)
            self.net.down()
        for f in [*self.run_dir.glob("*.jsonl"), self.run_dir / "cfg.json"]:
            shutil.copy(f, self.out)
        print(f"{self.cfg['name']}: {self.out / 'capture.pcap'}", flush=True)

    def spawn(self, argv, log, **kw):
        f = open(self.run_dir / log, "ab")
        p = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=f, stderr=f, **kw)
        self.procs.append(p)
        return p

    def serve(self):
        servers = Servers(self.cfg, self.net, self.run_dir)
        servers.prepare()
        started = [(h, a, self.spawn(self.net.inside(h, a), f"daemon-{h}.log", cwd="/")) for h, a in servers.commands()]
        time.sleep(6)
        env = dict(os.environ, PGPASSWORD=f"shop-{self.cfg['seed']}")
        for args in (["psql", "-c", "create database shop"], ["pgbench", "-q", "-i", "-s", "1", "shop"]):
            subprocess.run(self.net.inside("db", [args[0], "-h", days.ip(self.cfg, "db"), "-U", "shop", *(
                ["-d", "postgres"] if args[0] == "psql" else []), *args[1:]]), env=env, capture_output=True)
        for host, argv, p in started:
            if p.poll() is not None:
                print(f"{self.cfg['name']}: {argv[0]} on {host} ended with {p.returncode}: see daemon-{host}.log", flush=True)

    def capture(self):
        sw = ["ip", "netns", "exec", self.net.switch]
        dump = self.spawn(sw + ["tcpdump", "-i", "br0", "-B", "65536", "-U", "-Z", "root",
                                "-w", str(self.out / "capture.pcap"), "ip"], "tcpdump.log")
        time.sleep(1)
        self.start = time.time()
        end = self.start + self.cfg["seconds"]
        for host in self.cfg["hosts"]:
            self.spawn(self.net.inside(host, ["python3", HERE / "benign.py", self.run_dir / "cfg.json", host, end],
                                       days.BENIGN_TAG), f"benign-{host}.log")
        self.events = open(self.run_dir / "events.jsonl", "w", buffering=1)
        for step in self.steps:
            threading.Thread(target=self.attack, args=(step,), daemon=True).start()
        while time.time() < end + 4:
            time.sleep(1)
        dump.send_signal(signal.SIGINT)
        dump.wait()

    def attack(self, step):
        """Run one step at its time, under its group, and log it."""
        time.sleep(max(0, self.start + step.start - time.time()))
        cwd = self.run_dir / "attack" / f"{step.host}-{step.kind}-{int(step.start)}"
        cwd.mkdir(parents=True, exist_ok=True)
        for name, lines in step.files.items():
            (cwd / name).write_text("\n".join(lines) + "\n")
        argv = self.net.inside(step.host, ["timeout", "-k", "3", str(int(step.limit)), *step.argv], days.tag(step.kind))
        begin = time.time()
        with open(cwd / "out.txt", "ab") as f:
            code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd=cwd,
                                  env=dict(os.environ, HOME=str(cwd))).returncode
        self.events.write(json.dumps({
            "start": round(begin, 3), "end": round(time.time(), 3), "actor": step.host, "label": step.kind,
            "src": self.cfg["hosts"][step.host]["ips"], "dst": step.dst, "code": code,
            "tool": " ".join(step.argv)}) + "\n")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("run", "down", "plan"):
        sys.exit(__doc__)
    for name in sys.argv[2:]:
        day = Day(name)
        if sys.argv[1] == "down":
            day.net.down()
        elif sys.argv[1] == "plan":
            for s in day.steps:
                print(f"{s.start:6.1f} +{s.limit:5.1f}  {s.kind:13} {s.host:5} {' '.join(s.argv)}")
        else:
            day.record()


if __name__ == "__main__":
    main()
