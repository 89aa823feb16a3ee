/** A table in which the first numbers of most orders tie: IPv6 of one network, IPv4 of one network, one virtual service of each. */
import { dissect } from '../../dissectors/dissect.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { messageV1, recordV1, syncFrame } from '../sync-message.ts';
import { CROWD_START_MICROS, random } from './crowd.ts';

const CHANNELS = [parseSyncChannel('224.0.0.81:8848-8911')];
const RECORDS = 20;

export function manySessions(count: number): Monitor {
  const monitor = createMonitor({ maxSessions: 2_000_000, trackChanges: true });
  const below = random(11);
  const options = { reassembly: monitor.reassembly, syncChannels: CHANNELS };
  for (let i = 0; i < count; i += RECORDS) {
    const records = Array.from({ length: RECORDS }, () => {
      const v6 = below(3) > 0;
      return recordV1({
        proto: [6, 6, 6, 17][below(4)],
        client: v6 ? `fd99::${(1 + below(4000)).toString(16)}` : `10.1.2.${1 + below(250)}`,
        clientPort: 1024 + below(60_000),
        virtual: v6 ? 'fd99::1:1' : '10.2.0.1',
        virtualPort: 443,
        destination: v6 ? `fd99::2:${1 + below(3)}` : `10.3.0.${1 + below(3)}`,
        destinationPort: 8080,
        flags: 0x83,
        state: 1,
        timeout: 900 - below(2),
      });
    });
    const atMicros = CROWD_START_MICROS + Math.floor(i / 5000) * 1_000_000;
    const frame = syncFrame(messageV1(records), atMicros);
    monitor.observe(dissect(frame, options), { atMicros, number: i, octets: frame.originalLength, headersSeen: true, interface: 'eth0' });
  }
  return monitor;
}
