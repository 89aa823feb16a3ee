/**
 * keepalived agrees: its own log (captures/*.json, to the second) says who became master when; when and why by the wire is worked
 * out here from the frames by a parser of a few lines, which in turn must see the adverts that tshark sees.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { MonitorEvent } from '../../src/state/events.ts';
import { FIXTURES, recordings } from '../environment.ts';
import { watchRecording } from '../watched.ts';

interface WireAdvert {
  readonly frame: number;
  readonly seconds: number;
  readonly router: string;
  readonly host: string;
  readonly address: string;
  readonly priority: number;
  readonly interval: number;
}

/** Last octets of the load balancers' addresses. */
const hostOf = (octet: number): string => ({ 11: 'lb1', 12: 'lb2' })[octet] ?? 'somebody';

/** Ethernet, perhaps a tag, IPv4 or IPv6, perhaps an authentication header of 24 octets, VRRP (RFC 3768, RFC 2338, RFC 5798, section 5). */
function advertOf(bytes: Buffer, frame: number, seconds: number): WireAdvert | null {
  const tag = bytes.readUInt16BE(12) === 0x8100 ? 4 : 0;
  const type = bytes.readUInt16BE(12 + tag);
  const ip = 14 + tag;
  const v4 = type === 0x0800;
  if (!v4 && type !== 0x86dd) return null;
  const protocol = bytes[ip + (v4 ? 9 : 6)];
  if (protocol !== 112 && protocol !== 51) return null;
  const vrrp = ip + (v4 ? (bytes[ip] & 15) * 4 : 40) + (protocol === 51 ? 24 : 0);
  const source = v4 ? bytes.subarray(ip + 12, ip + 16) : bytes.subarray(ip + 8, ip + 24);
  // The last octet of the IPv6 addresses is that of the MAC address: 0x0b, 0x0c.
  const octet = source[source.length - 1];
  const version = bytes[vrrp] >> 4;
  return {
    frame,
    seconds,
    router: `${bytes[vrrp + 1]} ${v4 ? 'ipv4' : 'ipv6'}`,
    host: hostOf(octet),
    address: v4 ? source.join('.') : `fe80::99:ff:fe00:${octet.toString(16)}`,
    priority: bytes[vrrp + 2],
    interval: version === 2 ? bytes[vrrp + 5] : (bytes.readUInt16BE(vrrp + 4) & 0xfff) / 100,
  };
}

function advertsOf(path: string): WireAdvert[] {
  const file = readFileSync(path);
  const adverts: WireAdvert[] = [];
  for (let at = 24, frame = 1; at < file.length; frame++) {
    const length = file.readUInt32LE(at + 8);
    const seconds = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6;
    const advert = advertOf(file.subarray(at + 16, at + 16 + length), frame, seconds);
    if (advert) adverts.push(advert);
    at += 16 + length;
  }
  return adverts;
}

/** Virtual routers of the lab's instances. UNI's adverts are unicast and never reach the monitor's port. */
const ROUTERS: Readonly<Record<string, string>> = {
  VI_1: '51 ipv4',
  VI_2: '52 ipv4',
  VI_6: '52 ipv6',
  VI_V: '60 ipv4',
  PLAIN: '10 ipv4',
  PASS: '11 ipv4',
  AH: '12 ipv4',
  V3: '13 ipv4',
  VMAC: '14 ipv4',
  MANY: '16 ipv4',
  INT: '20 ipv4',
  VIPS: '21 ipv4',
  AUTH: '22 ipv4',
  VER: '23 ipv4',
};
const UNICAST = 'UNI';

interface Mastership {
  readonly router: string;
  readonly host: string;
  /** Whole seconds: it happened within the one that begins here. */
  readonly from: number;
  readonly to: number;
}

/** From each "Entering MASTER STATE" to the next line that ends it. */
function mastershipsOf(path: string): Mastership[] {
  const { keepalived_log } = JSON.parse(readFileSync(path.replace(/pcap$/, 'json'), 'utf8')) as { keepalived_log: Record<string, string> };
  return Object.entries(keepalived_log).flatMap(([host, log]) => {
    const lines = log.split('\n').flatMap((line) => {
      const [, time, instance, said] = /^(.{24}): \((\w+)\) (.*)$/.exec(line) ?? [];
      return said === undefined ? [] : [{ seconds: Date.parse(`${time} UTC`) / 1000, instance, said }];
    });
    const changes = lines.filter(({ said }) => /^Entering \w+ STATE|^sent 0 priority/.test(said));
    return changes.flatMap(({ seconds, instance, said }, i) => {
      if (!said.startsWith('Entering MASTER') || instance === UNICAST) return [];
      expect(Object.keys(ROUTERS)).toContain(instance);
      const end = changes.slice(i + 1).find((later) => later.instance === instance);
      return [{ router: ROUTERS[instance], host, from: seconds, to: end?.seconds ?? Number.POSITIVE_INFINITY }];
    });
  });
}

/** What the frames say of a mastership: its adverts, why it began, and the seconds without a master. */
interface Told {
  readonly adverts: number;
  readonly first: WireAdvert;
  readonly reason: string;
  readonly gap: number | null;
}

function told({ router, host, from, to }: Mastership, all: readonly WireAdvert[]): Told | null {
  const own = all.filter((advert) => advert.router === router && advert.host === host && advert.priority > 0);
  const adverts = own.filter(({ seconds }) => seconds >= from && seconds < to + 1);
  const [first] = adverts;
  if (!first) return null;
  const before = all.filter((advert) => advert.router === router && advert.host !== host && advert.frame < first.frame).at(-1);
  const base = { adverts: adverts.length, first };
  if (!before) return { ...base, reason: 'first_seen', gap: null };
  const gap = first.seconds - before.seconds;
  if (before.priority === 0) return { ...base, reason: 'resigned', gap };
  // RFC 3768 section 6.1: three intervals and a skew of which nobody knows how punctual it is.
  if (gap > 2.9 * before.interval) return { ...base, reason: 'no_response', gap };
  return { ...base, reason: first.priority > before.priority ? 'preempted' : 'two_masters', gap: null };
}

const TOLERANCE = 1.5;
const GAP_TOLERANCE_MS = 50;
const MASTERSHIP = 3;

/** Seconds from a moment to the whole second of the log. */
const distance = (moment: number, second: number): number => Math.max(second - moment, moment - (second + 1), 0);
const secondsOf = ({ atMicros }: MonitorEvent): number => atMicros / 1e6;
const routerOf = ({ subject }: MonitorEvent): string => `${subject.vrid} ${subject.family}`;

// Random bytes have no load balancer behind them.
const cases = recordings().filter(({ name }) => name !== 'random');

describe.each(cases)('$where/$name', ({ name, path }) => {
  const adverts = advertsOf(path);
  const masterships = mastershipsOf(path);
  const { events } = watchRecording(path);
  const changes = events.filter(({ kind }) => kind === 'vrrp.master_change');

  test.skipIf(!existsSync(join(FIXTURES, 'oracle', `${name}.tsv.gz`)))('tshark sees the same adverts', () => {
    const [head, ...rows] = gunzipSync(readFileSync(join(FIXTURES, 'oracle', `${name}.tsv.gz`)))
      .toString()
      .split('\n')
      .map((line) => line.split('\t'));
    const [number, vrid, priority] = ['frame.number', 'vrrp.virt_rtr_id', 'vrrp.prio'].map((field) => head.indexOf(field));
    const theirs = rows.filter((row) => row[vrid]).map((row) => `${row[number]} ${row[vrid]} ${row[priority]}`);
    expect(adverts.map(({ frame, router, priority: own }) => `${frame} ${router.split(' ')[0]} ${own}`)).toEqual(theirs);
  });

  test('every mastership of more than three adverts has its event: who, when, why, and the gap', () => {
    for (const mastership of masterships) {
      const truth = told(mastership, adverts);
      if (!truth || truth.adverts <= MASTERSHIP) continue;
      const { router, host, from } = mastership;
      const kind = truth.reason === 'two_masters' ? 'vrrp.two_masters' : 'vrrp.master_change';
      const event = events.find(
        (e) => e.kind === kind && routerOf(e) === router && e.to === truth.first.address && distance(secondsOf(e), from) <= TOLERANCE,
      );
      expect(event, `${router}: ${host} at ${from}, ${truth.reason}`).toBeDefined();
      if (kind === 'vrrp.two_masters') continue;
      expect(event?.reason).toBe(truth.reason);
      if (truth.gap === null) expect(event?.gapMs).toBeNull();
      else expect(Math.abs((event?.gapMs ?? 0) - truth.gap * 1000)).toBeLessThanOrEqual(GAP_TOLERANCE_MS);
    }
  });

  test('every change has its own line in a log', () => {
    const left = [...masterships];
    for (const change of changes) {
      const i = left.findIndex(
        (m) =>
          m.router === routerOf(change) &&
          adverts.some(({ host, address }) => host === m.host && address === change.to) &&
          distance(secondsOf(change), m.from) <= TOLERANCE,
      );
      expect(i, `no log explains: ${change.text}`).not.toBe(-1);
      left.splice(i, 1);
    }
  });
});

test('the masterships compared are all there: by recording', () => {
  const counts = Object.fromEntries(
    cases
      .filter(({ where }) => where.startsWith('test/'))
      .map(({ name, path }) => [name, mastershipsOf(path).filter((m) => (told(m, advertsOf(path))?.adverts ?? 0) > 3).length]),
  );
  expect(counts).toEqual({
    'active-active': 2,
    crafted: 0,
    'dr-v1-failover': 3,
    'ipv6-v1': 4,
    misconfigured: 8,
    'nat-v0': 1,
    'persistence-fwmark': 1,
    'short-timeouts-and-expiry': 1,
    'sip-pe-and-ftp': 1,
    'split-brain': 2,
    'sync-options': 1,
    'sync-over-ipv6': 0,
    'tunnel-udp-vlan': 2,
    'vrrp-zoo': 21,
  });
});
