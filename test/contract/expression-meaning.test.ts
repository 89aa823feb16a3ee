/** What expressions mean: against the lines of ipvsadm, against the shapes that the API shows, in every way to ask. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connectionOf } from '../../src/contract/connection.ts';
import { CONNECTIONS, parseConnectionFilter } from '../../src/contract/connection-query.ts';
import { BLOCK, siftBlock, siftSlots } from '../../src/contract/connection-sieve.ts';
import { FILTERED_NOUNS, fieldsOf } from '../../src/contract/filter-fields.ts';
import type { App } from '../../src/http/context.ts';
import { looks, recorded } from '../http/recorded.ts';
import { serving } from '../http/serving.ts';
import { CROWD_START_MICROS, crowd } from './crowd.ts';

/** A line of `ipvsadm -Lnc --persistent-conn` or without, in its columns. */
interface Row {
  readonly proto: string;
  readonly seconds: number;
  readonly state: string;
  readonly client: string;
  readonly virtual: string;
  readonly destination: string;
  readonly engine: string;
  readonly data: string;
}

const rowsOf = (output: string): Row[] =>
  output
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => {
      const [proto, expire, state, client, virtual, destination, engine = '', data = ''] = line.trim().split(/\s+/);
      const [minutes, seconds] = expire.split(':').map(Number);
      return { proto, seconds: minutes * 60 + seconds, state, client, virtual, destination, engine, data };
    });
const withoutSeconds = (rows: readonly Row[]): string[] => rows.map(({ seconds: _, ...rest }) => Object.values(rest).join(' ')).sort();
const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));

/** Each expression, and what keeps the same lines of ipvsadm's output. */
const ON_LINES: readonly (readonly [q: string, keeps: (row: Row) => boolean])[] = [
  ['proto == udp', ({ proto }) => proto === 'UDP'],
  ['state == ESTABLISHED', ({ state }) => state === 'ESTABLISHED'],
  ['state != established', ({ state }) => state !== 'ESTABLISHED'],
  ['state == [FIN_WAIT, CLOSE]', ({ state }) => /^(FIN_WAIT|CLOSE)$/.test(state)],
  ['state == *WAIT', ({ state }) => state.endsWith('WAIT')],
  ['destination == 10.99.0.21', ({ destination }) => destination.startsWith('10.99.0.21:')],
  ['destination == [10.99.0.21:80, 10.99.0.22:53]', ({ destination }) => /^10\.99\.0\.(21:80|22:53)$/.test(destination)],
  ['!(destination == [10.99.0.21:80,[fd99::21]:80])', ({ destination }) => !/^(10\.99\.0\.21|\[fd99::21\]):80$/.test(destination)],
  ['dest == 10.99.0.22/31', ({ destination }) => /^10\.99\.0\.2[23]:/.test(destination)],
  ['client == fd99::/64', ({ client }) => client.startsWith('[fd99::')],
  ['family == ipv6 || proto == udp', ({ client, proto }) => client.startsWith('[') || proto === 'UDP'],
  ['virtual == :80', ({ virtual }) => virtual.endsWith(':80')],
  ['vip == 10.99.0.100:50..90', ({ virtual }) => virtual.startsWith('10.99.0.100:') && portOf(virtual) >= 50 && portOf(virtual) <= 90],
  ['client.port == 40000..50000', ({ client }) => portOf(client) >= 40000 && portOf(client) <= 50000],
  ['client.port >= 40000 and client.port < 50000', ({ client }) => portOf(client) >= 40000 && portOf(client) < 50000],
  ['dest.port != [80, 443]', ({ destination }) => ![80, 443].includes(portOf(destination))],
  ['expires > 10m', ({ seconds }) => seconds > 600],
  ['expires < 3m && !(proto == udp)', ({ seconds, proto }) => seconds < 180 && proto !== 'UDP'],
  ['persistenceEngine == sip', ({ engine }) => engine === 'sip'],
  [
    'persistenceEngine.data == call-* && !(proto == [tcp, udp])',
    ({ data, proto }) => data.startsWith('call-') && !/^(TCP|UDP)$/.test(proto),
  ],
  ['persistenceEngine EXISTS && virtual.port == 80', ({ engine, virtual }) => engine !== '' && portOf(virtual) === 80],
  ['proto == ip', ({ proto }) => proto === 'IP'],
  ['proto == ip_5* || vip == 10.99.0.100:443', ({ proto, virtual }) => /^IP_5/.test(proto) || virtual === '10.99.0.100:443'],
];

const RECORDINGS = [
  ['nat-v0', 'ipvsadm -Lnc'],
  ['ipv6-v1', 'ipvsadm -Lnc'],
  ['persistence-fwmark', 'ipvsadm -Lnc'],
  ['random', 'ipvsadm -Lnc --persistent-conn'],
  ['short-timeouts-and-expiry', 'ipvsadm -Lnc'],
] as const;

describe('on recordings of real load balancers, the lines that ipvsadm printed there', () => {
  const served: { name: string; app: App; rows: Row[] }[] = [];
  beforeAll(async () => {
    for (const [name, command] of RECORDINGS) {
      const [look] = looks(name, command).sort((a, b) => rowsOf(b.output).length - rowsOf(a.output).length);
      served.push({ name, app: serving(await recorded(name, look.t * 1e6)).app, rows: rowsOf(look.output) });
    }
  });
  afterAll(async () => {
    for (const { app } of served) await app.close();
  });

  test.each(ON_LINES)('%s', async (q, keeps) => {
    const counts = [0, 0];
    for (const { app, rows } of served) {
      const url = `/api/v1/connections?persistentConn=true&q=${encodeURIComponent(q)}`;
      const answer = await app.inject({ url, headers: { accept: 'text/plain' } });
      const kept = rows.filter(keeps);
      expect(withoutSeconds(rowsOf(answer.body))).toEqual(withoutSeconds(kept));
      counts[0] += kept.length;
      counts[1] += rows.length - kept.length;
    }
    // It would prove nothing if it kept all or none.
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

const NOW = CROWD_START_MICROS + 181_000_000;
const monitor = crowd(2500, 9);
const { sessions } = monitor;
const all: Connection[] = [];
const idOf = new Map<number, string>();
for (let slot = 1; slot < sessions.top; slot++) {
  if (!sessions.inUse(slot)) continue;
  all.push(connectionOf(monitor, slot, NOW));
  idOf.set(slot, all[all.length - 1].id);
}

function kept(query: Readonly<Record<string, string>>): unknown[] {
  const sieves = parseConnectionFilter(query).bind(monitor, NOW);
  const ids: unknown[] = [];
  const slots = new Uint32Array(BLOCK);
  for (let block = 0; block < sessions.top; block += BLOCK) {
    const count = siftBlock(sessions, sieves, block, slots);
    for (let i = 0; i < count; i++) ids.push(idOf.get(slots[i]));
  }
  return ids;
}

type Holds = (c: Connection) => boolean;
interface Term {
  readonly text: string;
  readonly holds: Holds;
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const some = one(...all.slice(0, 500));

function numberTerm(names: readonly string[], of: (c: Connection) => number | null, value: fc.Arbitrary<number>): fc.Arbitrary<Term> {
  const compared = fc.tuple(one(...names), one(...Object.keys(COMPARE)), value).map(([name, sign, v]) => ({
    text: `${name} ${sign} ${v}`,
    // What is absent is not equal to anything, and in no order.
    holds: (c: Connection) => {
      const said = of(c);
      return said === null ? sign === '!=' : COMPARE[sign](said, v);
    },
  }));
  const ranged = fc.tuple(one(...names), value, value).map(([name, a, b]) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const holds = (c: Connection) => {
      const said = of(c);
      return said !== null && said >= from && said <= to;
    };
    return { text: `${name} == ${from}..${to}`, holds };
  });
  return fc.oneof(compared, ranged);
}

function wordTerm(names: readonly string[], of: (c: Connection) => readonly string[], words: readonly string[]): fc.Arbitrary<Term> {
  return fc.tuple(one(...names), one('==', '!='), fc.array(one(...words), { minLength: 1, maxLength: 3 })).map(([name, sign, wanted]) => ({
    text: `${name} ${sign} [${wanted.join(',')}]`,
    holds: (c) => of(c).some((said) => wanted.includes(said)) === (sign === '=='),
  }));
}

const microsOf = (time: string): number => Date.parse(time) * 1000 + Number(time.slice(23, 26));
const seconds = fc.oneof(
  fc.nat(1000),
  fc.integer({ min: 0, max: 2_000_000 }).map((n) => n / 10_000),
);

function timeTerm(name: 'firstSeen' | 'lastSync' | 'expiresAt'): fc.Arbitrary<Term> {
  return fc.tuple(one(...Object.keys(COMPARE)), some).map(([sign, from]) => ({
    text: `${name} ${sign} ${from[name]}`,
    holds: (c) => COMPARE[sign](microsOf(c[name]), microsOf(from[name])),
  }));
}

function endTerm(names: readonly string[], end: 'client' | 'virtual' | 'destination'): fc.Arbitrary<Term> {
  return fc.tuple(one(...names), some, one('address', 'both', 'port', 'absentPort')).map(([name, from, form]) => {
    const { address, port } = from[end];
    const bracketed = address.includes(':') ? `[${address}]` : address;
    const forms: Readonly<Record<string, Term>> = {
      address: { text: `${name} == ${address}`, holds: (c) => c[end].address === address },
      both: { text: `${name} == ${bracketed}:${port}`, holds: (c) => c[end].address === address && c[end].port === port },
      port: { text: `${name}==:${port}`, holds: (c) => c[end].port === port },
      absentPort: { text: `!(${end}.port == ${port})`, holds: (c) => c[end].port !== port },
    };
    return forms[form];
  });
}

const age = (c: Connection): number => (NOW - microsOf(c.firstSeen)) / 1e6;
const term: fc.Arbitrary<Term> = fc.oneof(
  numberTerm(['client.port'], (c) => c.client.port, fc.integer({ min: 1000, max: 1300 })),
  numberTerm(['virtual.port', 'vip.port'], (c) => c.virtual.port, one(20, 21, 80, 443, 2000)),
  numberTerm(['destination.port', 'dest.port'], (c) => c.destination.port, one(80, 443, 8080)),
  numberTerm(['fwmark'], (c) => c.fwmark, fc.nat(4)),
  numberTerm(['syncCount'], (c) => c.syncCount, fc.nat(4)),
  numberTerm(['timeout', 'timeoutSeconds'], (c) => c.timeoutSeconds, fc.integer({ min: 550, max: 950 })),
  numberTerm(['expires', 'expiresInSeconds'], (c) => c.expiresInSeconds, fc.integer({ min: 300, max: 950 })),
  numberTerm(['age'], age, fc.oneof(seconds, some.map(age))),
  numberTerm(['daemon', 'daemonId'], (c) => Number(c.daemonId), fc.nat(2)),
  numberTerm(['vlan'], (c) => c.vlan, one(0, 100)),
  wordTerm(['proto'], (c) => [c.proto], ['tcp', 'udp', 'sctp', 'ip']),
  wordTerm(['family'], (c) => [c.family], ['ipv4', 'ipv6']),
  wordTerm(['state'], (c) => [c.state], ['ESTABLISHED', 'NONE', 'UDP', 'C-SENT', 'CLOSED']),
  wordTerm(['forward'], (c) => [c.forward], ['masq', 'local', 'tunnel', 'route', 'bypass', 'unknown']),
  wordTerm(['template'], (c) => [String(c.template)], ['true', 'false']),
  wordTerm(['active'], (c) => [String(c.active)], ['true', 'false']),
  wordTerm(['origin'], (c) => [c.origin], ['local', 'synced']),
  wordTerm(['flags'], (c) => c.flags, ['NOOUTPUT', 'INACTIVE', 'TEMPLATE', 'NFCT']),
  wordTerm(['interface'], (c) => [c.interface ?? 'none'], ['eth0', 'eth1', 'none']),
  one<Term>(
    { text: 'flags EXISTS', holds: (c) => c.flags.length > 0 },
    { text: 'vlan == EXISTS!', holds: (c) => c.vlan !== null },
    { text: 'interface != EXISTS!', holds: (c) => c.interface === null },
    { text: 'state == *SENT', holds: (c) => c.state.endsWith('SENT') },
    { text: 'interface == *h*1', holds: (c) => c.interface === 'eth1' },
  ),
  timeTerm('firstSeen'),
  timeTerm('lastSync'),
  timeTerm('expiresAt'),
  endTerm(['client', 'client.address'], 'client'),
  endTerm(['vip', 'virtual'], 'virtual'),
  endTerm(['dest', 'destination'], 'destination'),
);

const { tree } = fc.letrec<{ tree: Term }>((tie) => {
  const several = fc.array(tie('tree'), { minLength: 2, maxLength: 4 });
  return {
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      term,
      several.map((terms) => ({
        text: `(${terms.map(({ text }) => text).join(' && ')})`,
        holds: (c: Connection) => terms.every((t) => t.holds(c)),
      })),
      several.map((terms) => ({
        text: `(${terms.map(({ text }) => text).join(' || ')})`,
        holds: (c: Connection) => terms.some((t) => t.holds(c)),
      })),
      tie('tree').map(({ text, holds }) => ({ text: `!(${text})`, holds: (c: Connection) => !holds(c) })),
    ),
  };
});

describe('on many different sessions', () => {
  test('any expression keeps what its terms say of the shapes', () => {
    fc.assert(
      fc.property(tree, ({ text, holds }) => {
        fc.pre(text.length <= 4096 && text.split('==').length + text.split(/[<>]/).length < 60);
        expect(kept({ q: text })).toEqual(all.filter(holds).map(({ id }) => id));
      }),
      { numRuns: 300, seed: 23 },
    );
  });

  test('each term by itself', () => {
    fc.assert(
      fc.property(term, ({ text, holds }) => {
        expect(kept({ q: text })).toEqual(all.filter(holds).map(({ id }) => id));
      }),
      { numRuns: 300, seed: 24 },
    );
  });

  test('parameters beside an expression must hold as well', () => {
    expect(kept({ proto: 'tcp', q: 'family == ipv6 || state == NONE', 'client.port>': '1100' })).toEqual(
      all.filter((c) => c.proto === 'tcp' && (c.family === 'ipv6' || c.state === 'NONE') && c.client.port >= 1100).map(({ id }) => id),
    );
  });

  test('any list of slots is sifted like a block, whatever its length and order', () => {
    const { holds, q } = { holds: (c: Connection) => c.proto === 'udp' || c.family !== 'ipv6', q: 'proto == udp || !(family == ipv6)' };
    const slots = Uint32Array.from({ length: sessions.top - 1 }, (_, i) => sessions.top - 1 - i);
    const count = siftSlots(sessions, parseConnectionFilter({ q }).bind(monitor, NOW), slots);
    expect(slots.length).toBeGreaterThan(BLOCK);
    const found = [...slots.slice(0, count)].map((slot) => connectionOf(monitor, slot, NOW).id);
    expect(found).toEqual(
      all
        .filter(holds)
        .map(({ id }) => id)
        .reverse(),
    );
  });

  test('only what age, time left and services decide changes by itself', () => {
    const drifting = CONNECTIONS.fields.filter(({ description: { name, kind } }) => {
      const value = { text: 'tcp-*', number: '1', seconds: '1', time: '1', endpoint: ':1', address: '::' }[kind];
      return ['service'].includes(name) || kind === 'seconds' ? parseConnectionFilter({ q: `!(${name} == ${value})` }).drifts : false;
    });
    expect(drifting.map(({ description }) => description.name)).toEqual(['service', 'age', 'expires']);
  });
});

describe('every list', () => {
  const HOSTILE = [
    "' OR '1'='1",
    '"; DROP TABLE sessions; --',
    '1; SELECT 1',
    '<script>alert(1)</script>',
    '{{7*7}}',
    '__proto__',
    '%00',
    '\0',
    '\r\nSet-Cookie: a=b',
    '../../etc/passwd',
    '\u202egpj',
    '(a+)+$',
    'é'.repeat(500),
  ];
  let app: App;
  beforeAll(async () => {
    ({ app } = serving(await recorded('vrrp-zoo')));
  });
  afterAll(() => app.close());

  test.each(FILTERED_NOUNS)('%s: hostile text in any field is refused or matches nothing', async (noun) => {
    for (const { name } of fieldsOf(noun))
      for (const text of HOSTILE) {
        const quoted = `${name} == "${text.replace(/["\\]/g, '\\$&')}"`;
        for (const query of [`q=${encodeURIComponent(quoted)}`, `${name}=${encodeURIComponent(text)}`]) {
          const answer = await app.inject({ url: `/api/v1/${noun}?${query}` });
          if (answer.statusCode === 200) expect(answer.json<{ items: unknown[] }>().items).toEqual([]);
          else expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'bad_parameter']);
        }
      }
  });

  interface Anything {
    readonly [key: string]: unknown;
  }
  const ask = async (url: string): Promise<Anything[]> => (await app.inject({ url })).json<{ items: Anything[] }>().items;
  const SAYS: readonly (readonly [noun: string, q: string, keeps: (item: Anything) => boolean])[] = [
    ['vrrp', 'vrid > 12 && family == ipv4', ({ vrid, family }) => Number(vrid) > 12 && family === 'ipv4'],
    ['vrrp', 'version == 3 or state != master', ({ version, state }) => version === 3 || state !== 'master'],
    ['vrrp', 'priority > 100', ({ master }) => Number((master as { priority: number }).priority) > 100],
    [
      'vrrp',
      'address == 10.99.0.112/28',
      ({ addresses }) => (addresses as string[]).some((address) => /\.(11[2-9]|12[0-7])$/.test(address)),
    ],
    [
      'neighbors',
      'mac == *:01 || vip == true',
      ({ macs, vip }) => vip === true || (macs as { mac: string }[]).some(({ mac }) => mac.endsWith(':01')),
    ],
    ['neighbors', 'address == 10.99.0.0/28', ({ address }) => /^10\.99\.0\.([0-9]|1[0-5])$/.test(String(address))],
    ['groups', 'group == [224.0.0.0/8, ff02::/16]', ({ group }) => /^(224\.|ff02:)/.test(String(group))],
    ['events', 'severity >= warning', ({ severity }) => severity !== 'info'],
    ['events', 'kind == vrrp.* && !(severity == info)', ({ kind, severity }) => String(kind).startsWith('vrrp.') && severity !== 'info'],
    ['anomalies', 'check == raised && count > 1', ({ check, count }) => check === 'raised' && Number(count) > 1],
  ];
  test.each(SAYS)('%s: %s', async (noun, q, keeps) => {
    const whole = await ask(`/api/v1/${noun}?limit=1000`);
    const found = await ask(`/api/v1/${noun}?limit=1000&q=${encodeURIComponent(q)}`);
    expect(found).toEqual(whole.filter(keeps));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(whole.length);
  });
});
