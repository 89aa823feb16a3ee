/**
 * Reports of failovers against other programs: sessions against what `ipvsadm -Lnc` said on the load balancers before and after
 * (NAME.json), moments against what tshark reads of the adverts and announcements.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { type Failover, failoversOf } from '../../src/contract/failover.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { FIXTURES, needs, recordings } from '../environment.ts';

const CHANNELS = ['224.0.0.81:8848-8911', '239.1.2.3:9000-9003', '[ff02::81]:8848-8911'].map(parseSyncChannel);
/** Expiry is printed in whole seconds, and the kernel's timer wheel is coarse. */
const EXPIRY_TOLERANCE = 2;

interface Look {
  readonly t: number;
  readonly host: string;
  readonly command: string;
  readonly output: string;
}

/** What is known at a moment, in seconds since 1970; by default at the end of the recording. */
function reportsAt(path: string, seconds = Number.POSITIVE_INFINITY): Failover[] {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: false });
  const enter = createPipeline({ monitor, syncChannels: CHANNELS, headersSeen: true });
  const frame: ConstructorParameters<typeof PcapStream>[0]['frame'] = (captured) => {
    if (captured.atMicros <= seconds * 1e6) enter(captured);
  };
  void new PcapStream({ name: path, frame }).push(readFileSync(path));
  monitor.advance(Number.isFinite(seconds) ? Math.round(seconds * 1e6) : (monitor.clock.nowMicros ?? 0));
  return failoversOf(monitor);
}

/** Seconds left, by protocol, client, virtual address and real server: the state may change while it is the same session. */
function rowsOf({ output }: Look): Map<string, number> {
  const rows = output.trim().split('\n').slice(2);
  return new Map(
    rows.map((line) => {
      const [proto, expire, , client, virtual, destination] = line.trim().split(/\s+/);
      const [minutes, seconds] = expire.split(':').map(Number);
      return [`${proto} ${client} ${virtual} ${destination}`, minutes * 60 + seconds];
    }),
  );
}

/** Rows of a look whose time runs out by a moment: surely, and at most. */
function goneBy(look: Look, seconds: number): { surely: number; atMost: number } {
  const ends = [...rowsOf(look).values()].map((left) => look.t + left);
  const until = (limit: number) => ends.filter((end) => end <= limit).length;
  return { surely: until(seconds - EXPIRY_TOLERANCE), atMost: until(seconds + EXPIRY_TOLERANCE) };
}

/** tshark: sessions named in datagrams of connection sync between two moments. */
function syncedBetween(path: string, from: number, to: number): Set<string> {
  const fields = ['ipvs.caddr', 'ipvs.cport', 'ipvs.vaddr', 'ipvs.vport', 'ipvs.daddr', 'ipvs.dport'];
  const filter = `ipvs && frame.time_epoch > ${from.toFixed(6)} && frame.time_epoch <= ${to.toFixed(6)}`;
  const words = ['-r', path, '-Y', filter, '-T', 'fields', '-E', 'aggregator=|', ...fields.flatMap((field) => ['-e', field])];
  const lines = execFileSync('tshark', words, { encoding: 'utf8', stdio: 'pipe' }).split('\n').filter(Boolean);
  const keys = lines.flatMap((line) => {
    const columns = line.split('\t').map((column) => column.split('|'));
    return columns[0].map((_, i) => {
      const [client, clientPort, virtual, virtualPort, destination, destinationPort] = columns.map((column) => column[i]);
      return `TCP ${client}:${clientPort} ${virtual}:${virtualPort} ${destination}:${destinationPort}`;
    });
  });
  return new Set(keys);
}

/** Which of a recording's failovers, and the looks at the table of the backup that took over: before the change, and after. */
const FAILOVERS = [
  { name: 'dr-v1-failover', nth: 0, host: 'lb2', before: 0, after: 1 },
  // lb1 takes over again; it was not there when lb2's six sessions were synced, so the table to compare is lb2's.
  { name: 'dr-v1-failover', nth: 1, host: 'lb2', before: 1, after: 2 },
  { name: 'churn', nth: 0, host: 'lb2', before: 0, after: 1 },
];

const cases = FAILOVERS.flatMap((failover) =>
  recordings()
    .filter(({ name }) => name === failover.name)
    .map(({ where, path }) => ({ ...failover, where, path })),
);

describe.each(cases)("$name, failover $nth ($where): sessions and the load balancer's own table", ({ path, nth, host, before, after }) => {
  const oracle = JSON.parse(readFileSync(path.replace(/pcap$/, 'json'), 'utf8')) as { looks: Look[] };
  const tables = oracle.looks.filter((look) => look.host === host && look.command === 'ipvsadm -Lnc');
  const [known, later] = [tables[before], tables[after]];
  const at = Date.parse(reportsAt(path)[nth].at) / 1000;

  test('as many before as its rows whose time had not run out by then', () => {
    const gone = goneBy(known, at);
    expect(known.t).toBeLessThan(at);
    // No row is so near its end that its expiry in whole seconds leaves it open.
    expect(gone.atMost).toBe(gone.surely);
    expect(reportsAt(path)[nth].sessions.before).toBe(rowsOf(known).size - gone.surely);
  });

  test.skipIf(needs('tshark'))('after it: seen again, moved, lost and pending', () => {
    const { sessions } = reportsAt(path, later.t)[nth];
    const first = rowsOf(known);
    const rest = rowsOf(later);
    const synced = syncedBetween(path, at, later.t);
    const ends = (row: string) => row.split(' ').slice(0, 3).join(' ');
    const stillThere = [...first.keys()].filter((row) => rest.has(row));
    const elsewhere = new Set([...rest.keys()].map(ends));
    const gone = [...first.keys()].filter((row) => !rest.has(row));
    const moved = gone.filter((row) => elsewhere.has(ends(row)));
    expect(sessions).toEqual({
      before: first.size,
      seenAgain: [...first.keys()].filter((row) => synced.has(row)).length,
      moved: moved.length,
      lost: gone.length - moved.length,
      pending: stillThere.filter((row) => !synced.has(row)).length,
    });
  });

  test('later: lost are those whose time ran out by the expiry that ipvsadm printed, and in the end all', () => {
    for (const seconds of [30, 60, 66, 70, 74, 80, 90, 100, 110, 130, 200, 600, 850]) {
      // What a restarted keepalived did later to the table is not of this failover any more.
      if (reportsAt(path, at + seconds)[nth].closedAt !== null) continue;
      const { before: all, seenAgain, moved, lost, pending } = reportsAt(path, at + seconds)[nth].sessions;
      const { surely, atMost } = goneBy(known, at + seconds);
      expect(lost).toBeGreaterThanOrEqual(surely);
      expect(lost).toBeLessThanOrEqual(atMost);
      expect([seenAgain, moved, pending]).toEqual([0, 0, all - lost]);
    }
    const { sessions, closedAt } = reportsAt(path, at + 901)[nth];
    expect(closedAt).not.toBeNull();
    if (Date.parse(closedAt ?? '') / 1000 - at > 899) expect(sessions).toMatchObject({ lost: sessions.before, pending: 0 });
  });
});

test('the load balancer that took over sends the sync', () => {
  const reports = reportsAt(join(FIXTURES, 'captures', 'dr-v1-failover.pcap'));
  // lb1 came back and had nothing to say until the recording's end.
  expect(reports.map(({ syncSenderChanged }) => syncSenderChanged)).toEqual([true, null]);
});

interface Heard {
  readonly seconds: number;
  readonly mac: string;
  readonly source: string;
  readonly vrid: string;
  readonly priority: string;
  readonly arpMac: string;
  readonly arpAddress: string;
  readonly naMac: string;
  readonly naAddress: string;
}

/** tshark: adverts, gratuitous ARP, and unsolicited neighbor advertisements. */
function heardIn(path: string): Heard[] {
  const filter = 'vrrp || arp.isgratuitous == 1 || (icmpv6.type == 136 && icmpv6.nd.na.flag.s == 0)';
  const fields = ['frame.time_epoch', 'eth.src', 'ip.src', 'ipv6.src', 'vrrp.virt_rtr_id', 'vrrp.prio', 'arp.src.hw_mac'];
  const more = ['arp.src.proto_ipv4', 'icmpv6.opt.linkaddr', 'icmpv6.nd.na.target_address'];
  const words = ['-r', path, '-Y', filter, '-T', 'fields', ...[...fields, ...more].flatMap((field) => ['-e', field])];
  const lines = execFileSync('tshark', words, { encoding: 'utf8', stdio: 'pipe' }).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [time, mac, ip, ipv6, vrid, priority, arpMac, arpAddress, naMac, naAddress] = line.split('\t');
    return { seconds: Number(time), mac, source: ip || ipv6, vrid, priority, arpMac, arpAddress, naMac, naAddress };
  });
}

describe.skipIf(needs('tshark'))('moments, by what tshark reads', () => {
  test.each(recordings())('$name ($where): the gap, and when each address was announced', ({ path }) => {
    const heard = heardIn(path);
    for (const { at, vrid, from, to, reason, gapMs, announcements } of reportsAt(path)) {
      const seconds = Date.parse(at) / 1000 + Number(at.slice(23, 26)) / 1e6;
      const adverts = heard.filter((one) => one.vrid === String(vrid));
      const first = adverts.find((one) => one.source === to && Math.abs(one.seconds - seconds) < 2e-6);
      const last = adverts.findLast((one) => one.source === from && one.seconds < seconds);
      expect(first, `${reason} ${at}`).toBeDefined();
      if (reason === 'resigned') expect(last?.priority).toBe('0');
      if (gapMs !== null) expect(Math.abs(gapMs - (seconds - (last?.seconds ?? 0)) * 1000)).toBeLessThan(1);
      for (const { address, delayMs } of announcements) {
        const isOf = (one: Heard) =>
          (one.arpAddress === address && one.arpMac === first?.mac) || (one.naAddress === address && one.naMac === first?.mac);
        const announced = heard.find((one) => isOf(one) && one.seconds >= seconds - 1e-6);
        expect(Math.abs((delayMs ?? -1) - ((announced?.seconds ?? 0) - seconds) * 1000), `${at} ${address}`).toBeLessThan(1);
      }
    }
  });

  test('which are failovers of every kind that the lab made', () => {
    const all = recordings().flatMap(({ path }) => reportsAt(path));
    expect([...new Set(all.map(({ reason }) => reason))].sort()).toEqual(['no_response', 'preempted', 'resigned']);
  });
});
