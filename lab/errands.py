"""The other half of the client calls: mail, shells, files, databases, oddities.

Mixed into Client of clients.py, which gives the address, user and sh helpers.
"""
import ftplib
import glob
import imaplib
import os
import smtplib
import socket
import ssl
import subprocess
import time

from implant import SSH

LOOSE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LOOSE.check_hostname, LOOSE.verify_mode = False, ssl.CERT_NONE
PG = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]  # not the slow wrapper in /usr/bin


class Errands:
    # Mail.

    def letter(self, to):
        text = os.urandom(max(100, min(1_500_000, int(self.rng.lognormvariate(8, 1.8))))).hex()
        text = "\n".join(text[i:i + 76] for i in range(0, len(text), 76))
        return f"From: x@{self.cfg['domain']}\nTo: {to}\nSubject: note {self.rng.getrandbits(20)}\n\n{text}\n"

    def post(self, port, src=None):
        to = f"{self.user()[0]}@{self.cfg['domain']}"
        if self.rng.random() < 0.25 and not src:
            self.sh("swaks", "--server", self.ip("mail"), "--port", port, "--to", to, "--from", "x@site.example",
                    "--body", "hello " * self.rng.randrange(1, 500))
            return
        src = (src, 0) if src else None
        with smtplib.SMTP(self.ip("mail"), port, "mx.example", timeout=10, source_address=src) as s:
            for _ in range(self.rng.choice([1, 1, 1, 2, 4])):
                s.sendmail("x@site.example", [to], self.letter(to))

    def mail_send(self):
        self.post(587)

    def smtp_notice(self):
        self.post(25)

    def mail_in(self):
        self.post(25, self.rng.choice(self.mine))

    def mail_read(self, src=None):
        user, word = self.user()
        tls = self.rng.random() < 0.6
        if self.rng.random() < 0.3 and not src:
            self.sh("curl", "-sk", f"{'imaps' if tls else 'imap'}://{self.ip('mail')}/INBOX?ALL", "-u", f"{user}:{word}")
            return
        if tls:
            box = imaplib.IMAP4_SSL(self.ip("mail"), ssl_context=LOOSE, timeout=10)
        else:
            box = imaplib.IMAP4(self.ip("mail"), timeout=10)
        try:
            box.login(user, word if self.rng.random() > 0.06 else "typo")
            n = int(box.select("INBOX")[1][0] or 0)
            for i in range(max(1, n - self.rng.randrange(4)), n + 1):
                box.fetch(str(i), "(RFC822)")
                self.pause(0.5, 4)
        finally:
            box.logout()

    def road_imap(self):
        self.mail_read()

    # Shells, files, databases.

    def ssh(self, host, *cmd, feed=None, src=None, user=None):
        bind = ["-b", src] if src else []
        user = user or self.user()[0]
        return self.sh("ssh", "-i", f"{self.cfg['run']}/userkey", "-o", "BatchMode=yes", *SSH, *bind,
                       f"{user}@{self.ip(host)}", *cmd, feed=feed)

    def typo_ssh(self, host, src=None):
        """A password typed wrong once or thrice, then right."""
        user, word = self.user()
        bind = ["-b", src] if src else []
        for guess in [word[::-1]] * self.rng.choice([1, 1, 2, 3]) + [word]:
            self.sh("sshpass", "-p", guess, "ssh", "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1",
                    *SSH, *bind, f"{user}@{self.ip(host)}", "uptime", limit=12)
            self.pause(1.5, 5)

    def interactive(self, host, src=None):
        bind = ["-b", src] if src else []
        p = subprocess.Popen(["timeout", "60", "ssh", "-tt", "-i", f"{self.cfg['run']}/userkey", *SSH, *bind,
                              f"{self.user()[0]}@{self.ip(host)}"], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(self.rng.randrange(2, 12)):
            for c in self.rng.choice(["ls -l\n", "df -h\n", "ps aux\n", "cat /etc/services\n", "uptime\n"]):
                p.stdin.write(c.encode())
                p.stdin.flush()
                time.sleep(self.rng.uniform(0.03, 0.25))
            self.pause(2, 10)
        p.stdin.write(b"exit\n")
        p.stdin.close()
        p.wait()

    def ssh_work(self, src=None):
        host = self.rng.choice(["files", "app", "db", "web"])
        how = self.rng.random()
        if how < 0.35:
            self.interactive(host, src)
        elif how < 0.6:
            self.typo_ssh(host, src)
        else:
            for _ in range(self.rng.randrange(1, 6)):
                self.ssh(host, self.rng.choice(["uptime", "df -h", "ls -lR /usr/share/doc | head -2000"]), src=src)
                self.pause(1)

    def road_ssh(self):
        self.ssh_work(self.rng.choice(self.mine))

    def copy(self):
        user, n = self.user()[0], self.rng.randrange(12)
        key = ["-i", f"{self.cfg['run']}/userkey", *SSH]
        to = f"{user}@{self.ip('files')}"
        how = self.rng.randrange(4)
        if how == 0:
            self.sh("scp", "-q", *key, f"{to}:file{n}.dat", "/dev/null")
        elif how == 1:
            self.sh("sftp", "-q", *key, to, feed=f"ls\nget file{n}.dat /dev/null\nbye\n".encode())
        elif how == 2:
            self.ssh("files", f"cat > in{n}.dat", feed=self.blob(400_000), user=user)
        else:
            self.sh("rsync", "-a", "-e", "ssh " + " ".join(key), f"{to}:file{n}.dat",
                    f"{self.cfg['run']}/rsync-{self.host}-{self.rng.getrandbits(24)}")

    def ftp(self, host="files", puts=(1, 3)):
        user, word = self.user()
        if self.rng.random() < 0.3 and host == "files":
            get = f"get file{self.rng.randrange(12)}.dat -o /dev/null"
            self.sh("lftp", "-u", f"{user},{word}", "-e", f"set ftp:ssl-allow no; cls; {get}; bye", self.ip(host))
            return
        with ftplib.FTP(self.ip(host), timeout=15) as f:
            if self.rng.random() < 0.15:
                try:
                    f.login(user, "mistyped")
                except ftplib.error_perm:
                    pass
            f.login(user, word)
            f.set_pasv(self.rng.random() < 0.65)
            for _ in range(self.rng.randrange(*puts)):
                if self.rng.random() < 0.5 and host == "files":
                    f.retrbinary(f"RETR file{self.rng.randrange(12)}.dat", lambda b: None)
                else:
                    with open("/dev/urandom", "rb") as src:
                        size = min(5_000_000, int(self.rng.lognormvariate(12, 1.2)))
                        f.storbinary(f"STOR up{self.rng.randrange(20)}.dat", Some(src, size))
                self.pause(1, 5)

    def backup_scp(self):
        for _ in range(self.rng.randrange(1, 5)):
            self.sh("scp", "-q", "-i", f"{self.cfg['run']}/userkey", *SSH,
                    f"{self.cfg['run']}/www/d/{self.rng.randrange(10)}.bin", f"{self.user()[0]}@{self.ip('net')}:/dev/null")

    def backup_ftp(self):
        self.ftp("net", (2, 6))

    def psql(self, *args, pg="psql"):
        env = dict(os.environ, PGPASSWORD=f"shop-{self.cfg['seed']}", PGCONNECT_TIMEOUT="5", PGHOST=self.ip("db"),
                   PGUSER="shop", PGDATABASE="shop")
        subprocess.run(["timeout", "60", f"{PG}/{pg}", *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp")

    def sql(self):
        for _ in range(self.rng.randrange(1, 5)):
            self.psql("-qtAc", self.rng.choice(["select count(*) from pgbench_accounts", "select * from pgbench_branches",
                                                "select * from pgbench_accounts limit %d" % self.rng.randrange(1, 3000),
                                                "select * from no_such_table"]))
            self.pause(0.8, 5)

    def sql_pool(self):
        fresh = ["-C"] if self.rng.random() < 0.5 else []
        self.psql("-n", "-S", "-c", str(self.rng.randrange(1, 5)), "-R", "4", "-T", "20", *fresh, pg="pgbench")

    def cache_pool(self):
        with socket.create_connection((self.ip("db"), 6379), timeout=5) as s:
            s.sendall(f"AUTH cache-{self.cfg['seed']}\r\n".encode())
            s.recv(100)
            for _ in range(self.rng.randrange(1, 9)):
                s.sendall(b"SET k%d %s\r\n" % (self.rng.randrange(500), os.urandom(self.rng.randrange(5, 900)).hex().encode()))
                s.recv(100)
                s.sendall(b"GET k%d\r\n" % self.rng.randrange(500))
                s.recv(4096)

    # Things that look wrong and are not.

    def mistake(self):
        """A printer that is off, an old bookmark, a service that moved."""
        dark = self.rng.sample(self.cfg["hosts"]["void"]["ips"], 3)
        to = self.rng.choice([self.ip("files"), self.ip("db"), self.ip("mon"), *dark])
        port = self.rng.choice([80, 139, 443, 445, 631, 3389, 8080, 9100])
        for _ in range(self.rng.randrange(1, 4)):
            self.touch(to, port)
            self.pause(1, 4)

    def old_printer(self):
        """SNMP, NetBIOS or syslog to something that no longer answers."""
        to, port = self.rng.choice(self.cfg["hosts"]["void"]["ips"]), self.rng.choice([161, 137, 514, 5353, 1900])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(self.rng.randrange(1, 4)):
                s.sendto(os.urandom(self.rng.randrange(30, 120)), (to, port))
                time.sleep(1)

    def ping_some(self):
        """Is it up? A few pings of a few hosts, not all of them there."""
        for _ in range(self.rng.randrange(1, 5)):
            to = self.rng.choice([self.ip("web"), self.ip("mail"), self.ip("net", self.rng.randrange(24)),
                                  self.rng.choice(self.cfg["hosts"]["void"]["ips"])])
            src = ["-I", self.rng.choice(self.mine)] if self.outside else []
            self.sh("ping", "-c", self.rng.randrange(1, 5), "-i", "0.5", "-W", "1", *src, to)

    def servers(self):
        return [h for h, v in self.cfg["hosts"].items() if v["role"] == "server"]

    def health_http(self):
        for host, port in (("web", 80), ("app", 8080)):
            conn = self.http(self.ip(host), port)
            self.get(conn, "/health", "health")
            conn.close()

    def health_https(self):
        self.sh("curl", "-sk", "-o", "/dev/null", f"https://{self.ip('web')}/health")

    def health_ports(self):
        for host, port in (("files", 22), ("files", 21), ("mail", 25), ("mail", 143), ("db", 5432), ("db", 6379)):
            self.touch(self.ip(host), port)

    def ping_all(self):
        for host in self.servers():
            self.sh("ping", "-c", "2", "-i", "0.3", "-W", "1", self.ip(host))

    def inventory(self):
        """The administrator's own scan: a few ports of the servers."""
        hosts = self.rng.sample(self.servers(), 3)
        self.sh("nmap", "-n", "-Pn", "-sT", "--max-rate", "15", "-oN", "/dev/null",
                "-p", "21,22,25,80,443,3306,5432,8080", *map(self.ip, hosts))

    def inventory_wide(self):
        net = self.cfg["lan"] + f".{self.rng.randrange(1, 200)}"
        self.sh("nmap", "-n", "-Pn", "-sT", "--max-rate", "20", "--max-retries", "0", "-oN", "/dev/null", "-p",
                self.rng.choice(["22", "161,9100", "3389"]), net + "-" + str(int(net.rsplit(".", 1)[1]) + 15))


class Some:
    """The first n bytes of a file, for an upload of a chosen size."""

    def __init__(self, f, n):
        self.f, self.n = f, n

    def read(self, k):
        k = min(k, self.n)
        self.n -= k
        return self.f.read(k) if k else b""
