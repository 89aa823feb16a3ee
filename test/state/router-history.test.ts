/**
 * What happened to virtual routers over time. Spans are held against the events of the same monitor, whose times and gaps other
 * tests hold against the frames, and against keepalived's own log (captures/*.json, to the second); steps against what tshark reads.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressText } from '../../dissectors/address.ts';
import { type VrrpHistory, vrrpHistoriesOf } from '../../src/contract/vrrp-history.ts';
import type { MonitorEvent } from '../../src/state/events.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import type { RouterHistory } from '../../src/state/router-history.ts';
import type { VirtualRouter } from '../../src/state/routers.ts';
import { FIXTURES, needs } from '../environment.ts';
import { watch, watchRecording } from '../watched.ts';
import { type AdvertFields, advert, at, LB1, LB2 } from '../wire-frames.ts';

const CAPTURES = join(FIXTURES, 'captures');
const KEEPALIVED = join(FIXTURES, 'keepalived');
const SECOND = 1_000_000;

interface Stretch {
  readonly fromMicros: number;
  readonly toMicros: number | null;
}

const historyOf = (monitor: Monitor, router: VirtualRouter): RouterHistory => monitor.routerHistories.of(router) ?? { lost: [], lanes: [] };

/** Who was master from when to when. */
function mastersOf({ lanes }: RouterHistory): Record<string, Stretch[]> {
  const all = lanes.map(({ sender, spans }): [string, Stretch[]] => {
    const masters = spans.filter(({ role }) => role === 'master').map(({ fromMicros, toMicros }) => ({ fromMicros, toMicros }));
    return [addressText(sender.address), masters];
  });
  return Object.fromEntries(all.filter(([, spans]) => spans.length > 0));
}

describe('agrees with the events', () => {
  interface Told {
    readonly masters: Record<string, Stretch[]>;
    readonly lost: Stretch[];
  }

  /** The same from the sentences of the events alone. What `vrrp.master_lost` leaves open, the gap of the change after it tells. */
  function toldBy(events: readonly MonitorEvent[]): Told {
    const masters: Record<string, Stretch[]> = {};
    const lost: Stretch[] = [];
    const isMaster = (who: string) => masters[who]?.at(-1)?.toMicros === null;
    const begin = (who: string, fromMicros: number) => {
      masters[who] ??= [];
      // One that went on although another took over was master all the time.
      const before = masters[who].at(-1);
      const from = before && (before.toMicros === null || before.toMicros >= fromMicros) ? masters[who].pop()?.fromMicros : undefined;
      masters[who].push({ fromMicros: from ?? fromMicros, toMicros: null });
    };
    const end = (who: string, toMicros: number) => {
      if (isMaster(who)) masters[who].push({ fromMicros: masters[who].pop()?.fromMicros ?? 0, toMicros });
    };
    for (const [index, { kind, atMicros, from, to, reason, gapMs }] of events.entries()) {
      if (kind === 'vrrp.two_masters') for (const who of [from, to]) begin(who ?? '', atMicros);
      if (kind === 'vrrp.two_masters_resolved') for (const who of Object.keys(masters)) if (who !== to) end(who, atMicros);
      if (kind === 'vrrp.master_lost') {
        const next = events.slice(index + 1).find((event) => event.kind === 'vrrp.master_change');
        if (next) end(from ?? '', next.atMicros - Math.round((next.gapMs ?? 0) * 1000));
      }
      if (kind !== 'vrrp.master_change') continue;
      const gapMicros = Math.round((gapMs ?? 0) * 1000);
      if (reason === 'resigned' || reason === 'no_response') {
        expect(gapMs).not.toBeNull();
        end(from ?? '', atMicros - gapMicros);
        lost.push({ fromMicros: atMicros - gapMicros, toMicros: atMicros });
      }
      if (reason === 'preempted' || reason === 'tie') end(from ?? '', atMicros);
      if (reason !== 'two_masters_resolved') begin(to ?? '', atMicros);
    }
    return { masters, lost };
  }

  const EVERY = [CAPTURES, KEEPALIVED].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.pcap'))
      .map((file) => [file.replace('.pcap', ''), join(folder, file)] as const),
  );

  test.each(EVERY)('%s', (_, path) => {
    const { monitor, events } = watchRecording(path);
    for (const router of monitor.routers.all) {
      const { vlan } = monitor.segments.all[router.segment];
      const own = events.filter(
        ({ kind, subject }) =>
          /^vrrp\.(master_|two_masters)/.test(kind) &&
          subject.vrid === router.vrid &&
          subject.family === router.family &&
          (subject.vlan ?? null) === vlan,
      );
      const history = historyOf(monitor, router);
      const { masters, lost } = toldBy(own);
      const name = `VRID ${router.vrid} ${router.family}`;
      const isOpen = own.at(-1)?.kind === 'vrrp.master_lost';
      const closed = (spans: Record<string, Stretch[]>) =>
        Object.fromEntries(Object.entries(spans).map(([who, all]) => [who, isOpen ? all.slice(0, -1) : all]));
      expect(closed(mastersOf(history)), name).toEqual(closed(masters));
      expect(
        history.lost.filter(({ toMicros }) => toMicros !== null),
        name,
      ).toEqual(lost);
    }
    const openEnded = monitor.routers.all.filter(({ state }) => state === 'lost');
    for (const router of openEnded) if (router.lastMaster) expect(historyOf(monitor, router).lost.at(-1)?.toMicros).toBeNull();
  });
});

describe('agrees with the log of keepalived', () => {
  /** VRIDs of the instances in the lab. UNI's adverts are unicast and never reach the monitor's port. */
  const VRIDS: Readonly<Record<string, number>> = {
    VI_1: 51,
    VI_2: 52,
    PLAIN: 10,
    PASS: 11,
    AH: 12,
    V3: 13,
    VMAC: 14,
    MANY: 16,
  };
  const HOSTS: Readonly<Record<string, string>> = { lb1: '10.99.0.11', lb2: '10.99.0.12' };
  /** The log has whole seconds. */
  const TOLERANCE = 1.5;

  interface Mastership {
    readonly vrid: number;
    readonly address: string;
    readonly from: number;
    /** Null: it did not end, or keepalived was killed and could not say so. */
    readonly to: number | null;
  }

  /** From each "Entering MASTER STATE" to what the instance said next. */
  function logged(name: string): Mastership[] {
    const { keepalived_log } = JSON.parse(readFileSync(join(CAPTURES, `${name}.json`), 'utf8')) as {
      keepalived_log: Record<string, string>;
    };
    return Object.entries(keepalived_log).flatMap(([host, log]) => {
      const said = [...log.matchAll(/^(.{24}): \((\w+)\) (Entering \w+ STATE(?: \(init\))?|sent 0 priority)$/gm)]
        .map(([, time, instance, text]) => ({ seconds: Date.parse(`${time} UTC`) / 1000, instance, text }))
        .filter(({ instance }) => instance in VRIDS);
      return said.flatMap(({ seconds, instance, text }, i) => {
        if (text !== 'Entering MASTER STATE') return [];
        const next = said.slice(i + 1).find((later) => later.instance === instance);
        const to = next && !next.text.endsWith('(init)') ? next.seconds : null;
        return [{ vrid: VRIDS[instance], address: HOSTS[host], from: seconds, to }];
      });
    });
  }

  const near = (micros: number | null, seconds: number): boolean =>
    micros !== null && Math.abs(micros / SECOND - (seconds + 0.5)) <= TOLERANCE;

  test.each([
    ['split-brain', 2],
    ['dr-v1-failover', 3],
    ['active-active', 2],
    ['vrrp-zoo', 22],
  ])('%s: %i masterships', (name, count) => {
    const { monitor } = watchRecording(join(CAPTURES, `${name}.pcap`));
    const masterships = logged(name);
    const spans = monitor.routers.all.flatMap((router) =>
      Object.entries(mastersOf(historyOf(monitor, router))).flatMap(([address, all]) =>
        all.map((span) => ({ vrid: router.vrid, address, ...span })),
      ),
    );
    for (const { vrid, address, from, to } of masterships) {
      const i = spans.findIndex((span) => span.vrid === vrid && span.address === address && near(span.fromMicros, from));
      expect(i, `VRID ${vrid}: ${address} from ${from}`).not.toBe(-1);
      const [{ toMicros }] = spans.splice(i, 1);
      if (to !== null) expect(near(toMicros, to), `VRID ${vrid}: ${address} to ${to}, not ${toMicros}`).toBe(true);
    }
    expect(spans).toEqual([]);
    expect(masterships).toHaveLength(count);
  });
});

describe.skipIf(needs('tshark'))('steps, by what tshark reads', () => {
  interface Advert {
    readonly micros: number;
    readonly who: string;
    readonly priority: number;
    readonly intervalMicros: number;
  }

  function advertsOf(path: string): Advert[] {
    const fields = [
      'frame.time_epoch',
      'vlan.id',
      'ip.src',
      'ipv6.src',
      'vrrp.virt_rtr_id',
      'vrrp.prio',
      'vrrp.adver_int',
      'vrrp.short_adver_int',
    ];
    const words = ['-n', '-r', path, '-Y', 'vrrp', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
    const lines = execFileSync('tshark', words, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
    return lines.map((line) => {
      const [time, vlan, v4, v6, vrid, priority, seconds, centiseconds] = line.split('\t');
      const [whole, fraction] = time.split('.');
      return {
        micros: Number(whole) * SECOND + Number(fraction.slice(0, 6)),
        who: `${vlan} ${vrid} ${v4 || v6}`,
        priority: Number(priority),
        intervalMicros: seconds ? Number(seconds) * SECOND : Number(centiseconds) * 10_000,
      };
    });
  }

  /** The figures of each ten seconds in which one was heard. */
  function stepsOf(adverts: readonly Advert[]): unknown[] {
    const steps = new Map<number, { step: number; adverts: number; priority: number; jitter: number | null }>();
    for (const [i, { micros, priority }] of adverts.entries()) {
      const step = Math.floor(micros / SECOND / 10) * 10;
      const figures = steps.get(step) ?? { step, adverts: 0, priority, jitter: null };
      const before = adverts[i - 1];
      // After a resignation, or the silence of a whole Master_Down_Interval (at most four intervals), it began anew.
      const gap = before && before.priority > 0 && priority > 0 ? micros - before.micros : Number.POSITIVE_INFINITY;
      const jitter = before && gap < 4 * before.intervalMicros ? Math.abs(gap - before.intervalMicros) / 1000 : null;
      steps.set(step, {
        step,
        adverts: figures.adverts + 1,
        priority,
        jitter: jitter === null ? figures.jitter : Math.max(figures.jitter ?? 0, jitter),
      });
    }
    return [...steps.values()];
  }

  const shown = ({ from, stepSeconds }: VrrpHistory, lane: VrrpHistory['routers'][number]): unknown[] =>
    lane.adverts.flatMap((adverts, i) => {
      const said = { priority: lane.priority[i], jitter: lane.jitterMilliseconds[i] };
      if (adverts === null) expect(said).toEqual({ priority: null, jitter: null });
      return adverts === null ? [] : [{ step: Date.parse(from) / 1000 + i * stepSeconds, adverts, ...said }];
    });

  test.each(['split-brain', 'dr-v1-failover', 'active-active', 'vrrp-zoo', 'ipv6-v1', 'tunnel-udp-vlan'])('%s', (name) => {
    const path = join(CAPTURES, `${name}.pcap`);
    const { monitor } = watchRecording(path);
    const adverts = advertsOf(path);
    const lanes = vrrpHistoriesOf(monitor, monitor.clock.nowMicros ?? 0).flatMap((history) =>
      history.routers.map((lane) => ({ who: `${history.vlan ?? ''} ${history.vrid} ${lane.address}`, shown: shown(history, lane) })),
    );
    for (const { who, shown } of lanes) expect(shown, who).toEqual(stepsOf(adverts.filter((one) => one.who === who)));
    expect(new Set(lanes.map(({ who }) => who))).toEqual(new Set(adverts.map(({ who }) => who)));
  });
});

describe('worked out by hand', () => {
  const vrrp = (monitor: Monitor) => vrrpHistoriesOf(monitor, monitor.clock.nowMicros ?? 0)[0];
  const time = (seconds: number) => new Date(at(seconds) / 1000).toISOString().replace('Z', '000Z');
  const spansOf = ({ routers }: VrrpHistory) =>
    Object.fromEntries(routers.map(({ address, spans }) => [address, spans.map(({ from, to, role }) => [role, from, to])]));
  const one = (from: number, to: number, fields: AdvertFields = {}) =>
    Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));

  test('a master that was pulled off the wire, and nobody takes over: lost since its last advert, once Master_Down has run out', () => {
    // RFC 3768 section 6.1, of the slowest backup: 3 s + 255/256 s after the last advert.
    expect(vrrp(watch(one(0, 10), 13.99).monitor)).toMatchObject({ lost: [], routers: [{ spans: [{ role: 'master', to: null }] }] });
    const history = vrrp(watch(one(0, 10), 14).monitor);
    expect(history.lost).toEqual([{ from: time(10), to: null }]);
    expect(spansOf(history)).toEqual({
      [LB1.address]: [
        ['master', time(0), time(10)],
        ['gone', time(10), null],
      ],
    });
  });

  test('a master that resigns: lost at once', () => {
    const history = vrrp(watch([...one(0, 10), advert(10.4, { priority: 0 })]).monitor);
    expect(history.lost).toEqual([{ from: time(10.4), to: null }]);
    expect(history.routers[0].spans.at(-1)).toEqual({ role: 'gone', from: time(10.4), to: null });
  });

  test('a backup that takes over from it, gives way when it is back, and speaks once more', () => {
    const late = advert(30.2, { from: LB2, priority: 90 });
    const { monitor } = watch([
      ...one(0, 10),
      ...[13.6, 14.6, 15.6].map((s) => advert(s, { from: LB2, priority: 90 })),
      ...one(16, 30),
      late,
    ]);
    const history = vrrp(monitor);
    expect(history.lost).toEqual([{ from: time(10), to: time(13.6) }]);
    expect(spansOf(history)).toEqual({
      [LB1.address]: [
        ['master', time(0), time(10)],
        ['gone', time(10), time(16)],
        ['master', time(16), null],
      ],
      [LB2.address]: [
        ['master', time(13.6), time(16)],
        ['backup', time(16), null],
      ],
    });
    // Steps begin at 0, 10, 20 and 30 s.
    expect(history.routers.map(({ adverts }) => adverts)).toEqual([
      [10, 5, 10, 1],
      [null, 3, null, 1],
    ]);
  });

  test('one that sent before the silence of the other was long enough was master from its first advert', () => {
    const history = vrrp(
      watch([...one(0, 10), ...[11.5, 12.5, 13.5, 14.5].map((s) => advert(s, { from: LB2, priority: 90 }))], 15).monitor,
    );
    expect(history.lost).toEqual([{ from: time(10), to: time(11.5) }]);
    expect(spansOf(history)).toEqual({
      [LB1.address]: [
        ['master', time(0), time(10)],
        ['gone', time(10), null],
      ],
      [LB2.address]: [['master', time(11.5), null]],
    });
  });

  test('one that is master for a single advert was master', () => {
    const history = vrrp(watch([advert(0)], 5).monitor);
    expect(spansOf(history)).toEqual({
      [LB1.address]: [
        ['master', time(0), time(0)],
        ['gone', time(0), null],
      ],
    });
  });

  test('both masters fall silent: lost since the later of them', () => {
    const both = [...one(0, 10), ...[5.5, 6.5, 7.5, 8.5, 9.5, 10.5].map((s) => advert(s, { from: LB2, priority: 90 }))];
    const history = vrrp(
      watch(
        both.sort((a, b) => a.atMicros - b.atMicros),
        20,
      ).monitor,
    );
    expect(history.lost).toEqual([{ from: time(10.5), to: null }]);
    expect(spansOf(history)).toEqual({
      [LB1.address]: [
        ['master', time(0), time(10)],
        ['gone', time(10), null],
      ],
      [LB2.address]: [
        ['master', time(5.5), time(10.5)],
        ['gone', time(10.5), null],
      ],
    });
  });

  test('six hours are kept, and the latest 256 spans', () => {
    // A resignation and a new beginning in every step, for six hours and ten minutes: two spans and one loss each.
    const HOURS = 6 * 3600;
    const flapping = Array.from({ length: (HOURS + 600) / 10 }, (_, i) => [
      advert(i * 10),
      advert(i * 10 + 1),
      advert(i * 10 + 1.25, { priority: 0 }),
    ]).flat();
    const history = vrrp(watch(flapping, HOURS + 599).monitor);
    expect(history.from).toBe(time(600));
    const [lane] = history.routers;
    expect(lane.adverts).toEqual(new Array(2160).fill(3));
    expect(lane.priority).toEqual(new Array(2160).fill(0));
    expect(lane.spans).toHaveLength(256);
    expect(lane.spans.at(-1)).toEqual({ role: 'gone', from: time(HOURS + 591.25), to: null });
    expect(history.lost).toHaveLength(256);
    expect(history.lost.slice(-2)).toEqual([
      { from: time(HOURS + 581.25), to: time(HOURS + 590) },
      { from: time(HOURS + 591.25), to: null },
    ]);
  });

  test('a router that has been silent for longer says nothing but what it was', () => {
    const { monitor } = watch(one(0, 10), 12);
    const history = vrrpHistoriesOf(monitor, at(7 * 3600))[0];
    expect(history.from).toBe(time(3600 + 10));
    expect(history.routers[0].adverts).toEqual(new Array(2160).fill(null));
  });

  test('senders beyond 1024 are counted', () => {
    const senders = Array.from({ length: 1030 }, (_, i) => ({ address: `10.0.${i >> 4}.${i & 15}`, mac: LB1.mac }));
    const { monitor } = watch(senders.map((from, i) => advert(i / 1000, { from, vrid: 1 + (i >> 4) })));
    expect(monitor.routers.all.flatMap(({ senders: all }) => all)).toHaveLength(1030);
    expect(monitor.routers.all.flatMap((router) => historyOf(monitor, router).lanes)).toHaveLength(1024);
    expect(monitor.routerHistories.overflowed).toBe(6);
  });

  test('a clock that is set back begins anew', () => {
    const history = vrrp(watch([...one(5000, 5020), ...one(0, 1100)]).monitor);
    expect(spansOf(history)).toEqual({ [LB1.address]: [['master', time(0), null]] });
    expect(history.from).toBe(time(0));
    expect(history.routers[0].adverts.slice(0, 2)).toEqual([10, 10]);
  });
});
