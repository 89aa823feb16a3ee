/** Sources of frames: what came, what was lost, whether anything can be seen now. A count that cannot be known has no series. */
import type { Registry } from 'prom-client';
import type { CaptureStatus } from '../contract/capture.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample } from './measure.ts';

const seconds = (time: string): number => Date.parse(time) / 1000;
const labelsOf = ({ id }: CaptureStatus) => ({ interface: id });

function dropped(capture: CaptureStatus): Sample[] {
  const causes = Object.entries(capture.dropped);
  return causes.flatMap(([cause, count]): Sample[] => (count === null ? [] : [[{ ...labelsOf(capture), cause }, count]]));
}

function restarts(capture: CaptureStatus): Sample[] {
  return Object.entries(capture.restarts).map(([reason, count]) => [{ ...labelsOf(capture), reason }, count]);
}

export function collectCapture(registry: Registry, { capture }: Scrape): void {
  const each = (of: (capture: CaptureStatus) => number) => () => capture().map((c): Sample => [labelsOf(c), of(c)]);
  const labels = ['interface'];
  addGauge(registry, { name: 'lvscope_interface_up', help: '1 while frames can come in here.', labels, read: each((c) => Number(c.up)) });
  addCounter(registry, { name: 'lvscope_capture_packets_total', help: 'Frames captured.', labels, read: each((c) => c.packets) });
  addCounter(registry, { name: 'lvscope_capture_bytes_total', help: 'Their size on the wire.', labels, read: each((c) => c.octets) });
  addCounter(registry, {
    name: 'lvscope_capture_dropped_packets_total',
    help: 'Frames lost before they were read.',
    labels: ['interface', 'cause'],
    read: () => capture().flatMap(dropped),
  });
  addCounter(registry, {
    name: 'lvscope_capture_restarts_total',
    help: 'Captures begun anew.',
    labels: ['interface', 'reason'],
    read: () => capture().flatMap(restarts),
  });
  addGauge(registry, {
    name: 'lvscope_capture_last_packet_timestamp_seconds',
    help: 'When the latest frame was captured.',
    labels,
    read: () => capture().flatMap((c): Sample[] => (c.lastPacket === null ? [] : [[labelsOf(c), seconds(c.lastPacket)]])),
  });
}
