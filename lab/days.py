"""The plan of each capture: addresses, hosts, names, users and rates.

Everything that differs between two captures is decided here, from the seed of
the day, so that a day can be described by its name alone. The result is one
plain dictionary, saved as cfg.json beside the capture and read by every other
part of the lab.
"""
import random

# Attack kinds in a fixed order. The place in this list is the tag that the
# packets of the kind carry inside the lab (see net.py), so never reorder it.
KINDS = [
    "scan-syn", "scan-connect", "scan-udp", "scan-slow", "sweep",
    "guess-ssh", "guess-http", "guess-ftp", "guess-db",
    "slow-http", "flood-syn", "flood-http",
    "web-dir", "web-sql", "tunnel-dns", "beacon", "exfil",
]
BENIGN_TAG = 1   # packets of a process that runs ordinary behaviour
SERVER_TAG = 2   # packets of a server daemon; decides only where nothing else does
FIRST_TAG = 8    # tag of KINDS[0]
GID_BASE = 5000  # a process of tag t runs with group id GID_BASE + t


def tag(kind):
    """The six-bit tag of a kind."""
    return BENIGN_TAG if kind == "benign" else FIRST_TAG + KINDS.index(kind)


# lan, srv: inside /24 networks; out: three outside /24 networks, all from the
# ranges kept for documentation and benchmarks; ws: number of workstations;
# rate: benign activity; bad: compromised workstations; skip: kinds left out.
DAYS = {
    "day1": dict(seed=11, lan="10.10.1", srv="10.10.2", out=["198.51.100", "203.0.113", "192.0.2"],
                 ws=6, rate=0.62, bad=["ws2", "ws4"], skip=[], seconds=600),
    "day2": dict(seed=22, lan="172.20.5", srv="172.20.9", out=["203.0.113", "192.0.2", "198.18.4"],
                 ws=7, rate=0.55, bad=["ws1", "ws3", "ws7"], skip=["flood-http"], seconds=600),
    "day3": dict(seed=33, lan="192.168.40", srv="192.168.41", out=["198.18.31", "198.51.100", "198.19.7"],
                 ws=5, rate=0.75, bad=["ws5", "ws2"], skip=["guess-db"], seconds=600),
    "day4": dict(seed=44, lan="10.77.12", srv="10.78.0", out=["192.0.2", "198.19.66", "203.0.113"],
                 ws=8, rate=0.5, bad=["ws3", "ws6", "ws8"], skip=[], seconds=600),
    "day5": dict(seed=55, lan="172.31.200", srv="172.31.64", out=["198.19.120", "198.18.77", "198.51.100"],
                 ws=6, rate=0.65, bad=["ws6", "ws1"], skip=[], seconds=600),
    "day6": dict(seed=66, lan="192.168.7", srv="10.0.30", out=["198.18.200", "203.0.113", "198.19.3"],
                 ws=7, rate=0.58, bad=["ws4", "ws5", "ws2"], skip=["web-sql"], seconds=600),
    "smoke": dict(seed=99, lan="10.99.1", srv="10.99.2", out=["198.51.100", "203.0.113", "192.0.2"],
                  ws=4, rate=1.0, bad=["ws2", "ws4"], skip=["web-dir","flood-http"], seconds=60),
}


def plan(name):
    """The full configuration of one day."""
    cfg = dict(DAYS[name], name=name)
    rng = random.Random(cfg["seed"])
    lan, srv, out = cfg["lan"], cfg["srv"], cfg["out"]
    hosts = {}

    def add(host, role, ips):
        hosts[host] = {"role": role, "ips": ips}

    base = rng.randrange(8, 40)
    for i, host in enumerate(["web", "app", "files", "dns", "mail", "db"]):
        add(host, "server", [f"{srv}.{base + 3 * i}"])
    add("mon", "monitor", [f"{srv}.{rng.randrange(100, 200)}"])
    last = rng.sample(range(20, 200), cfg["ws"])
    for i in range(cfg["ws"]):
        add(f"ws{i + 1}", "workstation", [f"{lan}.{last[i]}"])
    add("net", "internet", [f"{out[0]}.{n}" for n in range(10, 34)])
    add("pub", "visitors", [f"{out[1]}.{n}" for n in sorted(rng.sample(range(20, 120), 20))])
    add("atk1", "attacker", [f"{out[1]}.{n}" for n in sorted(rng.sample(range(130, 250), 3))])
    add("atk2", "attacker", [f"{out[2]}.{n}" for n in sorted(rng.sample(range(60, 250), 3))])
    add("c2", "c2", [f"{out[0]}.{n}" for n in sorted(rng.sample(range(60, 250), 3))])
    add("idn", "tunnel", [f"{out[2]}.{n}" for n in sorted(rng.sample(range(2, 50), 2))])
    used = {ip for h in hosts.values() for ip in h["ips"]}
    dark = [f"{p}.{n}" for p in (lan, srv) for n in range(1, 255) if f"{p}.{n}" not in used]
    add("void", "void", dark)

    cfg["hosts"] = hosts
    cfg["nets"] = [lan, srv] + out
    cfg["domain"] = rng.choice(["acme", "nordwind", "globex", "lumen", "kestrel"]) + ".example"
    cfg["tun_domain"] = f"t{rng.randrange(100)}.{rng.choice(['qx', 'zb', 'vnl'])}.example"
    cfg["txt_domain"] = f"d.{rng.choice(['upd8', 'cdnx', 'metr1k'])}.example"
    cfg["users"] = {u: f"{u}-{rng.randrange(10**6)}" for u in
                    rng.sample(["alice", "bruno", "carla", "dmitri", "elena", "farid", "greta", "hugo"], 6)}
    cfg["sites"] = [f"{w}{rng.randrange(99)}.example.{t}" for w in
                    ["news", "shop", "wiki", "video", "forum", "maps", "blog", "docs", "games", "bank", "weather", "code"]
                    for t in ("com", "org")]
    cfg["firewalled"] = rng.sample(["web", "app", "mail", "db"], 2)
    cfg["tun_net"] = f"10.253.{cfg['seed']}"
    return cfg


def ip(cfg, host, i=0):
    return cfg["hosts"][host]["ips"][i]
