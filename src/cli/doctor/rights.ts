/** The right to capture, what captures, and what the surroundings of the process hide. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { showsOtherNamespace } from '../../capture/interface-facts.ts';
import { EXIT, type OperatorError } from '../../errors.ts';
import { type Finding, found, type Kind } from './finding.ts';

const CAPTURE: Kind = {
  kind: 'rights.capture',
  severity: 'ok',
  when: 'the port could be opened for capture',
  meaning: 'CAP_NET_RAW is there, and npm pcap is built.',
  advice: [],
};

const NO_CAPTURE: Kind = {
  kind: 'rights.no_capture',
  severity: 'critical',
  when: 'this process has no CAP_NET_RAW; the doctor then listens with plain sockets',
  meaning:
    'Only connection sync is heard, so sessions, services and senders are there; VRRP, ARP, IGMP and MLD, TTL, MAC addresses, VLANs and losses are not.',
  advice: [
    'run as root, or `setcap cap_net_raw+ep $(readlink -f $(command -v node))`, or AmbientCapabilities=CAP_NET_RAW in the systemd unit',
    'or do with connection sync: `lvscope run --capture udp`',
    'or let tcpdump have the right: `sudo tcpdump -U -w - -i IF | lvscope run --read -`',
  ],
};

const NO_PCAP: Kind = {
  kind: 'rights.no_pcap',
  severity: 'critical',
  when: 'npm pcap is not installed, or does not load in this Node.js; the doctor then listens with plain sockets',
  meaning: 'As without the right to capture: only connection sync is heard.',
  advice: [
    '`apt-get install libpcap-dev && npm rebuild pcap` in the folder of lvscope, with the Node.js that runs it',
    'or do without: `lvscope run --capture udp`, or `tcpdump -U -w - -i IF | lvscope run --read -`',
  ],
};

const CONTAINER: Kind = {
  kind: 'place.container',
  severity: 'info',
  when: 'a container: /.dockerenv, /run/.containerenv or /run/systemd/container is there',
  meaning: "Unless it shares the host's network, its interfaces are behind a bridge or NAT, where neither VRRP nor sync passes.",
  advice: [
    'give it the network of the host (`--network host`) and CAP_NET_RAW (`--cap-add NET_RAW`), or a macvlan interface in the segment',
  ],
};

const NAMESPACE: Kind = {
  kind: 'place.namespace',
  severity: 'info',
  when: 'the network namespace is not that of process 1',
  meaning: 'Only the interfaces of this namespace can be listened to.',
  advice: ['fine if that was meant; otherwise run it outside, or move an interface in (`ip link set IF netns NAME`)'],
};

const OTHER_SYSFS: Kind = {
  kind: 'place.other_sysfs',
  severity: 'critical',
  when: '/sys shows the interfaces of another network namespace than the one of this process',
  meaning: 'lvscope looks for its interfaces in /sys/class/net: it does not find its own, and believes what is said of others.',
  advice: ['enter the namespace with `ip netns exec NAME`, which mounts /sys anew, or with `nsenter --net --mount`'],
};

export const RIGHTS_KINDS = [CAPTURE, NO_CAPTURE, NO_PCAP, CONTAINER, NAMESPACE, OTHER_SYSFS];

/** Bit 13 of the effective set, from linux/capability.h. */
const CAP_NET_RAW = 1n << 13n;

function rightText(): string {
  const effective = /^CapEff:\s*([\da-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const has = (BigInt(`0x${effective}`) & CAP_NET_RAW) !== 0n;
  return `user ${process.getuid?.()} ${has ? 'with' : 'without'} CAP_NET_RAW`;
}

/** @param refusal why nothing could be captured; null when it could */
export function rightFindings(refusal: OperatorError | null): Finding[] {
  if (refusal === null) return [found(CAPTURE, `right to capture: yes (${rightText()})`)];
  const { exitCode, message } = refusal;
  return [found(exitCode === EXIT.noPermission ? NO_CAPTURE : NO_PCAP, `right to capture: no (${message}; ${rightText()})`)];
}

const CONTAINER_SIGNS = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'];

/** Null where this user may not look. */
function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

export function placeFindings(): Finding[] {
  const signs = CONTAINER_SIGNS.filter((path) => existsSync(path));
  const first = namespaceOf('1');
  return [
    ...(signs.length > 0 ? [found(CONTAINER, `this is a container (${signs.join(', ')})`)] : []),
    ...(first !== null && first !== namespaceOf('self') ? [found(NAMESPACE, 'this is a network namespace of its own')] : []),
    ...(showsOtherNamespace() ? [found(OTHER_SYSFS, '/sys belongs to another network namespace')] : []),
  ];
}
