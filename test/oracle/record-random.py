#!/usr/bin/env python3
"""Records test/fixtures/captures/random.*: random sync datagrams sent to a real backup kernel, which is asked for its table after
each one. Few values for every field, so that records meet: same clients and ports with other flags, templates, engines, options.

As root: `record-random.py LAB OUT SEED COUNT`, where LAB is the folder of the lab's lab.py; leaves OUT/crafted.{pcap,json}."""
import ipaddress, random, struct, sys

sys.path.insert(0, sys.argv[1])
import lab as L  # noqa: E402

RANDOM = random.Random(int(sys.argv[3]))
FLAGS_V1 = (0x83, 0x83, 0x183, 0x1103, 0x1103, 0x883, 0x983, 0x1903, 0x2083, 0x80, 0x100A3)
FLAGS_V0 = (0x83, 0x183, 0x1103, 0x883, 0x2083, 0x40C3, 0xFFFF & ~0x600, 0x283, 0x8083, 0x43)
OPTIONS = (b"", b"", b"", b"", b"\x02\x06call-a\x03\x03sip", b"\x02\x06call-b\x03\x03sip", b"\x03\x03sip", b"\x03\x05sip\0x\x02\x06call-a",
           b"\x41\x18" + bytes(24), b"\x81\x18" + bytes(24), b"\xc1\x18" + bytes(24), b"\x04\x01a\x01\x00", b"\x02\x06call-a")
pick = RANDOM.choice
packed = lambda text: ipaddress.ip_address(text).packed


def record_v1():
    v6 = RANDOM.random() < 0.2
    client = f"fd99::{pick((1, 2, 3))}" if v6 else f"198.51.100.{pick((1, 2, 3))}"
    virtual = "fd99::100" if v6 else pick(("10.99.0.100", "10.99.0.101", "0.0.0.9"))
    server = f"fd99::{pick(('21', '22'))}" if v6 else f"10.99.0.{pick((21, 22))}"
    fixed = struct.pack(">IHHHHII", pick(FLAGS_V1), pick((0, 1, 1, 1, 4, 5, 2, 3)), pick((0, 0, 1, 2, 3)), pick((80, 80, 0, 21, 5060)),
                        pick((80, 81)), pick((0, 0, 0, 9)), pick((0, 600, 700, 800)))
    body = fixed + packed(client) + packed(virtual) + packed(server) + pick(OPTIONS)
    whole = struct.pack(">BBH", int(v6), pick((6, 6, 6, 17, 132, 0, 50, 51, 47, 1)), 4 + len(body)) + body
    return whole + b"\0" * (-len(whole) % 4)


def record_v0():
    flags = pick(FLAGS_V0)
    ends = packed(f"198.51.100.{pick((1, 2, 3))}") + packed("10.99.0.100") + packed(f"10.99.0.{pick((21, 22))}")
    ports = struct.pack(">BBHHH", 0, pick((6, 17, 132, 0, 50, 51)), pick((0, 1, 2, 3)), pick((80, 0)), pick((80, 81)))
    return ports + ends + struct.pack(">HH", flags, pick((0, 1, 1, 4))) + (bytes(24) if flags & 0x600 else b"")


def datagram():
    v0 = RANDOM.random() < 0.25
    records = [(record_v0 if v0 else record_v1)() for _ in range(RANDOM.randrange(1, 6))]
    body = b"".join(records)
    head = struct.pack(">BBH", len(records), 0, 4 + len(body)) if v0 else struct.pack(">BBHBbH", 0, 0, 8 + len(body), len(records), 1, 0)
    return head + body


L.crafted_messages = lambda *_: [(f"random {k}", datagram()) for k in range(int(sys.argv[4]))]
L.record("crafted", sys.argv[2])
