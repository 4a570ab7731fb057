"""Two small web servers: the company's application and the attackers' C2.

The application has, on purpose, a login without lockout and one query that
pastes its argument into SQL. It must never listen anywhere but in the lab.

  app.py app ADDRESS PORT USERS_JSON
  app.py c2 ADDRESS HTTP_PORT RAW_PORT        behind nginx for HTTP and HTTPS
"""
import json
import os
import random
import socket
import socketserver
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request, address):
        pass


class Base(BaseHTTPRequestHandler):
    timeout = 20
    server_version = "Portal/2.4"

    def log_message(self, *a):
        pass

    def reply(self, body, code=200, kind="text/html", **headers):
        if isinstance(body, str):
            body = body.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for k, v in headers.items():
            self.send_header(k, v)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        """Read and drop the body in pieces; the first 64 KiB come back."""
        left, head = int(self.headers.get("Content-Length") or 0), b""
        while left > 0:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                break
            head = head or piece
            left -= len(piece)
        return head


class App(Base):
    users, pages, lock = {}, os.urandom(40000).hex(), threading.Lock()
    db = None

    def do_GET(self):
        url = urlsplit(self.path)
        q = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        time.sleep(random.expovariate(200))
        if url.path == "/item":
            return self.item(q.get("id", "1"))
        if url.path == "/search":
            n = len(q.get("q", "")) * 97 % 9000
            return self.reply(f"<html><h1>Results</h1>{self.pages[:n]}</html>")
        if url.path.startswith("/api/"):
            n = random.randrange(40, 1500)
            return self.reply(json.dumps({"ok": True, "rows": self.pages[:n]}), kind="application/json")
        if url.path == "/health":
            return self.reply("ok\n", kind="text/plain")
        if url.path in ("/", "/login", "/about", "/reports", "/backup", "/images", "/users", "/admin"):
            n = len(url.path) * 531
            return self.reply(f"<html><form method=post action=/login></form>{self.pages[:n]}</html>")
        self.reply("<html>not found</html>", 404)

    do_HEAD = do_GET

    def item(self, ident):
        try:
            with self.lock:  # the query is open to injection: that is its use here
                rows = self.db.execute("SELECT id, name, price FROM items WHERE id=" + ident).fetchall()
        except sqlite3.Error as err:
            return self.reply(f"<html>SQLite error: {err}</html>", 500)
        self.reply("<html><h1>Item</h1>" + "".join(f"<p>{r}</p>" for r in rows) + self.pages[:900] + "</html>")

    def do_POST(self):
        body = self.body()
        if urlsplit(self.path).path != "/login":
            return self.reply('{"ok":true}', kind="application/json")
        f = {k: v[0] for k, v in parse_qs(body.decode("latin1")).items()}
        if self.users.get(f.get("user")) == f.get("pass"):
            return self.reply("<html>welcome</html>", 302, Location="/reports")
        time.sleep(random.uniform(0.05, 0.3))
        self.reply("<html>Login failed</html>")

    do_PUT = do_POST


class C2(Base):
    server_version = "nginx"
    protocol_version = "HTTP/1.1"
    junk = os.urandom(400000)

    def do_GET(self):
        """A poll: nearly always nothing, now and then a task to fetch."""
        if self.path.startswith("/task"):
            return self.reply(self.junk[: random.randrange(20000, 400000)], kind="application/octet-stream")
        self.reply(self.junk[: random.randrange(16, 200)], kind="application/octet-stream",
                   **({"X-Task": "1"} if random.random() < 0.06 else {}))

    def do_POST(self):
        self.body()
        self.reply(b"", 204)

    do_PUT = do_POST


class Raw(socketserver.BaseRequestHandler):
    """Raw-port C2 and drop: short talk for a hello, else swallow to the end."""

    def handle(self):
        self.request.settimeout(20)
        try:
            first = self.request.recv(4096)
            if first[:4] == b"HELO":
                self.request.sendall(os.urandom(random.randrange(8, 120)))
            while self.request.recv(65536):
                pass
        except OSError:
            pass


class RawServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 256


def main():
    role, addr = sys.argv[1], sys.argv[2]
    if role == "app":
        App.users = json.loads(sys.argv[4])
        App.db = sqlite3.connect(":memory:", check_same_thread=False)
        App.db.execute("CREATE TABLE items(id INTEGER, name TEXT, price REAL)")
        App.db.executemany("INSERT INTO items VALUES(?,?,?)", [(i, f"part {i}", i * 1.5) for i in range(200)])
        App.db.execute("CREATE TABLE staff(id INTEGER, login TEXT, hash TEXT)")
        App.db.executemany("INSERT INTO staff VALUES(?,?,?)", [(i, f"user{i}", os.urandom(8).hex()) for i in range(12)])
        return Server((addr, int(sys.argv[3])), App).serve_forever()
    threading.Thread(target=Server((addr, int(sys.argv[3])), C2).serve_forever, daemon=True).start()
    raw = RawServer((addr, int(sys.argv[4])), Raw)
    raw.serve_forever()


if __name__ == "__main__":
    socket.setdefaulttimeout(30)
    main()
