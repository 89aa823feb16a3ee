/**
 * Forged frames without end, as a capture on standard output for `tcpreplay -`: what anybody on the segment can send. Every frame
 * is another one; the same seed gives the same frames.
 *
 *   node test/bench/flood-frames.js KIND [FRAMES [SECONDS]]
 */
import { once } from 'node:events';
import { captureHeader } from './sync-file.js';

/** The director of the recordings under test/fixtures/captures, whom `spoofed` impersonates. */
const DIRECTOR = { mac: '02990000000b', address: 0x0a63000b };
const STRANGER = { mac: '026600000066', address: 0x0a630042 };
const SYNC_RECORDS = 40;
const RECORD_OCTETS = 36;
const SYNC_OCTETS = 8 + SYNC_RECORDS * RECORD_OCTETS;
const BATCH = 200;
const PACKET_HEADER = 16;
const FRAGMENT_OCTETS = 1024;
const DAY_SECONDS = 86_400;

let state = 0x9e3779b9;
/** Marsaglia's xorshift: all 32-bit numbers but 0. */
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

/** Of any 32 bits, as a number with or without a sign. */
const put32 = (frame, at, bits) => frame.writeInt32BE(bits | 0, at);
const hex = (text) => Buffer.from(text, 'hex');

function onesSum(frame, from, to) {
  let sum = 0;
  for (let i = from; i < to; i += 2) sum += frame.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function ethernet(frame, to, from, type) {
  hex(to).copy(frame, 0);
  hex(from).copy(frame, 6);
  frame.writeUInt16BE(type, 12);
}

function ipv4(frame, { source, destination, protocol, ttl, fragment = 0x4000 }) {
  frame.writeUInt16BE(0x45c0, 14);
  frame.writeUInt16BE(frame.length - 14, 16);
  frame.writeUInt16BE(random() & 0xffff, 18);
  frame.writeUInt16BE(fragment, 20);
  frame.writeUInt16BE((ttl << 8) | protocol, 22);
  frame.writeUInt16BE(0, 24);
  put32(frame, 26, source);
  put32(frame, 30, destination);
  frame.writeUInt16BE(onesSum(frame, 14, 34), 24);
}

/** Established TCP sessions between addresses and ports that nobody has, for a day. */
function syncFrame(frame, { mac, address }, syncid) {
  ethernet(frame, '01005e000051', mac, 0x0800);
  ipv4(frame, { source: address, destination: 0xe0000051, protocol: 17, ttl: 1 });
  put32(frame, 34, (40000 << 16) | 8848);
  put32(frame, 38, (8 + SYNC_OCTETS) << 16);
  put32(frame, 42, (syncid << 16) | SYNC_OCTETS);
  put32(frame, 46, (SYNC_RECORDS << 24) | (1 << 16));
  for (let p = 50; p < frame.length; p += RECORD_OCTETS) {
    put32(frame, p, (6 << 16) | RECORD_OCTETS);
    put32(frame, p + 4, 0x83);
    put32(frame, p + 8, (1 << 16) | (random() >>> 16));
    put32(frame, p + 12, random());
    put32(frame, p + 16, 0);
    put32(frame, p + 20, DAY_SECONDS);
    put32(frame, p + 24, random());
    put32(frame, p + 28, random());
    put32(frame, p + 32, random());
  }
}

const randomMac = () => `02${(random() >>> 8).toString(16).padStart(6, '0')}${(random() >>> 16).toString(16).padStart(4, '0')}`;

/** VRRP version 2 (RFC 3768): any router for any address. */
function vrrpFrame(frame) {
  ethernet(frame, '01005e000012', randomMac(), 0x0800);
  ipv4(frame, { source: random(), destination: 0xe0000012, protocol: 112, ttl: 255 });
  put32(frame, 34, (0x21 << 24) | ((random() & 0xff) << 16) | ((random() & 0xff) << 8) | 1);
  put32(frame, 38, 1 << 16);
  put32(frame, 42, random());
  frame.fill(0, 46);
  frame.writeUInt16BE(0, 40);
  frame.writeUInt16BE(onesSum(frame, 34, 54), 40);
}

/** Gratuitous ARP: any address has any MAC. */
function arpFrame(frame) {
  const mac = randomMac();
  ethernet(frame, 'ffffffffffff', mac, 0x0806);
  hex('0001080006040001').copy(frame, 14);
  hex(mac).copy(frame, 22);
  const address = random();
  put32(frame, 28, address);
  hex('ffffffffffff').copy(frame, 32);
  put32(frame, 38, address);
}

/** IGMP version 3 (RFC 3376): any host joins any group. */
function igmpFrame(frame) {
  ethernet(frame, '01005e000016', randomMac(), 0x0800);
  ipv4(frame, { source: random(), destination: 0xe0000016, protocol: 2, ttl: 1 });
  put32(frame, 34, 0x22000000);
  put32(frame, 38, 1);
  put32(frame, 42, 0x04000000);
  put32(frame, 46, 0xe0000000 | (random() >>> 4));
  frame.writeUInt16BE(onesSum(frame, 34, 50), 36);
}

/** The beginning of a datagram of connection sync whose end never comes. */
function fragmentFrame(frame) {
  ethernet(frame, '01005e000051', randomMac(), 0x0800);
  ipv4(frame, { source: random(), destination: 0xe0000051, protocol: 17, ttl: 1, fragment: 0x2000 });
  put32(frame, 34, (40000 << 16) | 8848);
  put32(frame, 38, (8 + 2 * FRAGMENT_OCTETS) << 16);
}

const SYNC_FRAME = 42 + SYNC_OCTETS;
const KINDS = {
  sync: { octets: SYNC_FRAME, fill: (frame) => syncFrame(frame, STRANGER, 51) },
  spoofed: { octets: SYNC_FRAME, fill: (frame) => syncFrame(frame, DIRECTOR, 51) },
  senders: {
    octets: SYNC_FRAME,
    fill: (frame) => syncFrame(frame, { mac: randomMac(), address: random() }, random() & 0xff),
  },
  vrrp: { octets: 54, fill: vrrpFrame },
  arp: { octets: 42, fill: arpFrame },
  igmp: { octets: 50, fill: igmpFrame },
  fragments: { octets: 34 + FRAGMENT_OCTETS, fill: fragmentFrame },
};

const [kind, mostFrames = '0', seconds = '0'] = process.argv.slice(2);
const { octets, fill } = KINDS[kind];
const length = PACKET_HEADER + octets;
const most = Number(mostFrames) || Number.POSITIVE_INFINITY;
const end = performance.now() + (Number(seconds) || Number.POSITIVE_INFINITY) * 1000;
process.stdout.on('error', () => process.exit(0));
process.stdout.write(captureHeader());
for (let sent = 0; sent < most && performance.now() < end; sent += BATCH) {
  const batch = Buffer.alloc(Math.min(BATCH, most - sent) * length);
  for (let at = 0; at < batch.length; at += length) {
    batch.writeUInt32LE(octets, at + 8);
    batch.writeUInt32LE(octets, at + 12);
    fill(batch.subarray(at + PACKET_HEADER, at + length));
  }
  if (!process.stdout.write(batch)) await once(process.stdout, 'drain');
}
