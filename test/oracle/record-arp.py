#!/usr/bin/env python3
"""Records test/fixtures/arp/NAME.pcap and .json: Linux hosts in network namespaces that answer, ask, probe and announce, on a bridge that
floods every frame (so a third port sees the answers too). As root: `record-arp.py OUT`. Needs keepalived, arping (iputils), ping, tcpdump,
and arpwatch, which is an oracle for ordinary hosts: what it reports of the recording is kept beside it."""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time

OUT = sys.argv[1]
VIP = "10.99.0.100"


def run(*words, check=True):
    return subprocess.run(words, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def keepalived(priority):
    return (f"vrrp_instance VI {{\n interface eth0\n state BACKUP\n virtual_router_id 51\n priority {priority}\n advert_int 1\n"
            f" garp_master_delay 2\n virtual_ipaddress {{\n  {VIP}/24\n }}\n}}\n")


class Network:
    def __init__(self, name):
        self.name, self.prefix, self.marks, self.daemons, self.spaces = name, f"arp{os.getpid()}", [], [], []
        self.folder, self.bridge = tempfile.mkdtemp(), f"arp{os.getpid()}br"
        run("ip", "netns", "add", self.bridge)
        run("ip", "-n", self.bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0", "ageing_time", "0")
        run("ip", "-n", self.bridge, "link", "set", "br0", "addrgenmode", "none", "up")

    def host(self, name, number, address=None, v6=True):
        space = self.prefix + name
        self.spaces.append(space)
        run("ip", "netns", "add", space)
        run("ip", "link", "add", "eth0", "netns", space, "address", f"02:99:00:00:00:{number:02x}", "type", "veth",
            "peer", "name", f"p{number}", "netns", self.bridge)
        run("ip", "-n", self.bridge, "link", "set", f"p{number}", "addrgenmode", "none", "master", "br0", "up")
        if not v6:
            self.on(name, "sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
        run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "-n", space, "link", "set", "eth0", "up")
        if address:
            self.on(name, "ip", "addr", "add", f"{address}/24", "dev", "eth0")

    def on(self, name, *words):
        return run("ip", "netns", "exec", self.prefix + name, *words, check=False)

    def mark(self, name, *words):
        self.marks.append({"t": time.time(), "what": f"{name}: {' '.join(words)}"})
        self.on(name, *words)

    def balancer(self, name, number, priority):
        self.host(name, number, f"10.99.0.{number}", v6=False)
        path = os.path.join(self.folder, f"{name}.conf")
        open(path, "w").write(keepalived(priority))
        pids = [f"--{kind}={self.folder}/{name}.{kind}" for kind in ("pid", "vrrp_pid", "checkers_pid")]
        self.daemons.append(subprocess.Popen(["ip", "netns", "exec", self.prefix + name, "keepalived", "-n", "-P", "-f", path, *pids],
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))

    def listen(self):
        self.path = os.path.join(OUT, f"{self.name}.pcap")
        self.dump = subprocess.Popen(["ip", "netns", "exec", self.bridge, "tcpdump", "-Z", "root", "-U", "-i", "br0", "-w", self.path,
                                      "arp or ip proto 112 or (icmp6 and (ip6[40] == 135 or ip6[40] == 136))"], stderr=subprocess.DEVNULL)
        time.sleep(1)

    def end(self, more=None):
        self.dump.terminate()
        self.dump.wait()
        for daemon in self.daemons:
            os.killpg(daemon.pid, signal.SIGKILL)
        for space in [*self.spaces, self.bridge]:
            run("ip", "netns", "del", space, check=False)
        shutil.rmtree(self.folder)
        with open(os.path.join(OUT, f"{self.name}.json"), "w") as file:
            json.dump({"marks": self.marks, **(more(self.path) if more else {})}, file, indent=1)
            file.write("\n")


def arpwatch(path):
    """What arpwatch reports of a recording, in order: [event, address, MAC, MAC before]."""
    data = path + ".dat"
    open(data, "w").close()
    text = run("arpwatch", "-d", "-n", "10.99.0.0/24", "-f", data, "-r", path)
    for left in (data, data + "-"):
        if os.path.exists(left):
            os.remove(left)
    events = []
    for block in re.split(r"(?m)^(?=From:|arpwatch:)", text):
        field = lambda name: (re.search(rf"(?m)^ *{name}: (\S+)", block) or [None, None])[1]
        subject = re.search(r"(?m)^Subject: ([a-z ]+) \(", block)
        line = re.match(r"arpwatch: ([a-z ]+?) ([\d.]+) ([\da-f:]{17}) \(([\da-f:]{17})\)", block)
        if subject:
            events.append([subject[1], field("ip address"), field("ethernet address"), field("old ethernet address")])
        elif line:
            events.append(list(line.groups()))
    return {"arpwatch": events}


def real_servers_answer():
    """Two real servers hold the virtual address on lo and answer for it, as they do without arp_ignore."""
    net = Network("real-servers-answer")
    net.listen()
    net.balancer("lb1", 11, 100)
    net.balancer("lb2", 12, 90)
    net.host("cl", 2, "10.99.0.2", v6=False)
    for name, number in (("rs1", 21), ("rs2", 22)):
        net.host(name, number, f"10.99.0.{number}", v6=False)
        net.on(name, "ip", "addr", "add", f"{VIP}/32", "dev", "lo")
    time.sleep(6)
    for name in ("rs1", "rs2"):
        net.mark(name, "ping", "-c1", "-W1", "10.99.0.11")
    time.sleep(1)
    net.mark("cl", "ping", "-c1", "-W1", VIP)
    time.sleep(9)
    net.end()


def quiet_real_servers():
    """The same with arp_ignore=1: only the master answers, before and after a failover."""
    net = Network("quiet-real-servers")
    net.listen()
    net.balancer("lb1", 11, 100)
    net.balancer("lb2", 12, 90)
    net.host("cl", 2, "10.99.0.2", v6=False)
    net.host("rs1", 21, "10.99.0.21", v6=False)
    net.on("rs1", "sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=1")
    net.on("rs1", "ip", "addr", "add", f"{VIP}/32", "dev", "lo")
    time.sleep(6)
    net.mark("cl", "ping", "-c1", "-W1", VIP)
    time.sleep(1)
    net.marks.append({"t": time.time(), "what": "lb1: keepalived gets SIGTERM"})
    os.kill(int(open(f"{net.folder}/lb1.pid").read()), signal.SIGTERM)
    time.sleep(4)
    net.on("cl", "ip", "neigh", "flush", "all")
    net.mark("cl", "ping", "-c1", "-W1", VIP)
    time.sleep(7)
    net.end()


def stranger():
    """A host that is no router probes for the virtual address, and later takes it."""
    net = Network("stranger")
    net.listen()
    net.balancer("lb1", 11, 100)
    net.balancer("lb2", 12, 90)
    net.host("st", 0x66, v6=False)
    time.sleep(6)
    net.mark("st", "arping", "-D", "-c1", "-I", "eth0", VIP)
    time.sleep(2)
    net.mark("st", "ip", "addr", "add", f"{VIP}/24", "dev", "eth0")
    net.mark("st", "arping", "-U", "-c2", "-I", "eth0", VIP)
    time.sleep(7)
    net.end()


def ordinary_hosts():
    """No virtual router: a card is changed, two hosts share an address, an address comes back to an old card. arpwatch is the oracle."""
    net = Network("ordinary-hosts")
    net.listen()
    net.host("a", 0x31, "10.99.0.31")
    net.host("b", 0x32, "10.99.0.32")
    net.host("c", 0x33, "10.99.0.33", v6=False)
    time.sleep(3)
    fresh = lambda: [net.on(name, "ip", "neigh", "flush", "all") for name in "abc"]
    net.mark("a", "ping", "-c1", "-W1", "10.99.0.32")
    time.sleep(1)
    for number in (0x41, 0x31, 0x41, 0x42, 0x31):
        net.on("a", "ip", "link", "set", "eth0", "address", f"02:99:00:00:00:{number:02x}")
        fresh()
        time.sleep(2)
        net.mark("a", "ping", "-c1", "-W1", "10.99.0.32")
    net.on("c", "ip", "addr", "add", "10.99.0.32/24", "dev", "eth0")
    fresh()
    time.sleep(1)
    net.mark("c", "arping", "-U", "-c1", "-I", "eth0", "10.99.0.32")
    time.sleep(1)
    net.mark("b", "arping", "-U", "-c1", "-I", "eth0", "10.99.0.32")
    time.sleep(6)
    net.end(arpwatch)


os.makedirs(OUT, exist_ok=True)
for record in (real_servers_answer, quiet_real_servers, stranger, ordinary_hosts):
    record()
