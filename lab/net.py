"""Network namespaces of one day: build, run commands in, take down.

Every host is a namespace with one veth leg on a bridge that sits in a
namespace of its own. No namespace has a default route or a leg outside, so
nothing in the lab can reach anything but the lab.

A process is tagged by its group: packets of group GID_BASE+t leave the host
with DSCP t. The capture on the bridge therefore says of every packet which
kind of process sent it, and the label step needs no guess. Conn logs hold no
DSCP, so the tag never reaches a model.
"""
import os
import subprocess

import days


# A host firewall that drops what is not served, so that probes meet silence too.
FIREWALL = """\
-A INPUT -p tcp --syn -m multiport ! --dports 22,25,80,143,443,587,993,5432,6379,8080 -j DROP
-A INPUT -p udp -m multiport ! --sports 53,123 -j DROP
"""


def sh(*argv, check=True):
    """Run a command quietly; its output comes back as text."""
    return subprocess.run(argv, check=check, text=True, capture_output=True).stdout


class Net:
    def __init__(self, cfg):
        self.cfg = cfg
        self.prefix = "lab-" + cfg["name"]
        self.switch = self.prefix + "-sw"

    def ns(self, host):
        return f"{self.prefix}-{host}"

    def inside(self, host, argv, tag=0):
        """argv wrapped so that it runs on a host, tagged."""
        group = ["setpriv", f"--regid={days.GID_BASE + tag}", "--clear-groups"] if tag else []
        return ["ip", "netns", "exec", self.ns(host)] + group + argv

    def build(self):
        self.down()
        self._new(self.switch)
        sh("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        sh("ip", "-n", self.switch, "link", "set", "br0", "up")
        for i, host in enumerate(self.cfg["hosts"]):
            self._host(i, host)

    def _new(self, ns):
        sh("ip", "netns", "add", ns)
        sh("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
           "net.ipv6.conf.default.disable_ipv6=1")
        sh("ip", "-n", ns, "link", "set", "lo", "up")

    def _host(self, i, host):
        ns, port, h = self.ns(host), f"p{i}", self.cfg["hosts"][host]
        self._new(ns)
        sh("ip", "link", "add", port, "netns", self.switch, "type", "veth", "peer", "name", "eth0", "netns", ns)
        sh("ip", "-n", self.switch, "link", "set", port, "master", "br0", "up")
        # Real packet sizes on the wire: no segmentation offload, checksums filled in.
        for n, dev in ((self.switch, port), (ns, "eth0")):
            sh("ip", "netns", "exec", n, "ethtool", "-K", dev, "tso", "off", "gso", "off", "gro", "off", "tx", "off")
        ips = h["ips"]
        if h["role"] == "void":
            ips = ["169.254.1.1"]
        for a in ips:
            sh("ip", "-n", ns, "addr", "add", a + "/32", "dev", "eth0")
        sh("ip", "-n", ns, "link", "set", "eth0", "up")
        for p in self.cfg["nets"]:
            sh("ip", "-n", ns, "route", "add", p + ".0/24", "dev", "eth0", "src", ips[0])
        if h["role"] == "void":
            self._void(ns, h["ips"])
        else:
            self._tags(host, ns)

    def _tags(self, host, ns):
        """The mangle rules that write the tag of a process into its packets."""
        default = days.SERVER_TAG if self.cfg["hosts"][host]["role"] in ("server", "internet") else 0
        rules = [f"-A OUTPUT -j DSCP --set-dscp {default}"]
        for t in [days.BENIGN_TAG] + [days.tag(k) for k in days.KINDS]:
            rules.append(f"-A OUTPUT -m owner --gid-owner {days.GID_BASE + t} -j DSCP --set-dscp {t}")
        if host == "dns":  # what the resolver asks the tunnel's name server, it asks for the tunnel
            for a in self.cfg["hosts"]["idn"]["ips"]:
                rules.append(f"-A OUTPUT -d {a} -j DSCP --set-dscp {days.tag('tunnel-dns')}")
        self._restore(ns, "*mangle\n" + "\n".join(rules) + "\nCOMMIT\n")
        if self.cfg["hosts"][host]["role"] == "attacker":
            # As if spoofed: the kernel sends no RST from the second address when a flood is answered.
            rst = f"-A OUTPUT -s {self.cfg['hosts'][host]['ips'][1]} -p tcp --tcp-flags RST RST -j DROP\n"
            self._restore(ns, "*filter\n" + rst + "COMMIT\n")
        if host in self.cfg["firewalled"]:
            self._restore(ns, "*filter\n" + FIREWALL + "COMMIT\n")

    def _void(self, ns, dark):
        """One namespace stands for all unused addresses: it answers ARP, so
        that probes of them show on the wire, drops most and refuses some."""
        batch = "".join(f"route add local {a}/32 dev lo\n" for a in dark)
        subprocess.run(["ip", "-n", ns, "-batch", "-"], input=batch, text=True, check=True)
        alive = dark[:: 3 + self.cfg["seed"] % 3]
        rules = [f"-A INPUT -d {a} -j ACCEPT" for a in alive] + ["-A INPUT -j DROP"]
        self._restore(ns, "*filter\n" + "\n".join(rules) + "\nCOMMIT\n")
        self._restore(ns, "*mangle\n-A OUTPUT -j DSCP --set-dscp 0\nCOMMIT\n")

    def _restore(self, ns, text):
        subprocess.run(["ip", "netns", "exec", ns, "iptables-restore", "-n"], input=text, text=True, check=True)

    def names(self):
        """The namespaces of this day that exist."""
        return [w.split()[0] for w in sh("ip", "netns", "list").splitlines()
                if w.startswith(self.prefix + "-")]

    def kill(self, sig):
        """Signal every process that still lives in the day's namespaces."""
        for ns in self.names():
            for pid in sh("ip", "netns", "pids", ns).split():
                try:
                    os.kill(int(pid), sig)
                except ProcessLookupError:
                    pass

    def down(self):
        if not self.names():
            return
        self.kill(9)
        for ns in self.names():
            sh("ip", "netns", "del", ns)
            subprocess.run(["rm", "-rf", f"/etc/netns/{ns}"])
