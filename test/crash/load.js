/**
 * Sends connection sync to the group until it is killed: `node load.js ADDRESS RECORDS_PER_SECOND SESSIONS`. New sessions first,
 * then each is confirmed again and again; another sync daemon every few seconds.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { syncDatagrams } from '../bench/sync-file.js';

const [address, rate, sessions] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const RECORDS = 40;
/** Link layer, IPv4 and UDP headers, and what a capture file puts before a frame. */
const HEADERS = 16 + 14 + 20 + 8;
/** Longer than any run. */
const TIMEOUT = 30_000;
/** Prime to the number of sessions, so that each has its turn. */
const STEP = 7919;
const TICK_MS = 20;

const socket = createSocket('udp4');
socket.bind(0, address);
await once(socket, 'listening');
socket.setMulticastInterface(address);
socket.setMulticastTTL(1);

let number = 0;
let owed = 0;
let before = performance.now();
setInterval(() => {
  const now = performance.now();
  owed = Math.min(owed + ((now - before) / 1000) * (rate / RECORDS), rate / RECORDS);
  before = now;
  for (; owed >= 1; owed--, number++) {
    const first = number * RECORDS;
    const record = (i) => ({
      n: first < sessions ? first + i : ((first + i) * STEP) % sessions,
      timeout: TIMEOUT - ((first + i) % 3),
      servers: 64,
    });
    const packet = syncDatagrams({ number, count: 1, atMicros: 0, record }).subarray(HEADERS);
    packet[1] = 1 + (Math.floor(now / 3000) % 40);
    socket.send(packet, 8848, '224.0.0.81');
  }
}, TICK_MS);
