/**
 * Writes a capture of sync version 1 datagrams as a busy director sends them: 40 IPv4 TCP records each, every session
 * confirmed as often as the others, in an order that caches cannot guess. Deterministic.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const RECORDS = 40;
const RECORD_OCTETS = 36;
const SYNC_OCTETS = 8 + RECORDS * RECORD_OCTETS;
const FRAME_OCTETS = 14 + 20 + 8 + SYNC_OCTETS;
const PACKET_OCTETS = 16 + FRAME_OCTETS;
const START_SECONDS = 1_795_234_000;
const DATAGRAMS_PER_SECOND = 25_000;
const BATCH = 1000;
/** IP_VS_TCP_S_ESTABLISHED. */
const ESTABLISHED = 1;

function onesSum(view, from, to) {
  let sum = 0;
  for (let i = from; i < to; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** The moment of a datagram in a file, which has so many of them a second. */
function momentOf(number) {
  return {
    seconds: START_SECONDS + Math.floor(number / DATAGRAMS_PER_SECOND),
    micros: (number % DATAGRAMS_PER_SECOND) * (1e6 / DATAGRAMS_PER_SECOND),
  };
}

function writeHeaders(view, at, number, { seconds, micros }) {
  view.setUint32(at, seconds, true);
  view.setUint32(at + 4, micros, true);
  view.setUint32(at + 8, FRAME_OCTETS, true);
  view.setUint32(at + 12, FRAME_OCTETS, true);
  const frame = at + 16;
  view.setUint32(frame, 0x01005e00);
  view.setUint16(frame + 4, 0x0051);
  view.setUint16(frame + 6, 0x0299);
  view.setUint32(frame + 8, 0x0000000b);
  view.setUint16(frame + 12, 0x0800);
  const ip = frame + 14;
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, FRAME_OCTETS - 14);
  view.setUint16(ip + 4, number & 0xffff);
  view.setUint16(ip + 6, 0x4000);
  view.setUint16(ip + 8, (1 << 8) | 17);
  view.setUint16(ip + 10, 0);
  view.setUint32(ip + 12, 0x0a63000b);
  view.setUint32(ip + 16, 0xe0000051);
  view.setUint16(ip + 10, ~onesSum(view, ip, ip + 20) & 0xffff);
  const udp = ip + 20;
  view.setUint16(udp, 40000);
  view.setUint16(udp + 2, 8848);
  view.setUint16(udp + 4, 8 + SYNC_OCTETS);
  view.setUint16(udp + 6, 0);
  return udp + 8;
}

/** The header of the message and its records. */
function writeMessage(view, sync, record) {
  view.setUint32(sync, (0 << 24) | (51 << 16) | SYNC_OCTETS);
  view.setUint8(sync + 4, RECORDS);
  view.setUint8(sync + 5, 1);
  view.setUint16(sync + 6, 0);
  for (let i = 0; i < RECORDS; i++) {
    writeRecord(view, sync + 8 + i * RECORD_OCTETS, record(i));
  }
}

/** Session `n` as a record: so many real servers behind 16 virtual addresses, four sessions of each client. */
function writeRecord(view, p, { n, timeout, servers, state = ESTABLISHED }) {
  view.setUint8(p, 0);
  view.setUint8(p + 1, 6);
  view.setUint16(p + 2, RECORD_OCTETS);
  view.setUint32(p + 4, 0x83);
  view.setUint16(p + 8, state);
  view.setUint16(p + 10, 1024 + (n % 60000));
  view.setUint16(p + 12, 443);
  view.setUint16(p + 14, 443);
  view.setUint32(p + 16, 0);
  view.setUint32(p + 20, timeout);
  view.setUint32(p + 24, (0x0b000000 + Math.floor(n / 4)) >>> 0);
  view.setUint32(p + 28, 0x0a630064 + ((n % servers) % 16));
  view.setUint32(p + 32, 0x0a640000 + (n % servers));
}

/** What a capture begins with. */
export function captureHeader() {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/**
 * Datagrams of 40 records as a capture has them, all of one moment, to be written where a capture is read as it comes.
 * @param {{ number: number, count: number, atMicros: number, record: (i: number) => { n: number, timeout: number, servers: number, state?: number } }} options
 *   `number` of the first datagram; `record` says what the i-th record of all is
 */
export function syncDatagrams({ number, count, atMicros, record }) {
  const packets = Buffer.alloc(count * PACKET_OCTETS);
  const view = new DataView(packets.buffer, packets.byteOffset, packets.length);
  const moment = { seconds: Math.floor(atMicros / 1e6), micros: atMicros % 1e6 };
  for (let d = 0; d < count; d++) {
    const sync = writeHeaders(view, d * PACKET_OCTETS, number + d, moment);
    writeMessage(view, sync, (i) => record(d * RECORDS + i));
  }
  return packets;
}

/**
 * @param {string} path @param {number} datagrams @param {number} sessions distinct sessions
 */
export function writeSyncFile(path, datagrams, sessions) {
  const file = openSync(path, 'w');
  writeSync(file, captureHeader());
  const batch = Buffer.alloc(BATCH * PACKET_OCTETS);
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  // A step prime to the number of sessions visits each of them once a round, far from the one before.
  const step = 611_953;
  let n = 0;
  for (let number = 0; number < datagrams; number++) {
    const at = (number % BATCH) * PACKET_OCTETS;
    const sync = writeHeaders(view, at, number, momentOf(number));
    writeMessage(view, sync, () => {
      const record = { n, timeout: 900 - (number % 3), servers: 64 };
      n = (n + step) % sessions;
      return record;
    });
    if (number % BATCH === BATCH - 1 || number === datagrams - 1) writeSync(file, batch, 0, at + PACKET_OCTETS);
  }
  closeSync(file);
  return datagrams * RECORDS;
}
