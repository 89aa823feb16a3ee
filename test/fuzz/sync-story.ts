/**
 * Sync datagrams made up at random, in stories: a few datagrams about the same few sessions, told by a sender that is right, wrong or
 * malicious. Layout: kernel net/netfilter/ipvs/ip_vs_sync.c. What belongs to a story can be told from its client addresses.
 */
import type { Frame } from '../../dissectors/dissect.ts';
import {
  ethernetFrame,
  ipv4Packet,
  messageV0,
  messageV1,
  octets,
  type RecordFields,
  recordV0,
  recordV1,
  udpDatagram,
} from '../sync-message.ts';
import type { Random } from './random.ts';

const FLAGS_V1 = [0x83, 0x83, 0x83, 0x183, 0x1103, 0x1103, 0x883, 0x983, 0x1903, 0x2083, 0x80, 0x100a3, 0xffffffff, 0xc3, 0x0603];
const FLAGS_V0 = [0x83, 0x83, 0x183, 0x1103, 0x883, 0x2083, 0x40c3, 0xf9ff, 0x283, 0x683, 0x8083, 0x43, 0xffff];
const PROTOCOLS = [6, 6, 6, 6, 17, 17, 132, 0, 50, 51, 47, 1, 58, 255];
const STATES = [0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 10, 11, 13, 14, 255, 256, 65535];
/** The kernel shows what is left of huge ones in 32 bits of milliseconds. */
const TIMEOUTS = [0, 0, 60, 600, 900, 86_400, 4_294_967, 4_294_968, 0x7fffffff, 0x80000000, 0xffffffff];
const PORTS = [0, 80, 80, 443, 5060, 65535];
const SEQUENCE = [1, 24, ...new Array<number>(24).fill(7)];
const text = (words: string): number[] => [...words].map((letter) => letter.charCodeAt(0));
const option = (kind: number, octets: readonly number[]): number[] => [kind, octets.length, ...octets];
const SIP = option(3, text('sip'));

const OPTIONS: readonly (readonly number[])[] = [
  ...new Array<number[]>(12).fill([]),
  SEQUENCE,
  [...option(2, text('call-a')), ...SIP],
  [...option(2, text('call-b')), ...SIP],
  [...SIP, ...option(2, text('call-a'))],
  [...option(0x42, text('call-a')), ...option(0x43, text('sip'))],
  option(2, text('call-a')),
  SIP,
  [...option(3, text('sip\0x')), ...option(2, text('call-a'))],
  [...option(3, text('tls')), ...option(2, text('call-a'))],
  option(3, text('a name that is too long')),
  option(3, text('sixteen letters.')),
  [...SEQUENCE, ...SEQUENCE],
  [...SIP, ...SIP],
  [0x41, ...SEQUENCE.slice(1)],
  [0x81, ...SEQUENCE.slice(1)],
  [0xc1, ...SEQUENCE.slice(1)],
  [1, 8, ...new Array<number>(8).fill(0)],
  [4, 1, 0],
  [0x44, 1, 0],
  [0x7f, 2, 0, 0, ...SEQUENCE],
  [4, 1, 0, 1, 0],
  [1, 0],
  [2, 200, 1],
  [0x40, 1, 9],
  [3],
];

/** The client addresses of a story: both families carry its number, below 2^14. @param one which of its few clients */
const client4 = (story: number, one: number): string => `198.18.${(story >> 6) & 255}.${((story & 63) << 2) | one}`;
const client6 = (story: number, one: number): string => `fd98::${(story * 4 + one + 1).toString(16)}`;

/** The number of the story to which a line of `ipvsadm -Lnc` belongs; null: to none. */
export function storyOf(line: string): number | null {
  const v4 = / 198\.18\.(\d+)\.(\d+):/.exec(line);
  if (v4) return (Number(v4[1]) << 6) | (Number(v4[2]) >> 2);
  const v6 = / \[fd98::([0-9a-f]+)\]:/.exec(line);
  return v6 ? (Number.parseInt(v6[1], 16) - 1) >> 2 : null;
}

function fieldsOf(random: Random, story: number, v0: boolean): RecordFields {
  const v6 = !v0 && random.oneIn(5);
  const one = random.below(3);
  return {
    client: v6 ? client6(story, one) : client4(story, one),
    virtual: v6 ? 'fd99::100' : random.pick(['10.99.0.100', '10.99.0.100', '10.99.0.101', '0.0.0.9', '0.0.0.0']),
    destination: v6 ? `fd99::${random.pick(['21', '22'])}` : `10.99.0.${random.pick([21, 21, 22])}`,
    proto: random.pick(PROTOCOLS),
    clientPort: random.pick([0, 0, 1, 2, 40000]),
    virtualPort: random.pick(PORTS),
    destinationPort: random.pick([80, 80, 81, 0]),
    state: random.pick(STATES),
    flags: random.pick(v0 ? FLAGS_V0 : FLAGS_V1),
    timeout: random.pick(TIMEOUTS),
    fwmark: random.pick([0, 0, 0, 0, 9, 0xffffffff]),
    options: v0 ? [] : random.pick(OPTIONS),
  };
}

function recordOf(random: Random, story: number, v0: boolean): number[] {
  const fields = fieldsOf(random, story, v0);
  if (v0) {
    const sequence = ((fields.flags ?? 0) & 0x600) !== 0 && !random.oneIn(16);
    const record = recordV0({ ...fields, options: sequence ? new Array<number>(24).fill(3) : [] });
    return random.oneIn(16) ? [random.below(256), ...record.slice(1)] : record;
  }
  // Wrong, but for the first: version, type, length.
  const wrong = random.below(40);
  if (wrong === 0) return recordV1({ ...fields, version: random.pick([1, 15]) });
  if (wrong === 1) return recordV1({ ...fields, type: random.pick([1, 2, 3, 4, 0x80, 0x81, 255]) });
  if (wrong === 2) return recordV1({ ...fields, size: random.pick([0, 35, 36, 37, 40, 71, 72, 200, 0xfff]) });
  return recordV1(fields);
}

/** One whole message; in one of five something of its frame is wrong. */
export function syncMessage(random: Random, story: number): number[] {
  const v0 = random.oneIn(4);
  const records = Array.from({ length: random.pick([0, 1, 1, 1, 2, 3, 6]) }, () => recordOf(random, story, v0));
  const wrong = random.below(5) === 0;
  const count = wrong && random.oneIn(3) ? random.pick([0, records.length + 1, Math.max(0, records.length - 1), 255]) : records.length;
  const fields = { count, syncid: random.below(256) };
  const message = v0
    ? messageV0(records, fields)
    : messageV1(records, {
        ...fields,
        version: wrong && random.oneIn(4) ? random.below(256) : 1,
        spare: wrong && random.oneIn(4) ? random.pick([1, 0x100]) : 0,
      });
  if (!wrong) return message;
  return random.pick([
    () => message,
    // Cut or longer, and the size field says so, or says what it said before.
    () => resized(message.slice(0, random.below(message.length + 1))),
    () => message.slice(0, random.below(message.length + 1)),
    () => resized([...message, ...new Array<number>(1 + random.below(40)).fill(0)]),
    () => [...message, 0],
    () => message.with(2, message[3]).with(3, message[2]),
    () => message.with(random.below(message.length), random.below(256)),
    () => [random.below(256), ...message.slice(1)],
  ])();
}

function resized(message: number[]): number[] {
  return message.length < 4 ? message : message.with(2, message.length >> 8).with(3, message.length & 255);
}

const GROUP = '224.0.0.81';

/** The frames of one message: in an IPv4 datagram that a host may refuse, or in fragments of it. */
function framesOf(random: Random, message: readonly number[], atMicros: number): Frame[] {
  const fields = { source: '10.99.0.11', group: GROUP, id: 1 + random.below(65535) };
  const datagram = udpDatagram(message, fields);
  const way = random.below(24);
  const whole = (udp: readonly number[], more = {}) => ethernetFrame(ipv4Packet(udp, 17, { ...fields, ...more }), atMicros);
  if (way === 0) return [whole(withChecksum(datagram, fields, 0))];
  if (way === 1) return [whole(withChecksum(datagram, fields, 0x1234))];
  // The length of the UDP header: less than all (the rest is padding), more than there is.
  if (way === 2) return [whole(datagram.with(5, Math.max(8, datagram[5] - 4)))];
  if (way === 3) return [whole(datagram.with(4, 9))];
  if (way === 4) return [whole(datagram, { ttl: 64 })];
  if (way <= 6 && datagram.length > 24) {
    const cut = 8 * (1 + random.below(Math.floor((datagram.length - 9) / 8)));
    const fragments = [whole(datagram.slice(0, cut), { fragment: 0x2000 }), whole(datagram.slice(cut), { fragment: cut >> 3 })];
    if (random.oneIn(6)) fragments.pop();
    if (random.oneIn(6)) fragments.push(fragments[0]);
    return random.oneIn(2) ? fragments : fragments.reverse();
  }
  return [whole(datagram)];
}

/** @param wrong added to the right sum */
function withChecksum(datagram: readonly number[], { source, group }: { source: string; group: string }, wrong: number): number[] {
  const words = [...octets(source), ...octets(group), 0, 17, datagram[4], datagram[5], ...datagram, ...(datagram.length % 2 ? [0] : [])];
  let sum = wrong;
  for (let i = 0; i < words.length; i += 2) sum += (words[i] << 8) | words[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const checksum = ~sum & 0xffff || 0xffff;
  return datagram.with(6, checksum >> 8).with(7, checksum & 255);
}

/** One datagram of a story. */
export function syncFrames(random: Random, story: number, atMicros: number): Frame[] {
  return framesOf(random, syncMessage(random, story), atMicros);
}
