#!/usr/bin/env python3
"""Records demo/pair.pcap: two real IPVS kernels with keepalived, traffic for a minute and a half, a failover with
failback, and a split brain that heals. Run as root: `demo/record.py LAB OUT`, where LAB is the folder of the lab's lab.py."""
import os, shutil, sys, tempfile, time

sys.path.insert(0, sys.argv[1])
import lab as L  # noqa: E402

TRAFFIC = """
for k in range(34):
    tcp(n=1, say=3)
    short(n=2, gap=0.15)
    tcp(port=443, n=1, say=4)
    if k % 2: udp(n=1, pkts=4)
    if k % 5 == 4: close(3)
    if k % 11 == 10: reset(1)
    sleep(1.6)
sleep(30)
"""


def conf(priority):
    return (L.globals_() + L.vrrp(prio=priority, extra=L.PASS) + L.vrrp("VI_6", 52, priority, version=3, vips=("fe80::100/64", L.VIP6 + "/64"))
            + L.service(sched="wrr", weights=(1, 2)) + L.service(port=443, extra="persistence_timeout 30") + L.service(port=53, proto="UDP"))


def record(out):
    lab = L.Lab()
    path = os.path.join(tempfile.mkdtemp(), "pair.pcap")
    try:
        lab.real_servers(ports=(80, 443, 53))
        a, b = L.pair(lab, conf)
        for guest in (a, b):
            guest.sh("ipvsadm --set 45 12 25")
            guest.sh("sysctl -w net.ipv4.vs.sync_threshold='3 10'")
        lab.capture(path)
        lab.clients(TRAFFIC)
        time.sleep(28)
        lab.stop_keepalived("lb1"); lab.wait_master("lb2"); time.sleep(14)
        lab.keepalived("lb1", conf(100)); lab.wait_master("lb1"); time.sleep(10)
        lab.mark("split brain begins"); b.sh("iptables-legacy -I INPUT -p 112 -j DROP")
        lab.wait_master("lb2"); time.sleep(9)
        lab.mark("split brain ends"); b.sh("iptables-legacy -D INPUT -p 112 -j DROP"); time.sleep(16)
    finally:
        lab.close()
    shutil.copy(path, out)


record(sys.argv[2])
