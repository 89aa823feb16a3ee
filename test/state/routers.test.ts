/**
 * Virtual routers. keepalived's own log (captures/*.json, to the second) says who was master when; the timers are RFC 3768
 * section 6.1 and RFC 5798 section 6.1 worked out by hand, the rules of succession RFC 3768 section 6.4.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressText } from '../../dissectors/address.ts';
import { dissect } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { type AdvertSeen, masterDownMicros, type RouterChange, Routers, skewMicros } from '../../src/state/routers.ts';
import { FIXTURES } from '../environment.ts';

const SECOND = 1_000_000;
const CAPTURES = join(FIXTURES, 'captures');

describe('keepalived says the same', () => {
  /** VRIDs of the instances in the lab. UNI's adverts are unicast and never reach the monitor's port. */
  const VRIDS: Readonly<Record<string, number>> = {
    VI_1: 51,
    VI_6: 52,
    PLAIN: 10,
    PASS: 11,
    AH: 12,
    V3: 13,
    VMAC: 14,
    MANY: 16,
    VI_2: 52,
    VI_V: 60,
  };
  const TOLERANCE_SECONDS = 2;

  interface Mastership {
    readonly vrid: number;
    readonly host: string;
    readonly seconds: number;
  }

  /** Last octets of the load balancers' addresses, IPv4 and IPv6. */
  const hostOf = (address: string): string => (/(\.11|:b)$/.test(address) ? 'lb1' : /(\.12|:c)$/.test(address) ? 'lb2' : address);

  function logged(name: string, what: RegExp): Mastership[] {
    const { keepalived_log } = JSON.parse(readFileSync(join(CAPTURES, `${name}.json`), 'utf8')) as {
      keepalived_log: Record<string, string>;
    };
    const found = Object.entries(keepalived_log).flatMap(([host, log]) =>
      log.split('\n').flatMap((line) => {
        const [, time, instance, text] = /^(.{24}): \((\w+)\) (.*)$/.exec(line) ?? [];
        return text && what.test(text) && instance in VRIDS
          ? [{ vrid: VRIDS[instance], host, seconds: Date.parse(`${time} UTC`) / 1000 }]
          : [];
      }),
    );
    return found.sort((a, b) => a.seconds - b.seconds);
  }

  function changesOf(name: string): RouterChange[] {
    const routers = new Routers();
    const changes: RouterChange[] = [];
    const reassembly = createReassembly();
    const frame = (captured: Parameters<ConstructorParameters<typeof PcapStream>[0]['frame']>[0]): void => {
      const { layers } = dissect(captured, { reassembly, syncChannels: [] });
      const network = layers.find((layer) => layer.protocol === 'ipv4' || layer.protocol === 'ipv6');
      const vrrp = layers.find((layer) => layer.protocol === 'vrrp');
      changes.push(...routers.advance(captured.atMicros));
      if (!network || !vrrp) return;
      const { source, destination, ttl } = network;
      changes.push(
        ...routers.advert({ atMicros: captured.atMicros, segment: 0, mac: null, source, destination, ttl, vrrp, frame: captured.number }),
      );
    };
    new PcapStream({ name, frame }).push(readFileSync(join(CAPTURES, `${name}.pcap`)));
    return changes;
  }

  const masterships = (changes: readonly RouterChange[]): Mastership[] =>
    changes.map(({ router, to, atMicros }) => ({
      vrid: router.vrid,
      host: to ? hostOf(addressText(to.address)) : 'nobody',
      seconds: atMicros / SECOND,
    }));

  /** Each of ours has its own entry in the log, near enough in time, and the log has them in the same order. */
  function expectSame(ours: readonly Mastership[], theirs: readonly Mastership[]): void {
    const left = [...theirs];
    let before = 0;
    for (const { vrid, host, seconds } of ours) {
      const i = left.findIndex((entry) => entry.vrid === vrid && entry.host === host);
      expect(i, `VRID ${vrid}: the log does not know ${host} as master at ${seconds}`).not.toBe(-1);
      const [entry] = left.splice(i, 1);
      expect(Math.abs(entry.seconds - seconds), `VRID ${vrid}: ${host} at ${seconds}`).toBeLessThanOrEqual(TOLERANCE_SECONDS);
      expect(entry.seconds).toBeGreaterThanOrEqual(before);
      before = entry.seconds;
    }
    expect(left).toEqual([]);
  }

  test.each([
    ['dr-v1-failover', 3],
    ['vrrp-zoo', 22],
    ['ipv6-v1', 4],
    ['active-active', 2],
    ['tunnel-udp-vlan', 2],
  ])('%s: %i times somebody became master', (name, count) => {
    const changes = changesOf(name);
    const entered = logged(name, /^Entering MASTER STATE/);
    expect(new Set(changes.map((change) => change.kind))).toEqual(new Set(['master_change']));
    const seen = new Set(changes.map((change) => change.router.vrid));
    expectSame(
      masterships(changes),
      entered.filter((entry) => seen.has(entry.vrid)),
    );
    expect(changes).toHaveLength(count);
  });

  test('dr-v1-failover and vrrp-zoo: the reasons', () => {
    // What was done when: a stop (priority 0), the restart of the preferred router, and in the zoo a SIGKILL before both.
    expect(changesOf('dr-v1-failover').map((change) => change.reason)).toEqual(['first_seen', 'resigned', 'preempted']);
    const zoo = changesOf('vrrp-zoo').filter((change) => change.router.vrid === 12);
    expect(zoo.map((change) => change.reason)).toEqual(['first_seen', 'no_response', 'preempted', 'resigned']);
  });

  test('split-brain: both are master as long as both say so', () => {
    const changes = changesOf('split-brain');
    expect(changes.map((change) => change.kind)).toEqual(['master_change', 'two_masters', 'two_masters_resolved']);
    expectSame(masterships(changes.slice(0, 2)), logged('split-brain', /^Entering MASTER STATE/));
    // lb2 leaves, so lb1 is the one that remains.
    const [ended] = logged('split-brain', /^Entering BACKUP STATE$/);
    expect(ended.host).toBe('lb2');
    expect(masterships(changes)[2].host).toBe('lb1');
    expect(Math.abs(masterships(changes)[2].seconds - ended.seconds)).toBeLessThanOrEqual(TOLERANCE_SECONDS);
  });
});

describe('timers', () => {
  test.each([
    // RFC 3768 section 6.1: (256 - priority) / 256 seconds.
    ['v2, priority 100', 2, 100, 100, 609_375],
    ['v2, priority 100, interval 3 s', 2, 300, 100, 609_375],
    ['v2, priority 255', 2, 100, 255, 3906],
    // RFC 5798 section 6.1: (256 - priority) * interval / 256.
    ['v3, priority 100, 0.3 s', 3, 30, 100, 182_813],
    ['v3, priority 1, 40.95 s', 3, 4095, 1, 40_790_039],
  ] as const)('skew: %s', (_, version, interval, priority, micros) => {
    expect(skewMicros(version, interval, priority)).toBe(micros);
  });

  test.each([
    ['v2, 1 s', 2, 100, 3_996_094],
    ['v3, 0.3 s', 3, 30, 1_198_828],
  ] as const)('a master is down for the slowest backup: %s', (_, version, interval, micros) => {
    expect(masterDownMicros(version, interval)).toBe(micros);
  });
});

const A = 0x0a00000b;
const B = 0x0a00000c;
const GROUP = 0xe0000012;
const ADVERT: Vrrp = {
  protocol: 'vrrp',
  version: 2,
  type: 1,
  vrid: 51,
  priority: 100,
  count: 1,
  intervalCentiseconds: 100,
  addresses: [0x0a000064],
  authentication: 'none',
  secret: null,
  checksum: 0,
  dialect: 'v2',
  hmac: null,
};

function seen(seconds: number, source: number, fields: Partial<Vrrp> = {}, rest: Partial<AdvertSeen> = {}): AdvertSeen {
  const atMicros = Math.round(seconds * SECOND);
  return { atMicros, segment: 0, mac: null, source, destination: GROUP, ttl: 255, vrrp: { ...ADVERT, ...fields }, frame: 1, ...rest };
}

/** `A100` is an advert of A with priority 100. */
function follow(adverts: readonly (readonly [number, string])[], until: number): { routers: Routers; said: string[] } {
  const routers = new Routers();
  const changes: RouterChange[] = [];
  for (const [seconds, who] of adverts) {
    const advert = seen(seconds, who[0] === 'A' ? A : B, { priority: Number(who.slice(1)) });
    changes.push(...routers.advance(advert.atMicros), ...routers.advert(advert));
  }
  changes.push(...routers.advance(until * SECOND));
  return { routers, said: describeChanges(changes) };
}

function describeChanges(changes: readonly RouterChange[]): string[] {
  const letter = (address: unknown): string => (address === A ? 'A' : address === B ? 'B' : '-');
  return changes.map((change) => {
    const gap = change.gapMicros === null ? '' : ` ${change.gapMicros / SECOND}`;
    return `${change.atMicros / SECOND} ${change.reason ?? change.kind} ${letter(change.from?.address)}${letter(change.to?.address)}${gap}`;
  });
}

describe('succession', () => {
  test.each<[string, (readonly [number, string])[], number, string[]]>([
    [
      'a resignation, taken up after the skew alone',
      [
        [1, 'A100'],
        [1.5, 'A0'],
        [2.1, 'B90'],
      ],
      3,
      ['1 first_seen -A', '2.1 resigned AB 0.6'],
    ],
    [
      'silence for three intervals and a skew',
      [
        [1, 'A100'],
        [4.65, 'B90'],
      ],
      5,
      ['1 first_seen -A', '4.65 no_response AB 3.65'],
    ],
    [
      'preemption, with the one advert that overlaps',
      [
        [1, 'B90'],
        [1.6, 'A100'],
        [2, 'B90'],
        [2.6, 'A100'],
        [3.6, 'A100'],
      ],
      4,
      ['1 first_seen -B', '1.6 preempted BA'],
    ],
    [
      'equal priorities: the higher address',
      [
        [1, 'A100'],
        [1.2, 'B100'],
        [2.2, 'B100'],
      ],
      3,
      ['1 first_seen -A', '1.2 tie AB'],
    ],
    [
      'equal priorities: the lower address changes nothing',
      [
        [1, 'B100'],
        [1.2, 'A100'],
        [2, 'B100'],
      ],
      3,
      ['1 first_seen -B'],
    ],
    [
      'a lower priority, once, changes nothing',
      [
        [1, 'A100'],
        [1.5, 'B90'],
        [2, 'A100'],
      ],
      3,
      ['1 first_seen -A'],
    ],
    ['nobody takes over: lost at the end of the slowest timer', [[1, 'A100']], 10, ['1 first_seen -A', '4.996094 master_lost A-']],
    [
      'lost, and found again by another',
      [
        [1, 'A100'],
        [9, 'B90'],
      ],
      10,
      ['1 first_seen -A', '4.996094 master_lost A-', '9 no_response AB 8'],
    ],
    [
      'a resignation that nobody takes up in time',
      [
        [1, 'A100'],
        [1.5, 'A0'],
        [9, 'B90'],
      ],
      10,
      ['1 first_seen -A', '4.996094 master_lost A-', '9 resigned AB 7.5'],
    ],
    ['only a resignation was ever heard', [[1, 'A0']], 20, []],
    [
      'a resignation taken back before anybody took over',
      [
        [1, 'A100'],
        [1.5, 'A0'],
        [2.5, 'A100'],
      ],
      3,
      ['1 first_seen -A', '2.5 resigned AA 1'],
    ],
    [
      'a master for one advert only',
      [
        [1, 'A100'],
        [1.2, 'B200'],
        [1.3, 'B0'],
        [1.9, 'A100'],
      ],
      3,
      ['1 first_seen -A', '1.2 preempted AB', '1.9 resigned BA 0.6'],
    ],
    [
      'a takeover after two intervals, known at the end of the timer, with its gap',
      [
        [1, 'A100'],
        [3, 'B90'],
        [4, 'B90'],
        [5, 'B90'],
      ],
      5.5,
      ['1 first_seen -A', '4.996094 no_response AB 2'],
    ],
  ])('%s', (_, adverts, until, expected) => {
    expect(follow(adverts, until).said).toEqual(expected);
  });
});

describe('two masters', () => {
  const split: (readonly [number, string])[] = [
    [1, 'A100'],
    [1.5, 'B90'],
    [2, 'A100'],
    [2.5, 'B90'],
    [3, 'A100'],
  ];

  test('begin with the later of them, known by the second advert of the one that must give way; end with the last of one', () => {
    const { said } = follow([...split, [3.5, 'B90'], [4, 'A100'], [5, 'A100'], [6, 'A100'], [7, 'A100'], [8, 'A100']], 9);
    expect(said).toEqual(['1 first_seen -A', '1.5 two_masters AB', '3.5 two_masters_resolved AA 2']);
  });

  test('the higher one is heard once and the lower goes on as before: it never gave way', () => {
    const adverts: (readonly [number, string])[] = [
      [1, 'B90'],
      [1.1, 'A100'],
      [2, 'B90'],
      [3, 'B90'],
    ];
    expect(follow(adverts, 3.5).said).toEqual(['1 first_seen -B', '1.1 preempted BA', '1.1 two_masters AB']);
  });

  // Lab recording misconfigured, VRID 22: keepalived 2.2.7 sent nothing for six seconds while it refused the other's adverts.
  test.each<[string, Partial<Vrrp>, string[]]>([
    ['another password', { authentication: 'pass', secret: 2 }, []],
    ['another version', { version: 3, dialect: 'v3' }, []],
    ['other addresses', { addresses: [0x0a000065] }, []],
    ['nothing', {}, ['1.1 two_masters_resolved AB 0', '1.1 two_masters_resolved AB', '7.1 preempted BA']],
  ])('a silence of six seconds, where what differs is %s', (_, differs, then) => {
    const routers = new Routers();
    const changes: RouterChange[] = [];
    const adverts: [number, number, Partial<Vrrp>][] = [
      [1.1, A, { priority: 100 }],
      [7.1, A, { priority: 100 }],
    ];
    for (let seconds = 1; seconds < 8; seconds++) adverts.push([seconds, B, { priority: 90, ...differs }]);
    adverts.sort(([one], [other]) => one - other);
    for (const [seconds, who, fields] of adverts) {
      const advert = seen(seconds, who, fields);
      changes.push(...routers.advance(advert.atMicros), ...routers.advert(advert));
    }
    expect(describeChanges(changes)).toEqual(['1 first_seen -B', '1.1 preempted BA', '1.1 two_masters AB', ...then]);
  });

  test.each<[string, Partial<Vrrp>, string[]]>([
    ['refuses', { authentication: 'pass', secret: 2 }, ['1 first_seen -A', '9 two_masters AB']],
    ['hears', {}, ['1 first_seen -A', '6.996094 no_response AB 1.3', '9 preempted BA', '9 two_masters AB']],
  ])('a backup that %s the master begins early, and the master is silent for six seconds', (_, fields, expected) => {
    const routers = new Routers();
    const adverts = [1, 2, 3, 9, 10, 11].map((seconds) => seen(seconds, A));
    for (let seconds = 4.3; seconds < 12; seconds++) adverts.push(seen(seconds, B, { priority: 90, ...fields }));
    adverts.sort((one, other) => one.atMicros - other.atMicros);
    const changes = adverts.flatMap((advert) => [...routers.advance(advert.atMicros), ...routers.advert(advert)]);
    expect(describeChanges(changes)).toEqual(expected);
  });

  test('one that refuses the other and is never heard again is gone in the end', () => {
    const routers = new Routers();
    const changes: RouterChange[] = [];
    for (let seconds = 1; seconds < 16; seconds++) {
      changes.push(...routers.advance(seconds * SECOND), ...routers.advert(seen(seconds, B, { priority: 90, addresses: [0x0a000065] })));
      if (seconds === 1) changes.push(...routers.advert(seen(1.1, A)));
    }
    expect(describeChanges(changes).slice(3)).toEqual(['1.1 two_masters_resolved AB 0', '1.1 two_masters_resolved AB']);
  });

  test('end at once when one resigns', () => {
    expect(follow([...split, [3.2, 'B0']], 4).said.at(-1)).toBe('3.2 two_masters_resolved AA 1.7');
  });

  test('end with another master when the first one resigns', () => {
    const { said, routers } = follow([...split, [3.2, 'A0'], [3.5, 'B90']], 4);
    expect(said.slice(2)).toEqual(['3.2 two_masters_resolved AB 1.7', '3.2 two_masters_resolved AB']);
    expect(routers.all[0]).toMatchObject({ state: 'master', master: { address: B } });
  });

  test('a pause shorter than the timer is no end', () => {
    expect(follow([...split, [6, 'B90'], [6, 'A100'], [7, 'B90']], 8).said).toEqual(['1 first_seen -A', '1.5 two_masters AB']);
  });

  test('one that sent all along takes over without a gap', () => {
    const { said } = follow(
      [
        [1, 'A100'],
        [1.5, 'B90'],
        [2.5, 'B90'],
        [3.5, 'B90'],
        [4.5, 'B90'],
        [5.5, 'B90'],
      ],
      6,
    );
    expect(said).toEqual(['1 first_seen -A', '4.996094 no_response AB']);
  });
});

describe('adverts that every router drops change nothing', () => {
  test.each<[string, AdvertSeen]>([
    ['wrong checksum', seen(2, B, { priority: 200, dialect: null })],
    ['no advert', seen(2, B, { priority: 200, type: 2 })],
    ['interval 0', seen(2, B, { priority: 200, version: 3, intervalCentiseconds: 0, dialect: 'v3' })],
    ['fewer addresses than announced', seen(2, B, { priority: 200, count: 2 })],
    ['multicast from another network', seen(2, B, { priority: 200 }, { ttl: 254 })],
  ])('%s', (_, bad) => {
    const routers = new Routers();
    routers.advert(seen(1, A));
    expect(routers.advert(bad)).toEqual([]);
    expect(routers.all).toHaveLength(1);
    expect(routers.all[0].senders).toHaveLength(1);
  });
});

test('a virtual router is one VRID of one family, segment and group', () => {
  const routers = new Routers();
  const ipv6 = Uint8Array.from([0xfe, 0x80, ...new Array<number>(13).fill(0), 1]);
  const all = [
    seen(1, A),
    seen(1, A, { vrid: 52 }),
    seen(1, A, {}, { segment: 1 }),
    seen(1, A, {}, { destination: 0xe00000a0 }),
    seen(1, A, {}, { destination: B, ttl: 64 }),
    {
      ...seen(1, A, { version: 3, dialect: 'ipv6' }),
      source: ipv6,
      destination: Uint8Array.from([0xff, 2, ...new Array<number>(14).fill(0)]),
    },
  ];
  for (const advert of all) routers.advert(advert);
  expect(routers.all).toHaveLength(all.length);
  // The answer of a unicast peer belongs to the same one.
  routers.advert(seen(2, B, {}, { destination: A, ttl: 64 }));
  expect(routers.all).toHaveLength(all.length);
});

test('what is kept is bounded, and what is refused is counted', () => {
  const routers = new Routers();
  for (let i = 0; i < 5000; i++) routers.advert(seen(1, A, { vrid: i & 255 }, { segment: i >>> 8 }));
  expect(routers.all).toHaveLength(1024);
  expect(routers.overflowed).toBe(5000 - 1024);
  for (let i = 0; i < 100; i++) routers.advert(seen(1, 0x0a010000 + i, { vrid: 0 }));
  expect(routers.all[0].senders).toHaveLength(16);
  expect(routers.overflowed).toBe(5000 - 1024 + 85);
});
