/** Frames read, and what was wrong with them. */
import type { Registry } from 'prom-client';
import type { Scrape } from './context.ts';
import { addCounter, type Sample, single } from './measure.ts';

/** @param counts by `protocol.code`, both from closed lists */
function samplesOf(counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([name, count]) => {
    const [protocol, code] = name.split('.');
    return [{ protocol, code }, count];
  });
}

export function collectDissect(registry: Registry, { monitor: { counters, reassembly } }: Scrape): void {
  addCounter(registry, { name: 'lvscope_frames_total', help: 'Frames dissected.', read: () => single(counters.frames) });
  addCounter(registry, {
    name: 'lvscope_dissect_faults_total',
    help: 'Frames that could not be dissected to their end.',
    labels: ['protocol', 'code'],
    read: () => samplesOf(counters.faults),
  });
  addCounter(registry, {
    name: 'lvscope_dissect_notes_total',
    help: 'What was legible in frames but wrong.',
    labels: ['protocol', 'code'],
    read: () => samplesOf(counters.notes),
  });
  addCounter(registry, {
    name: 'lvscope_fragmented_packets_total',
    help: 'Fragmented packets by what became of them.',
    labels: ['outcome'],
    read: () => Object.entries(reassembly.counters).map(([outcome, count]): Sample => [{ outcome }, count]),
  });
}
