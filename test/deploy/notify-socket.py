"""systemd's end of NOTIFY_SOCKET: prints each datagram as one line of JSON, with the moment it came. One argument: the socket's path."""
import json
import os
import socket
import sys
import time

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print(json.dumps({"listening": sys.argv[1]}), flush=True)
while True:
    data, descriptors, _, _ = socket.recv_fds(listener, 1 << 16, 4)
    # systemd-notify waits until the descriptor that comes with BARRIER=1 is closed.
    for descriptor in descriptors:
        os.close(descriptor)
    assignments = dict(line.split("=", 1) for line in data.decode().splitlines())
    print(json.dumps({"at": time.time(), **assignments}), flush=True)
