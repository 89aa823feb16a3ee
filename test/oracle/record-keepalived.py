#!/usr/bin/env python3
"""Records test/fixtures/keepalived/NAME.pcap and .log: pairs of real keepalived daemons with odd configurations, on a bridge between
network namespaces, as a third port hears them. As root: `record-keepalived.py OUT [NAME...]`. All scenarios run at once, half a minute."""
import json, os, shutil, signal, subprocess, sys, tempfile, threading, time

OUT, ONLY = sys.argv[1], sys.argv[2:]
SECONDS, LONGER = 26, {"part-company": 44}
KEEPALIVED, FRR = "/usr/sbin/keepalived", "/usr/lib/frr"


def instance(name="VI", vrid=51, priority=100, vips="10.99.0.100/24", more=""):
    addresses = "\n".join(f"        {vip}" for vip in vips.split())
    return (f"vrrp_instance {name} {{\n    interface eth0\n    state BACKUP\n    virtual_router_id {vrid}\n    priority {priority}\n"
            f"    advert_int 1\n    garp_master_delay 2\n    {more}\n    virtual_ipaddress {{\n{addresses}\n    }}\n}}\n")


V3 = "version 3"
PASS = "authentication {\n auth_type PASS\n auth_pass %s\n }"
AH = "authentication {\n auth_type AH\n auth_pass secret\n }"
FILES = 'vrrp_track_file %s {\n    file "%s/%s"\n    init_file 0\n}\n'
tracked = lambda vrid, files: instance(f"V{vrid}", vrid, 100, f"10.99.0.{vrid}/24", "track_file {\n" + "".join(f" {f} weight 1\n" for f in files) + "}")

# name: (configuration of lb1, of lb2, what happens when). {dir} is the folder of that load balancer.
both = lambda one, two=None, events=(): (one, two or one, events)
SCENARIOS = {
    "healthy": both(instance(), instance(priority=90), [(7, "lb1", "TERM"), (12, "lb1", "start")]),
    "healthy-v3-ipv6": both(instance(more=V3, vips="fe80::100/64 fd99::100/64"), instance(more=V3, priority=90, vips="fe80::100/64 fd99::100/64"),
                            [(7, "lb1", "KILL"), (13, "lb1", "start")]),
    "equal-priority": both(instance(), events=[(5, "lb2", "first start"), (12, "lb1", "TERM")]),
    "two-owners": both(instance(priority=255, more="state MASTER")),
    "interval-v3": both(instance(more=V3), instance(priority=90, more=V3).replace("advert_int 1\n", "advert_int 2\n"), [(9, "lb1", "TERM")]),
    "auth-type": both(instance(more=PASS % "abcd"), instance(priority=90)),
    "auth-ah-and-pass": both(instance(more=AH), instance(priority=90, more=PASS % "abcd")),
    "virtual-mac": both(instance(more="use_vmac"), instance(priority=90, more="use_vmac"), [(8, "lb1", "TERM"), (14, "lb1", "start")]),
    "virtual-mac-on-one": both(instance(more="use_vmac"), instance(priority=90), [(8, "lb1", "TERM")]),
    "nopreempt": both(instance(more="nopreempt"), instance(priority=90), [(5, "lb2", "first start"), (11, "lb1", "TERM"), (14, "lb1", "start")]),
    "two-clusters": both(instance(), instance(priority=90, vips="10.99.0.200/24")),
    "address-twice": both(instance(vrid=51), instance(vrid=52)),
    "many-announcements": both(instance(more="garp_master_refresh 1\n    garp_master_refresh_repeat 30"), instance(priority=90)),
    "other-group": both("global_defs {\n vrrp_mcast_group4 224.0.10.18\n}\n" + instance(), "global_defs {\n vrrp_mcast_group4 224.0.10.18\n}\n" + instance(priority=90)),
    "stalled": both(instance(), instance(priority=50), [(8, "lb1", "STOP"), (10.7, "lb1", "CONT")]),
    "flapping": both(instance(), instance(priority=90), [x for t in (6, 12.5, 19) for x in ((t, "lb1", "TERM"), (t + 1.5, "lb1", "start"))]),
    "part-company": both(
        FILES % ("a", "{dir}", "a") + FILES % ("b", "{dir}", "b") + tracked(61, "a") + tracked(62, "ab"),
        instance("V61", 61, 90, "10.99.0.61/24") + instance("V62", 62, 90, "10.99.0.62/24"),
        [(6, "lb1", "a=-20"), (11, "lb1", "a=0"), (24, "lb1", "b=-20")]),
    "killed-group-member": both(instance(), instance(priority=90), [(7, "lb1", "cable out"), (14, "lb1", "cable in")]),
    "frr-and-keepalived": ("frr", instance(priority=90, more=V3), [(11, "lb2", "TERM")]),
}


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options).stdout


class Host:
    def __init__(self, scenario, name, number, config, root):
        self.space, self.folder, self.config = f"{scenario}{name}", os.path.join(root, name), config
        self.number, self.processes, self.keepalived = number, [], None
        os.makedirs(self.folder)
        run("ip", "netns", "add", self.space)

    def connect(self, bridge):
        mac = f"02:99:00:00:00:{self.number:02x}"
        run("ip", "link", "add", "eth0", "netns", self.space, "address", mac, "type", "veth", "peer", "name", f"p{self.number}", "netns", bridge)
        run("ip", "-n", bridge, "link", "set", f"p{self.number}", "master", "br0", "up")
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "eth0", "up")
        self.ip("addr", "add", f"10.99.0.{self.number}/24", "dev", "eth0")
        self.ip("addr", "add", f"fd99::{self.number:x}/64", "dev", "eth0", "nodad")

    def ip(self, *words):
        return run("ip", "-n", self.space, *words)

    def spawn(self, *words):
        log = open(os.path.join(self.folder, "log"), "a")
        process = subprocess.Popen(["ip", "netns", "exec", self.space, *words], stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)
        return process

    def start(self):
        if self.config.startswith("frr"):
            return self.start_frr()
        path = os.path.join(self.folder, "keepalived.conf")
        for name in "ab":
            open(os.path.join(self.folder, name), "a").write("") if os.path.exists(os.path.join(self.folder, name)) else open(os.path.join(self.folder, name), "w").write("0\n")
        open(path, "w").write(self.config.replace("{dir}", self.folder))
        pids = [f"--{kind}={self.folder}/{kind}" for kind in ("pid", "vrrp_pid", "checkers_pid")]
        self.keepalived = self.spawn(KEEPALIVED, "-n", "-l", "-D", "-P", "-f", path, *pids)

    def start_frr(self):
        """vrrpd wants the virtual MAC as a macvlan with the addresses; zebra tells it of the interfaces."""
        self.ip("link", "add", "link", "eth0", "name", "vrrp4-51", "type", "macvlan", "mode", "bridge")
        self.ip("link", "set", "vrrp4-51", "address", "00:00:5e:00:01:33")
        self.ip("addr", "add", "10.99.0.100/24", "dev", "vrrp4-51")
        self.ip("link", "set", "vrrp4-51", "up")
        conf = f"interface eth0\n vrrp 51 version 3\n vrrp 51 priority 110\n vrrp 51 advertisement-interval 1000\n vrrp 51 ip 10.99.0.100\n"
        open(os.path.join(self.folder, "vrrpd.conf"), "w").write(conf)
        open(os.path.join(self.folder, "zebra.conf"), "w").write("")
        run("chmod", "-R", "a+rwX", os.path.dirname(self.folder))
        run("chown", "-R", "frr:frr", self.folder)
        for daemon in ("zebra", "vrrpd"):
            self.spawn(f"{FRR}/{daemon}", "-f", f"{self.folder}/{daemon}.conf", "-i", f"{self.folder}/{daemon}.pid", "-z", f"{self.folder}/zserv",
                       "--vty_socket", self.folder, "-A", "127.0.0.1", "-P", "0", "--log", "stdout", "--log-level", "informational")
            time.sleep(0.7)

    def do(self, what):
        if what.endswith("start"):
            self.start()
        elif what.startswith("cable"):
            self.ip("link", "set", "eth0", "down" if what.endswith("out") else "up")
        elif "=" in what:
            name, value = what.split("=")
            open(os.path.join(self.folder, name), "w").write(value + "\n")
        else:
            number = getattr(signal, f"SIG{what}")
            # The parent is told to end in good order, the whole family to die or to stand still.
            if what == "TERM":
                os.kill(int(open(os.path.join(self.folder, "pid")).read()), number)
            else:
                os.killpg(self.keepalived.pid, number)

    def end(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", self.space])


def telling(log):
    """Without the line for each announcement: the capture has those."""
    return "".join(line for line in open(log) if "gratuitous ARP" not in line and "Refusing to start" not in line)


def record(name, index):
    one, two, events = SCENARIOS[name]
    root = tempfile.mkdtemp(prefix=f"keepalived-{name}-")
    prefix = f"ka{os.getpid()}x{index}"
    bridge = f"{prefix}br"
    run("ip", "netns", "add", bridge)
    run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
    run("ip", "-n", bridge, "link", "set", "br0", "addrgenmode", "none", "up")
    hosts = {"lb1": Host(prefix, "lb1", 11, one, root), "lb2": Host(prefix, "lb2", 12, two, root)}
    marks, dump = [], None
    try:
        for host in hosts.values():
            host.connect(bridge)
        time.sleep(1)
        path = os.path.join(OUT, f"{name}.pcap")
        dump = subprocess.Popen(["ip", "netns", "exec", bridge, "tcpdump", "-Z", "root", "-U", "-i", "br0", "-w", path,
                                 "not udp and not tcp and not icmp6[0] == 133"], stderr=subprocess.DEVNULL)
        time.sleep(1)
        start = time.time()
        late = {host for _, host, what in events if what == "first start"}
        for host in sorted(set(hosts) - late):
            marks.append({"t": time.time(), "what": f"{host}: start"})
            hosts[host].start()
        for at, host, what in events:
            time.sleep(max(0, start + at - time.time()))
            marks.append({"t": time.time(), "what": f"{host}: {what}"})
            hosts[host].do(what)
        time.sleep(max(0, start + LONGER.get(name, SECONDS) - time.time()))
        logs = {host: telling(os.path.join(value.folder, "log")) for host, value in hosts.items()}
        with open(os.path.join(OUT, f"{name}.json"), "w") as file:
            json.dump({"marks": marks, "keepalived_log": logs}, file, indent=1)
            file.write("\n")
    finally:
        if dump:
            dump.terminate()
            dump.wait()
        for host in hosts.values():
            host.end()
        subprocess.run(["ip", "netns", "del", bridge])
        shutil.rmtree(root, ignore_errors=True)


os.makedirs(OUT, exist_ok=True)
threads = [threading.Thread(target=record, args=(name, i)) for i, name in enumerate(SCENARIOS) if not ONLY or name in ONLY]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
