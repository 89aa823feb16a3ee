/** Many different sessions in a real monitor: crafted sync messages through the dissector, from a seed. */
import { dissect } from '../../dissectors/dissect.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { messageV1, type RecordFields, recordV1, syncFrame } from '../sync-message.ts';

export const CROWD_START_MICROS = 1_795_234_000_000_000;
const CHANNELS = [parseSyncChannel('224.0.0.81:8848-8911')];

/** Park and Miller's generator: small, and the same everywhere. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
}

const FLAGS = [0x80, 0x81, 0x82, 0x83, 0x84, 0x183, 0xa3, 0x1a0, 0x1083, 0x10080];
const PROTOS = [6, 6, 6, 17, 132];
const STATES: Readonly<Record<number, number>> = { 6: 11, 17: 1, 132: 14 };

function anySession(below: (most: number) => number): RecordFields {
  const v6 = below(4) === 0;
  const address = (net: number, hosts: number) =>
    v6 ? `fd99::${(net * 256 + below(hosts)).toString(16)}` : `10.${net}.${below(3)}.${below(hosts)}`;
  const flags = FLAGS[below(FLAGS.length)];
  const template = (flags & 0x1000) !== 0;
  const proto = PROTOS[below(PROTOS.length)];
  return {
    proto,
    client: address(1, 250),
    clientPort: template ? 0 : 1024 + below(200),
    virtual: address(2, 4),
    virtualPort: [21, 80, 443, 2000][below(4)],
    destination: address(3, 5),
    destinationPort: [80, 8080][below(2)],
    flags,
    state: template ? below(2) : below(STATES[proto]),
    timeout: 600 + below(300),
    fwmark: below(8) === 0 ? 1 + below(3) : 0,
  };
}

/** Enters records over three minutes on two interfaces; every fifth datagram says again what one before it said. */
export function enterCrowd(monitor: Monitor, records: number, seed: number): void {
  const below = random(seed);
  const options = { reassembly: monitor.reassembly, syncChannels: CHANNELS };
  const said: RecordFields[][] = [];
  for (let i = 0; i < records; i += 10) {
    const atMicros = CROWD_START_MICROS + Math.floor((i / records) * 180_000_000) + below(1000);
    if (said.length === 0 || below(5) > 0) said.push(Array.from({ length: 10 }, () => anySession(below)));
    const fields = said[below(5) > 0 ? said.length - 1 : below(said.length)];
    const frame = syncFrame(messageV1(fields.map(recordV1)), atMicros);
    const origin = { atMicros, number: i + 1, octets: frame.originalLength, headersSeen: true };
    monitor.observe(dissect(frame, options), { ...origin, interface: ['eth0', 'eth1'][below(2)] });
  }
}

export function crowd(records: number, seed: number): Monitor {
  const monitor = createMonitor({ maxSessions: 2_000_000, trackChanges: true });
  enterCrowd(monitor, records, seed);
  return monitor;
}
