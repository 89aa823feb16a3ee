/** Filters of connections: read once from the query, and then made into sieves for the table as it stands. */
import type { PersistenceEngine } from '../../dissectors/ipvs.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Segment } from '../state/segments.ts';
import { listServices } from '../state/services.ts';
import { HIGH_SHIFT, MOST_DAEMONS, MOST_SEGMENTS, ROW, WORD } from '../state/session-layout.ts';
import { FLAG_NAMES, persistenceData } from './connection.ts';
import {
  ageColumn,
  type Column,
  expiresAtColumn,
  expiresColumn,
  firstSeenColumn,
  fwmarkColumn,
  lastSyncColumn,
  syncCountColumn,
  timeoutColumn,
} from './connection-columns.ts';
import {
  bitsSieve,
  type EndpointName,
  engineSieve,
  markedSieve,
  marksAt,
  PORT_OF,
  type Sieve,
  shiftOf,
  spanSieve,
  stateSieve,
} from './connection-sieve.ts';
import { endpointSieve } from './endpoint-sieve.ts';
import { type Algebra, type Field, type FieldAbout, makeField } from './field.ts';
import {
  ENDPOINT_KIND,
  type FieldKind,
  FWMARK_KIND,
  fits,
  type Pattern,
  PORT_KIND,
  type Span,
  secondsKind,
  TIME_KIND,
  textKind,
  VLAN_KIND,
  wholeKind,
  wordKind,
} from './field-kind.ts';
import { type Filterable, parseFilter } from './filter.ts';
import type { Query } from './query.ts';
import { forwardName, protoText } from './scalars.ts';
import { serviceId } from './service.ts';
import { allSieve, anySieve, notSieve } from './sieve-algebra.ts';

interface ConnectionTest {
  /** Answers may change with time or with other sessions, not only with the session itself. */
  readonly drifts: boolean;
  readonly bind: (monitor: Monitor, nowMicros: number) => Sieve;
}

export interface ConnectionFilter {
  /** As of any of its tests. */
  readonly drifts: boolean;
  /** The sieves for the table as it stands; good until the next record is entered. */
  readonly bind: (monitor: Monitor, nowMicros: number) => readonly Sieve[];
}

const joined =
  (join: (sieves: readonly Sieve[]) => Sieve) =>
  (tests: readonly ConnectionTest[]): ConnectionTest => ({
    drifts: tests.some(({ drifts }) => drifts),
    bind: (monitor, nowMicros) => join(tests.map(({ bind }) => bind(monitor, nowMicros))),
  });

const ALGEBRA: Algebra<ConnectionTest> = {
  all: joined(allSieve),
  any: joined(anySieve),
  not: ({ drifts, bind }) => ({ drifts, bind: (monitor, nowMicros) => notSieve(bind(monitor, nowMicros)) }),
};

interface FieldOptions<Value> extends Omit<FieldAbout, 'optional'> {
  readonly kind: FieldKind<Value>;
  /** The sieve for any of the values. */
  readonly sieve: (values: readonly Value[], monitor: Monitor, nowMicros: number) => Sieve;
  /** The sieve for rows where the field says nothing; left out when there are none. */
  readonly absent?: (monitor: Monitor) => Sieve;
  readonly drifts?: true;
}

function field<Value>(
  name: string,
  { kind, sieve, absent, drifts = false as never, ...about }: FieldOptions<Value>,
): Field<ConnectionTest> {
  const anyOf = (values: readonly Value[]): ConnectionTest => ({ drifts, bind: (monitor, nowMicros) => sieve(values, monitor, nowMicros) });
  const optional = absent !== undefined;
  return makeField(ALGEBRA, name, kind, { ...about, optional }, anyOf, absent ? { drifts, bind: absent } : null);
}

function endpointField(name: string, end: EndpointName, about: string, aliases: readonly string[]): Field<ConnectionTest> {
  return field(name, {
    kind: ENDPOINT_KIND,
    about: `address and port of ${about}`,
    aliases: [...aliases, `${end}.address`],
    sieve: (ranges, { sessions }) => endpointSieve(sessions, end, ranges),
  });
}

function portField(end: EndpointName, about: string, aliases: readonly string[]): Field<ConnectionTest> {
  const { word, shift } = PORT_OF[end];
  return field(`${end}.port`, {
    kind: PORT_KIND,
    about: `port of ${about}`,
    aliases,
    sieve: (spans, { sessions }) => markedSieve(sessions, word, shift, marksOf(spans, 2 ** 16)),
  });
}

/** Marks at the whole numbers below `length` that lie in one of the spans. */
function marksOf(spans: readonly Span[], length: number): Uint8Array {
  const marks = new Uint8Array(length);
  for (const { from, to } of spans) marks.fill(1, Math.max(0, Math.ceil(from)), Math.max(0, Math.floor(to) + 1));
  return marks;
}

/** A field with a word for each value of a part of a row's word; several values may share a word. */
function partField(name: string, word: number, shift: number, names: readonly string[], about: FieldAbout, expected?: string) {
  return field(name, {
    ...about,
    kind: wordKind(names, expected === undefined ? {} : { expected }),
    sieve: (wanted, { sessions }) => {
      const indexes = names.flatMap((one, index) => (wanted.flat().includes(one) ? [index] : []));
      return markedSieve(sessions, word, shift, marksAt(indexes, names.length));
    },
  });
}

const flagField = (name: string, bit: number, unset: string, set: string, about: string): Field<ConnectionTest> =>
  partField(name, WORD.flags, shiftOf(bit), [unset, set], { about });

interface ColumnOptions extends FieldAbout {
  readonly kind: FieldKind<Span>;
  readonly column: (sessions: Monitor['sessions'], nowMicros: number) => Column;
  readonly drifts?: true;
}

const columnField = (name: string, { column, ...options }: ColumnOptions): Field<ConnectionTest> =>
  field(name, { ...options, sieve: (spans, { sessions }, nowMicros) => spanSieve(column(sessions, nowMicros), spans) });

function segmentSieve({ segments, sessions }: Monitor, matches: (segment: Segment) => boolean): Sieve {
  const indexes = segments.all.filter(matches).map(({ index }) => index);
  return markedSieve(sessions, WORD.flags, ROW.segmentShift, marksAt(indexes, MOST_SEGMENTS + 1));
}

/** Where a session was learnt; null where the capture does not say. */
function segmentField<Value>(name: 'interface' | 'vlan', kind: FieldKind<Value>, about: string): Field<ConnectionTest> {
  return field(name, {
    kind,
    about,
    sieve: (values, monitor) =>
      segmentSieve(monitor, ({ [name]: said }) => said !== null && values.some((value) => kind.matches(value, said))),
    absent: (monitor) => segmentSieve(monitor, ({ [name]: said }) => said === null),
  });
}

const ENGINES: readonly (readonly [name: string, text: (engine: PersistenceEngine) => string, about: string])[] = [
  ['persistenceEngine', ({ name }) => name, 'name of the persistence engine'],
  ['persistenceEngine.data', persistenceData, 'what the persistence engine holds on to, as a SIP Call-ID'],
];

const PROTO_SHIFT = 8;
const PROTO_NAMES = Array.from({ length: 256 }, (_, proto) => protoText(proto).toLowerCase());
const FORWARD_NAMES = Array.from({ length: FLAG.forwardMask + 1 }, (_, method) => forwardName(method));
const ALL_FLAGS = FLAG_NAMES.reduce((bits, [bit]) => bits | bit, 0);
const SERVICE_ID = /^([a-z\d_]+-(\d[\d.]*|\[[\da-f:.]+\]):\d{1,5}|fwm6?-\d{1,10})(@\d{1,3})?$/;

const FIELDS: readonly Field<ConnectionTest>[] = [
  partField(
    'proto',
    WORD.destinationPortProtoState,
    PROTO_SHIFT,
    PROTO_NAMES,
    { about: 'protocol' },
    'tcp, udp, sctp, ip (the template of a firewall-mark service) or ip_NUMBER',
  ),
  flagField('family', ROW.ipv6, 'ipv4', 'ipv6', 'address family'),
  endpointField('client', 'client', 'the client', []),
  endpointField('vip', 'virtual', 'the virtual service', ['virtual']),
  endpointField('dest', 'destination', 'the real server', ['destination']),
  field('state', {
    kind: wordKind(STATE_NAMES),
    about: 'as ipvsadm names it',
    sieve: (wanted, { sessions }) =>
      stateSieve(
        sessions,
        marksAt(
          wanted.flat().map((name) => STATE_NAMES.indexOf(name)),
          STATE_NAMES.length,
        ),
      ),
  }),
  portField('client', 'the client', []),
  portField('virtual', 'the virtual service', ['vip.port']),
  portField('destination', 'the real server', ['dest.port']),
  partField('forward', WORD.flags, 0, FORWARD_NAMES, { about: 'forwarding method' }),
  flagField('template', FLAG.template, 'false', 'true', 'whether it is a persistence template'),
  field('active', {
    kind: wordKind(['false', 'true']),
    about: 'whether it counts as ActiveConn',
    sieve: (wanted, { sessions }) => {
      const inactive = bitsSieve(sessions, FLAG.template | FLAG.inactive);
      return anySieve(wanted.flat().map((word) => (word === 'true' ? notSieve(inactive) : inactive)));
    },
  }),
  field('flags', {
    kind: wordKind(FLAG_NAMES.map(([, name]) => name)),
    about: 'any of the flags of IPVS that are set',
    sieve: (wanted, { sessions }) =>
      bitsSieve(
        sessions,
        FLAG_NAMES.reduce((bits, [bit, name]) => (wanted.flat().includes(name) ? bits | bit : bits), 0),
      ),
    absent: ({ sessions }) => notSieve(bitsSieve(sessions, ALL_FLAGS)),
  }),
  flagField('origin', ROW.synced, 'local', 'synced', 'synced: its sender had learnt it from another director'),
  columnField('fwmark', { kind: FWMARK_KIND, about: 'firewall mark; 0 for none', column: fwmarkColumn }),
  field('service', {
    kind: textKind({
      expected: 'the id of a service, as in tcp-10.0.0.1:443, udp-[fd00::1]:53 or fwm-9, with * for any part of it',
      form: SERVICE_ID,
    }),
    about: 'the service that it belongs to',
    // Where a session belongs follows from the sessions around it (FTP, services of any port).
    drifts: true,
    sieve(ids: readonly Pattern[], { sessions }, nowMicros) {
      const wanted = listServices(sessions.bindings, nowMicros).filter((service) => ids.some((id) => fits(id, serviceId(service))));
      const bindings = wanted.flatMap((service) => service.bindings);
      return markedSieve(sessions, WORD.binding, 0, marksAt(bindings, sessions.bindings.all.length));
    },
  }),
  columnField('age', {
    kind: secondsKind('since the session was first seen'),
    about: 'how long it has been known',
    column: ageColumn,
    drifts: true,
  }),
  columnField('expires', {
    kind: secondsKind('until it expires'),
    about: 'time left, in whole seconds',
    aliases: ['expiresInSeconds'],
    column: expiresColumn,
    drifts: true,
  }),
  columnField('timeout', {
    kind: secondsKind('of the full timeout'),
    about: 'full timeout of its state, as sent',
    aliases: ['timeoutSeconds'],
    column: timeoutColumn,
  }),
  columnField('firstSeen', { kind: TIME_KIND, about: 'when it was first synced', column: firstSeenColumn }),
  columnField('lastSync', { kind: TIME_KIND, about: 'when it was synced last', column: lastSyncColumn }),
  columnField('expiresAt', { kind: TIME_KIND, about: 'when it expires', column: expiresAtColumn }),
  columnField('syncCount', { kind: wholeKind(), about: 'how often it was synced', column: syncCountColumn }),
  ...ENGINES.map(([name, text, about]) =>
    field(name, {
      kind: textKind(),
      about,
      sieve: (patterns, { sessions }) => engineSieve(sessions, (engine) => patterns.some((pattern) => fits(pattern, text(engine)))),
      absent: ({ sessions }) => notSieve(engineSieve(sessions, () => true)),
    }),
  ),
  field('daemon', {
    kind: wholeKind(MOST_DAEMONS - 1, 'the id of a sync daemon'),
    about: 'which sync daemon sent it last',
    aliases: ['daemonId'],
    sieve: (spans, { sessions }) => markedSieve(sessions, WORD.daemonFirstMicros, HIGH_SHIFT, marksOf(spans, MOST_DAEMONS)),
  }),
  segmentField('interface', textKind(), 'where it was learnt'),
  segmentField('vlan', VLAN_KIND, 'VLAN id of the sync that told of it'),
];

export const CONNECTIONS: Filterable<ConnectionTest> = {
  algebra: ALGEBRA,
  fields: FIELDS,
  parameters: { minAge: ['age', '>='], maxAge: ['age', '<='] },
};

/**
 * Several values of one parameter mean any of them, several parameters all of them.
 * @throws Refusal naming the parameter, its value and what was expected
 */
export function parseConnectionFilter(query: Query): ConnectionFilter {
  const tests = parseFilter(CONNECTIONS, query);
  return {
    drifts: tests.some(({ drifts }) => drifts),
    bind: (monitor, nowMicros) => tests.map(({ bind }) => bind(monitor, nowMicros)),
  };
}
