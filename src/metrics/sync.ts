/** Connection sync as it was heard, by syncid; the address of a sender is in the one metric that names it. */
import type { Registry } from 'prom-client';
import { addressText } from '../../dissectors/address.ts';
import type { Daemon } from '../state/daemons.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample } from './measure.ts';

const LABELS = ['interface', 'vlan', 'syncid'];

const TOTALS: readonly (readonly [name: string, help: string, of: (daemon: Daemon) => number])[] = [
  ['lvscope_sync_messages_total', 'Sync messages heard.', (d) => d.datagrams],
  ['lvscope_sync_records_total', 'Connection records in them.', (d) => d.records],
  ['lvscope_sync_bytes_total', 'Their size.', (d) => d.octets],
];

/** One of each segment and syncid. */
function latestSenders(daemons: readonly Daemon[]): Daemon[] {
  const latest = new Map<string, Daemon>();
  for (const daemon of daemons) {
    const key = `${daemon.segment} ${daemon.syncid}`;
    const other = latest.get(key);
    if (other === undefined || daemon.lastSeenMicros > other.lastSeenMicros) latest.set(key, daemon);
  }
  return [...latest.values()];
}

export function collectSync(registry: Registry, { monitor, bounded }: Scrape): void {
  const labelsOf = (daemon: Daemon) => {
    const segment = monitor.segments.all[daemon.segment];
    return { interface: segment?.interface ?? '', vlan: segment?.vlan ?? '', syncid: daemon.syncid };
  };
  const samples = (of: (daemon: Daemon) => number) => monitor.daemons.all.map((daemon): Sample => [labelsOf(daemon), of(daemon)]);
  for (const [name, help, of] of TOTALS) addCounter(registry, { name, help, labels: LABELS, read: () => bounded(name, samples(of)) });
  const lost = 'lvscope_sync_lost_datagrams_total';
  addCounter(registry, {
    name: lost,
    help: 'Sync datagrams that did not reach lvscope, by gaps in the IP identifications; absent of senders that do not count them one by one.',
    labels: LABELS,
    read: () =>
      bounded(
        lost,
        monitor.daemons.all.flatMap((d): Sample[] => (d.lostDatagrams === null ? [] : [[labelsOf(d), d.lostDatagrams]])),
      ),
  });
  const name = 'lvscope_sync_last_message_timestamp_seconds';
  addGauge(registry, {
    name,
    help: 'When the latest sync message was heard.',
    labels: LABELS,
    // Of several senders of one syncid the latest counts, so it comes last.
    read: () =>
      bounded(
        name,
        samples((d) => d.lastSeenMicros / 1_000_000).sort(([, a], [, b]) => a - b),
      ),
  });
  const senderInfo = 'lvscope_sync_sender_info';
  addGauge(registry, {
    name: senderInfo,
    help: 'Who sent the latest sync message of a syncid.',
    labels: [...LABELS, 'address'],
    read: () =>
      bounded(
        senderInfo,
        latestSenders(monitor.daemons.all).map((daemon) => [{ ...labelsOf(daemon), address: addressText(daemon.address) }, 1]),
      ),
  });
}
