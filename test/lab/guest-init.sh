#!/bin/sh
# The first program of a director: makes a host of the kernel, then runs the lines that come over its console.
# From the kernel's command line: LAB_NAME, LAB_MAC, LAB_IP4, LAB_IP6.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TZ=UTC
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
# modprobe looks for modules under /lib/modules, Debian's package keeps them elsewhere.
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
echo 0 >/proc/sys/kernel/printk
hostname "$LAB_NAME"
for module in ipv6 ip_vs ip_vs_rr ip_vs_wrr iptable_filter xt_tcpudp; do modprobe -d /run/modules "$module"; done
ip link set lo up
ip link set vec0 name eth0
ip link set eth0 up
ip addr add "$LAB_IP4" dev eth0
ip -6 addr add "$LAB_IP6" dev eth0 nodad
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
stty raw -echo
echo GUEST-UP
# As LINE_LOOP of line-shell.ts.
lines=0
while IFS= read -r line; do lines=$((lines + 1)); eval "$line" 2>&1 </dev/null; echo "LINE-DONE $lines $?"; done
