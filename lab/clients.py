"""The client calls that benign behaviour is made of, one method a habit: names
and the web here, the rest in errands.py.

Real programs where one is at hand (curl, wget, ssh, scp, sftp, rsync, lftp,
psql, pgbench, swaks, dig, ping, nmap), the Python library elsewhere.
"""
import http.client
import os
import re
import socket
import subprocess
import time

import days
from errands import Errands, LOOSE
from implant import question

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}


def check(roles):
    for habits in roles.values():
        for name, _, _ in habits:
            getattr(Client, name)


class Client(Errands):
    def __init__(self, cfg, host, rng):
        self.cfg, self.host, self.rng = cfg, host, rng
        self.mine = cfg["hosts"][host]["ips"]
        self.outside = cfg["hosts"][host]["role"] in ("visitors", "attacker")

    def ip(self, host, i=0):
        return days.ip(self.cfg, host, i)

    def user(self):
        return self.rng.choice(list(self.cfg["users"].items()))

    def sh(self, *argv, limit=40, feed=None):
        return subprocess.run(["timeout", str(limit), *map(str, argv)], input=feed, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, cwd="/tmp").stdout

    def pause(self, mean, cap=12):
        time.sleep(min(cap, self.rng.paretovariate(1.5) * mean * 0.3))

    def site(self):
        """(name, address) of an internet site, after its look-ups."""
        sites = self.cfg["sites"]
        i = min(int(self.rng.paretovariate(0.9)) - 1, len(sites) - 1)
        name = self.rng.choice(["", "www."]) + sites[i]
        self.lookup(name, "A")
        if self.rng.random() < 0.5:
            self.lookup(name, "AAAA")
        ips = self.cfg["hosts"]["net"]["ips"]
        return name, ips[i % len(ips)]

    # Names.

    def lookup(self, name, qtype="A"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.sendto(question(name, TYPES[qtype], self.rng), (self.ip("net" if self.outside else "dns"), 53))
            try:
                s.recv(4096)
            except OSError:
                pass

    def lookups(self):
        for _ in range(1 + min(12, int(self.rng.expovariate(0.4)))):
            site = self.rng.choice(self.cfg["sites"])
            kind = self.rng.choices(["A", "AAAA", "MX", "TXT", "SRV", "PTR", "none", "dkim", "inner"],
                                    [40, 25, 6, 6, 3, 6, 6, 3, 10])[0]
            if kind == "PTR":
                dark = self.rng.choice(self.cfg["hosts"]["void"]["ips"])
                self.lookup(".".join(reversed(dark.split("."))) + ".in-addr.arpa", "PTR")
            elif kind == "none":
                self.lookup(f"{self.rng.getrandbits(30):x}.{self.rng.choice(['com', 'org', 'example'])}")
            elif kind == "dkim":
                self.lookup("k1._domainkey." + site, "TXT")
            elif kind == "inner":
                host = self.rng.choice(["web", "app", "files", "mail", "db", "wpad", "printer"])
                self.lookup(f"{host}.{self.cfg['domain']}")
            else:
                self.lookup(self.rng.choice(["", "www.", "api.", "img."]) + site, kind)
            time.sleep(self.rng.expovariate(8))
        if self.rng.random() < 0.05:
            self.sh("dig", *self.rng.choice([[], ["+tcp"]]), "@" + self.ip("dns"),
                    self.rng.choice(self.cfg["sites"]), "ANY", limit=8)

    def long_names(self):
        """CDN shards and reputation checks: long, random, and quite normal."""
        for _ in range(self.rng.randrange(2, 14)):
            if self.rng.random() < 0.6:
                name = f"{self.rng.getrandbits(128):032x}.e{self.rng.randrange(9)}.cdn.example"
            else:
                name = f"{self.rng.getrandbits(160):040x}.{self.rng.getrandbits(40):x}.avqs.lookup.example"
            self.lookup(name, self.rng.choice(["A", "A", "AAAA", "TXT"]))
            time.sleep(self.rng.expovariate(5))

    def health_dns(self):
        self.lookup("web." + self.cfg["domain"])

    def ntp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            if self.rng.random() < 0.5:
                s.bind(("", 123))
            s.sendto(b"\x23" + bytes(39) + os.urandom(8), (self.ip("dns" if not self.outside else "net"), 123))
            s.recv(128)

    # Web.

    def http(self, addr, port=80, src=None):
        src = (src, 0) if src else None
        if port == 443:
            return http.client.HTTPSConnection(addr, port, timeout=10, context=LOOSE, source_address=src)
        return http.client.HTTPConnection(addr, port, timeout=10, source_address=src)

    def get(self, conn, path, name, method="GET", body=None):
        conn.request(method, path, body, {"Host": name, "User-Agent": "Mozilla/5.0", "Accept": "*/*"})
        return conn.getresponse().read()

    def page(self, addr, name, src=None):
        """A page and its assets, over one connection, several, or a real client."""
        tls, n = self.rng.random() < 0.55, self.rng.randrange(40)
        url = f"{'https' if tls else 'http'}://{addr}"
        how, bind = self.rng.random(), []
        if how < 0.2:
            bind = ["--bind-address=" + src] if src else []
            self.sh("wget", "-q", "-p", "-nd", "--delete-after", "--no-check-certificate", "-P",
                    f"{self.cfg['run']}/wget/{self.rng.getrandbits(32)}", *bind, f"{url}/p/{n}.html")
            return
        conn = self.http(addr, 443 if tls else 80, src)
        text = self.get(conn, f"/p/{n}.html", name).decode("latin1")
        assets = re.findall(r'src="(/a/[0-9]+\.bin)"', text)
        if how < 0.45 and assets:
            bind = ["--interface", src] if src else []
            args = [a for p in assets for a in ("-o", "/dev/null", url + p)]
            self.sh("curl", "-sk", "-Z", "--parallel-max", self.rng.choice([2, 4, 6]), *bind, *args)
        else:
            for p in assets:
                if how > 0.85:  # a client without keep-alive
                    conn.close()
                    conn = self.http(addr, 443 if tls else 80, src)
                self.get(conn, p, name)
        if self.rng.random() < 0.3:  # the page stays open, then one click more
            self.pause(3, 14)
            self.get(conn, f"/p/{self.rng.randrange(40)}.html", name)
        conn.close()

    def browse(self):
        name, addr = self.site()
        for _ in range(min(6, int(self.rng.paretovariate(1.2)))):
            self.page(addr, name)
            self.pause(2.5)

    def intranet(self):
        self.lookup("web." + self.cfg["domain"])
        self.page(self.ip("web"), "web." + self.cfg["domain"])

    def portal(self):
        """The company application: look at items, search, log in, sometimes mistyped."""
        name = "app." + self.cfg["domain"]
        self.lookup(name)
        for _ in range(self.rng.randrange(1, 6)):
            conn = self.http(self.ip("app"), 8080)
            if self.rng.random() < 0.2:
                user, word = self.user()
                if self.rng.random() < 0.3:
                    word = word[:-1]
                self.get(conn, "/login", name, "POST", f"user={user}&pass={word}")
            else:
                path = self.rng.choice([f"/item?id={self.rng.randrange(200)}", "/reports", "/api/orders", "/about",
                                        f"/search?q={'part' * self.rng.randrange(1, 4)}", "/users", "/missing"])
                self.get(conn, path, name)
            conn.close()
            self.pause(1.5, 8)

    def login_basic(self):
        user, word = self.user()
        src = ["--interface", self.rng.choice(self.mine)] if self.outside else []
        for _ in range(self.rng.choice([0, 0, 0, 1, 2, 4])):
            self.sh("curl", "-sk", "-o", "/dev/null", *src, "-u", f"{user}:oops", f"https://{self.ip('web')}/admin/")
            self.pause(2, 6)
        self.sh("curl", "-sk", "-o", "/dev/null", *src, "-u", f"{user}:{word}",
                f"{self.rng.choice(['http', 'https'])}://{self.ip('web')}/admin/")

    def download(self):
        name, addr = self.site()
        self.sh("curl", "-sk", "-o", "/dev/null", "--limit-rate", self.rng.choice(["400k", "1m", "4m"]),
                f"{self.rng.choice(['http', 'https'])}://{addr}/d/{self.rng.randrange(10)}.bin")

    def telemetry(self):
        """A vendor's agent: small, regular, encrypted, for ever. Not a beacon."""
        conn = self.http(self.ip("net", 5 + sum(map(ord, self.host)) % 3), 443 if self.cfg["seed"] % 2 else 80)
        self.get(conn, "/api/status", "telemetry.example")
        conn.close()

    def updater(self):
        self.lookup("updates.cdn.example")
        s = self.rng.choice(["http", "https"])
        self.sh("curl", "-skI", f"{s}://{self.ip('net', 9)}/d/0.bin")
        if self.rng.random() < 0.15:
            self.sh("curl", "-sk", "-o", "/dev/null", f"{s}://{self.ip('net', 9)}/d/{self.rng.randrange(10)}.bin")

    def api_out(self):
        conn = self.http(self.ip("net", 12), 443)
        self.get(conn, "/api/status", "partner.example")
        conn.close()

    def chat(self):
        """One long connection with a heartbeat."""
        conn = self.http(self.ip("net", 7), self.rng.choice([80, 443]))
        for _ in range(7):
            self.get(conn, "/api/status", "chat.example")
            time.sleep(self.rng.choice([2, 5, 10]))
        conn.close()

    def blob(self, mean):
        return os.urandom(max(500, min(6_000_000, int(self.rng.lognormvariate(0, 1) * mean))))

    def upload(self):
        self.sh("curl", "-sk", "-T", "-", f"http://{self.ip('app')}:8080/upload", feed=self.blob(200_000))

    def cloud_sync(self):
        """A folder goes to cloud storage: many uploads to one outside address."""
        s = self.rng.choice(["http", "https"])
        for _ in range(self.rng.randrange(3, 14)):
            name = f"{self.rng.getrandbits(40):x}"
            slow = self.rng.choice([[], ["--limit-rate", "300k"], ["--limit-rate", "1m"]])
            self.sh("curl", "-sk", "-o", "/dev/null", *slow, "-T", "-", f"{s}://{self.ip('net', 15)}/up/{name}",
                    feed=self.blob(90_000))
            self.pause(0.8, 5)

    def backup_http(self):
        self.cloud_sync()

    # Outside visitors, each from one of many addresses.

    def visit(self):
        src = self.rng.choice(self.mine)
        for _ in range(min(5, int(self.rng.paretovariate(1.3)))):
            self.page(self.ip("web"), "www." + self.cfg["domain"], src)
            self.pause(2)

    def crawl(self):
        """A search engine's robot: one address, many pages, steady."""
        src, conn = self.mine[0], None
        for _ in range(self.rng.randrange(15, 45)):
            conn = self.http(self.ip("web"), self.rng.choice([80, 443]), src)
            self.get(conn, self.rng.choice([f"/p/{self.rng.randrange(48)}.html", "/robots.txt"]), "www")
            conn.close()
            time.sleep(self.rng.uniform(0.1, 0.5))

    def api_client(self):
        conn = self.http(self.ip("app"), 8080, self.mine[1])
        self.get(conn, "/api/orders", "api." + self.cfg["domain"], "POST" if self.rng.random() < 0.3 else "GET", None)
        conn.close()

    def stray(self):
        """Someone's mistyped address or old link: closed port or dead host."""
        src = self.rng.choice(self.mine)
        to = self.rng.choice([self.ip("web"), self.ip("mail"), self.rng.choice(self.cfg["hosts"]["void"]["ips"])])
        self.touch(to, self.rng.choice([21, 22, 23, 80, 443, 3389, 5060, 8080]), src)

    def touch(self, addr, port, src=None, wait=3):
        try:
            with socket.create_connection((addr, port), timeout=wait, source_address=(src, 0) if src else None) as s:
                s.settimeout(1)
                if port in (21, 22, 25, 143, 587):
                    s.recv(200)
        except OSError:
            pass
