"""Configuration files and start commands of every server of a day.

All state lives under one run directory; the machine's own /etc is untouched.
Accounts exist only inside the lab: `ip netns exec` lays /etc/netns/NAME/* over
/etc, so each host sees its own passwd, shadow and resolv.conf.
"""
import glob
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import days
from net import sh

HERE = Path(__file__).resolve().parent
PG = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]


class Servers:
    def __init__(self, cfg, net, run):
        self.cfg, self.net, self.run = cfg, net, Path(run)
        self.rng = random.Random(cfg["seed"] + 5)

    def ip(self, host, i=0):
        return days.ip(self.cfg, host, i)

    def write(self, name, text):
        path = self.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def prepare(self):
        self.accounts()
        self.site()
        self.keys()
        os.makedirs("/run/sshd", exist_ok=True)

    def accounts(self):
        """Lab users in the passwd and shadow of each namespace, and as lists
        for the servers with accounts of their own."""
        passwd, shadow = Path("/etc/passwd").read_text(), Path("/etc/shadow").read_text()
        box = []
        for i, (user, word) in enumerate(self.cfg["users"].items()):
            home = self.run / "home" / user
            home.mkdir(parents=True)
            os.chown(home, 3000 + i, 3000)
            home.chmod(0o755)
            crypt = sh("openssl", "passwd", "-6", word).strip()
            passwd += f"{user}:x:{3000 + i}:3000::{home}:/bin/bash\n"
            shadow += f"{user}:{crypt}:19000:0:99999:7:::\n"
            box.append(f"{user}:{{PLAIN}}{word}::::::\n")
            for n in range(12):
                size = min(6_000_000, int(self.rng.lognormvariate(11.5, 1.6)))
                (home / f"file{n}.dat").write_bytes(os.urandom(size))
                os.chown(home / f"file{n}.dat", 3000 + i, 3000)
        self.write("dovecot.users", "".join(box))
        for host, h in self.cfg["hosts"].items():
            etc = Path("/etc/netns") / self.net.ns(host)
            etc.mkdir(parents=True, exist_ok=True)
            (etc / "passwd").write_text(passwd)
            (etc / "shadow").write_text(shadow)
            (etc / "shadow").chmod(0o600)
            names = "net" if h["role"] in ("internet", "visitors", "attacker", "c2", "tunnel") else "dns"
            (etc / "resolv.conf").write_text(f"nameserver {self.ip(names)}\n")
            (etc / "hosts").write_text("127.0.0.1 localhost\n")

    def site(self):
        """A static site: 40 pages that name their assets, and downloads."""
        root = self.run / "www"
        for d in ("p", "a", "d", "admin", "api"):
            (root / d).mkdir(parents=True)
        for i in range(150):
            size = max(150, min(400_000, int(self.rng.lognormvariate(8.8, 1.5))))
            (root / "a" / f"{i}.bin").write_bytes(os.urandom(size))
        for i in range(40):
            assets = self.rng.sample(range(150), min(20, 1 + int(self.rng.expovariate(0.2))))
            tags = "".join(f'<img src="/a/{a}.bin">' for a in assets)
            text = os.urandom(self.rng.randrange(300, 20000)).hex()
            (root / "p" / f"{i}.html").write_text(f"<html><body>{tags}<p>{text}</p></body></html>")
        for i in range(10):
            (root / "d" / f"{i}.bin").write_bytes(os.urandom(int(self.rng.uniform(0.1, 1) ** 2 * 8_000_000)))
        for name in ("index.html", "admin/index.html", "api/status", "health"):
            (root / name).write_text("<html>" + os.urandom(self.rng.randrange(20, 900)).hex() + "</html>")
        users = "".join(f"{u}:{sh('openssl', 'passwd', '-apr1', w).strip()}\n" for u, w in self.cfg["users"].items())
        self.write("htpasswd", users)
        for p in [self.run, *root.rglob("*")]:
            p.chmod(0o755 if p.is_dir() else 0o644)

    def keys(self):
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.run / "hostkey"))
        sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.run / "userkey"))
        shutil.copy(self.run / "userkey.pub", self.run / "authorized")
        (self.run / "authorized").chmod(0o644)
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-subj", f"/CN=www.{self.cfg['domain']}", "-days", "90",
           "-keyout", str(self.run / "tls.key"), "-out", str(self.run / "tls.crt"))

    def commands(self):
        """(host, argv) of every daemon, each in the foreground."""
        out = []
        for host in ("web", "net", "c2"):
            out.append((host, ["nginx", "-c", self.nginx(host)]))
        out.append(("app", ["python3", str(HERE / "app.py"), "app", self.ip("app"), "8080",
                            json.dumps(self.cfg["users"])]))
        for host in ("web", "app", "files", "db", "net", "c2", "ws1", "ws2"):
            out.append((host, ["/usr/sbin/sshd", "-D", "-f", self.sshd(host)]))
        out.append(("files", ["vsftpd", self.vsftpd("files")]))
        out.append(("net", ["vsftpd", self.vsftpd("net")]))
        out.append(("dns", ["dnsmasq", "-k", "-C", self.resolver()]))
        out.append(("net", ["dnsmasq", "-k", "-C", self.authority()]))
        for host in ("dns", "net"):
            conf = self.write(f"chrony-{host}.conf", "local stratum 8\nallow all\ncmdport 0\n"
                              f"bindaddress {self.ip(host)}\npidfile {self.run}/chrony-{host}.pid\n")
            out.append((host, ["chronyd", "-x", "-d", "-u", "root", "-f", conf]))
        out.append(("mail", ["exim4", "-bdf", "-q5m", "-C", self.exim()]))
        out.append(("mail", ["dovecot", "-F", "-c", self.dovecot()]))
        out.append(("db", ["redis-server", self.redis()]))
        out.append(("db", ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
                           PG + "/postgres", "-D", self.postgres()]))
        out.append(("c2", ["python3", str(HERE / "app.py"), "c2", self.ip("c2"), "8081", "8443"]))
        out.append(("idn", ["iodined", "-f", "-c", "-P", "lab", "-l", self.ip("idn"), "-n", self.ip("idn"),
                            self.cfg["tun_net"] + ".1/27", self.cfg["tun_domain"]]))
        out.append(("idn", ["python3", str(HERE / "implant.py"), "txtserver", self.ip("idn", 1)]))
        out.append(("idn", ["python3", "-m", "http.server", "8000", "-d", str(self.run / "www")]))
        return out

    def nginx(self, host):
        listen = "".join(f"listen {a}:80; listen {a}:443 ssl; " for a in self.cfg["hosts"][host]["ips"])
        keep = self.rng.choice([8, 12, 20])
        os.makedirs(self.run / f"nginx-{host}", exist_ok=True)
        tmp = "".join(f"{n}_temp_path {self.run}/nginx-{host}/{n};\n"
                      for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        if host == "c2":
            where = f"location / {{ proxy_pass http://{self.ip(host)}:8081; }}"
        else:
            where = f"""
    location /admin/ {{ auth_basic "staff"; auth_basic_user_file {self.run}/htpasswd; }}
    location /up/ {{ alias {self.run}/nginx-{host}/; dav_methods PUT; create_full_put_path on; dav_access user:rw; }}"""
        return self.write(f"nginx-{host}.conf", f"""
user www-data; worker_processes 1; worker_rlimit_nofile 8192; daemon off;
pid {self.run}/nginx-{host}.pid; error_log {self.run}/nginx-{host}.err;
events {{ worker_connections 4096; }}
http {{ include /etc/nginx/mime.types; access_log off; {tmp}
  keepalive_timeout 15; keepalive_requests {keep}; client_header_timeout 25; client_body_timeout 25;
  client_max_body_size 64m;
  ssl_certificate {self.run}/tls.crt; ssl_certificate_key {self.run}/tls.key;
  server {{ {listen} root {self.run}/www; server_name _; {where} }} }}
""")

    def sshd(self, host):
        listen = "".join(f"ListenAddress {a}\n" for a in self.cfg["hosts"][host]["ips"][:8])
        return self.write(f"sshd-{host}.conf", f"""
Port 22
{listen}HostKey {self.run}/hostkey
PidFile {self.run}/sshd-{host}.pid
AuthorizedKeysFile {self.run}/authorized
StrictModes no
UseDNS no
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxStartups 200
MaxAuthTries {self.rng.choice([2, 2, 3])}
MaxSessions 50
Subsystem sftp internal-sftp
""")

    def vsftpd(self, host):
        os.makedirs("/var/run/vsftpd/empty", exist_ok=True)
        return self.write(f"vsftpd-{host}.conf", f"""
listen=YES
listen_address={self.ip(host)}
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
pasv_enable=YES
port_enable=YES
connect_from_port_20=YES
secure_chroot_dir=/var/run/vsftpd/empty
pam_service_name=vsftpd
max_login_fails={self.rng.choice([1, 2])}
delay_failed_login=1
seccomp_sandbox=NO
""")

    def resolver(self):
        c = self.cfg
        local = "".join(f"host-record={n}.{c['domain']},{self.ip(n)}\n"
                        for n in ("web", "app", "files", "dns", "mail", "db", "mon"))
        return self.write("dnsmasq-dns.conf", f"""
no-resolv
no-hosts
no-daemon
user=root
bind-interfaces
listen-address={self.ip('dns')}
cache-size=150
max-cache-ttl=40
pid-file={self.run}/dnsmasq-dns.pid
server={self.ip('net')}
server=/{c['tun_domain']}/{self.ip('idn')}
server=/{c['txt_domain']}/{self.ip('idn', 1)}
mx-host={c['domain']},mail.{c['domain']},10
txt-record={c['domain']},"v=spf1 mx -all"
{local}""")

    def authority(self):
        c, ips = self.cfg, self.cfg["hosts"]["net"]["ips"]
        recs = ""
        for i, s in enumerate(c["sites"]):
            a = ips[i % len(ips)]
            recs += f"address=/{s}/{a}\n" if i % 2 else f"host-record={s},www.{s},{a}\n"
            recs += f"mx-host={s},mx.{s},10\ntxt-record={s},\"v=spf1 include:_spf.{s} ip4:{a}/28 -all\"\n"
            recs += f"txt-record=k1._domainkey.{s},\"v=DKIM1; k=rsa; p={os.urandom(90).hex()}\"\n"
        return self.write("dnsmasq-net.conf", f"""
no-resolv
no-hosts
no-daemon
user=root
bind-interfaces
listen-address={ips[0]}
local-ttl=25
pid-file={self.run}/dnsmasq-net.pid
address=/cdn.example/{ips[3]}
address=/lookup.example/127.0.0.4
local=/example/
local=/com/
local=/org/
local=/arpa/
{recs}""")

    def exim(self):
        self.write("boxes", "".join(f"{u}: {u}\n" for u in self.cfg["users"]))
        (self.run / "mail").mkdir()
        (self.run / "exim").mkdir()
        for d in ("mail", "exim"):
            shutil.chown(self.run / d, "Debian-exim", "Debian-exim")
        return self.write("exim.conf", f"""
primary_hostname = mail.{self.cfg['domain']}
domainlist local = {self.cfg['domain']}
spool_directory = {self.run}/exim
log_file_path = {self.run}/exim/%slog
pid_file_path = {self.run}/exim.pid
local_interfaces = {self.ip('mail')}
daemon_smtp_ports = 25 : 587
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_max_per_connection = 50
acl_smtp_rcpt = rcpt
message_size_limit = 20M
tls_certificate = {self.run}/tls.crt
tls_privatekey = {self.run}/tls.key
tls_advertise_hosts =
begin acl
rcpt:
  accept domains = +local
  deny message = relay not permitted
begin routers
box:
  driver = accept
  domains = +local
  local_parts = lsearch;{self.run}/boxes
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {self.run}/mail/$local_part_data
  maildir_format
  user = Debian-exim
  group = Debian-exim
begin retry
* * F,1h,10m
""")

    def dovecot(self):
        return self.write("dovecot.conf", f"""
protocols = imap
listen = {self.ip('mail')}
base_dir = {self.run}/dovecot
log_path = {self.run}/dovecot.log
ssl = yes
ssl_cert = <{self.run}/tls.crt
ssl_key = <{self.run}/tls.key
disable_plaintext_auth = no
mail_location = maildir:{self.run}/mail/%u
mail_uid = Debian-exim
mail_gid = Debian-exim
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
mail_max_userip_connections = 100
passdb {{
  driver = passwd-file
  args = {self.run}/dovecot.users
}}
userdb {{
  driver = static
  args = uid=Debian-exim gid=Debian-exim home={self.run}/mail/%u
}}
""")

    def redis(self):
        return self.write("redis.conf", f"""
bind {self.ip('db')}
port 6379
requirepass cache-{self.cfg['seed']}
save ""
dir {self.run}
daemonize no
logfile {self.run}/redis.log
""")

    def postgres(self):
        data = self.run / "pg"
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        word = self.write("pgpass", f"shop-{self.cfg['seed']}\n")
        as_pg = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(as_pg + [PG + "/initdb", "-D", str(data), "-U", "shop", "--pwfile", word, "-A", "md5"],
                       check=True, capture_output=True, cwd="/")
        with open(data / "postgresql.conf", "a") as f:
            f.write(f"listen_addresses='{self.ip('db')}'\nunix_socket_directories='{data}'\n"
                    "fsync=off\nmax_connections=200\nshared_buffers=32MB\nssl=off\nautovacuum=off\n")
        with open(data / "pg_hba.conf", "a") as f:
            f.write("host all all 0.0.0.0/0 md5\n")
        return str(data)
