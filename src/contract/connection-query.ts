/** Filters of connections by field, read once from the query and then made into sieves for the table as it stands. */
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Segment } from '../state/segments.ts';
import { listServices } from '../state/services.ts';
import { MOST_SEGMENTS, ROW, WORD } from '../state/session-layout.ts';
import {
  type EndpointName,
  endpointSieve,
  firstSeenSieve,
  fwmarkSieve,
  markedSieve,
  marksAt,
  type Sieve,
  shiftOf,
  stateSieve,
} from './connection-sieve.ts';
import { ENDPOINT_RANGE_FORMS, parseEndpointRange } from './endpoint-range.ts';
import { refuseParameter, refuseUnknownParameter } from './problem.ts';
import { parseValues, type Query } from './query.ts';
import { forwardName, protoText } from './scalars.ts';
import { serviceId } from './service.ts';

type MakeSieve = (monitor: Monitor, nowMicros: number) => Sieve;

interface Field {
  /** @throws Refusal for a value that is not accepted */
  readonly parse: (name: string, text: string) => MakeSieve;
  /** What it answers for a row may change though the row does not. */
  readonly drifts: boolean;
}

export interface ConnectionFilter {
  /** Answers may change with time or with other sessions, not only with the session itself. */
  readonly drifts: boolean;
  /** The sieves for the table as it stands; good until the next record is entered. */
  bind(monitor: Monitor, nowMicros: number): readonly Sieve[];
}

interface FieldOptions<Value> {
  readonly expected: string;
  /** Null for a value that is not accepted. */
  readonly read: (text: string) => Value | null;
  /** The sieve for any of the values. */
  readonly sieve: (values: readonly Value[], monitor: Monitor, nowMicros: number) => Sieve;
  readonly drifts?: true;
}

function field<Value>({ expected, read, sieve, drifts = false as never }: FieldOptions<Value>): Field {
  return {
    drifts,
    parse(name, text) {
      const values = parseValues(name, text, expected).map((value) => read(value) ?? refuseParameter(name, value, expected));
      return (monitor, nowMicros) => sieve(values, monitor, nowMicros);
    },
  };
}

function endpointField(name: EndpointName): Field {
  return field({
    expected: ENDPOINT_RANGE_FORMS,
    read: parseEndpointRange,
    sieve: (ranges, { sessions }) => endpointSieve(sessions, name, ranges),
  });
}

/** A field with a word for each value of a part of a row's word; several values may share a word. */
function partField(word: number, shift: number, names: readonly string[], expected = [...new Set(names)].join(', ')): Field {
  return field({
    expected,
    read: (text) => (names.includes(text.toLowerCase()) ? text.toLowerCase() : null),
    sieve: (wanted, { sessions }) => {
      const indexes = names.flatMap((name, index) => (wanted.includes(name) ? [index] : []));
      return markedSieve(sessions, word, shift, marksAt(indexes, names.length));
    },
  });
}

const flagField = (bit: number, unset: string, set: string): Field => partField(WORD.flags, shiftOf(bit), [unset, set]);

const PROTO_SHIFT = 8;
const PROTO_NAMES = Array.from({ length: 256 }, (_, proto) => protoText(proto).toLowerCase());
const FORWARD_NAMES = Array.from({ length: FLAG.forwardMask + 1 }, (_, method) => forwardName(method));

const STATE = field({
  expected: STATE_NAMES.join(', '),
  read(text) {
    const index = STATE_NAMES.indexOf(text.toUpperCase());
    return index < 0 ? null : index;
  },
  sieve: (indexes, { sessions }) => stateSieve(sessions, marksAt(indexes, STATE_NAMES.length)),
});

const MOST_SECONDS = 2 ** 32;
const AGE = {
  expected: 'a number of seconds since the session was first seen',
  read: (text: string) => (/^\d{1,10}(\.\d{1,6})?$/.test(text) && Number(text) < MOST_SECONDS ? Number(text) : null),
  drifts: true,
} as const;
const bornAt = (nowMicros: number, ageSeconds: number): number => nowMicros - ageSeconds * 1_000_000;

const AT_LEAST = field({
  ...AGE,
  sieve: (seconds, { sessions }, nowMicros) => firstSeenSieve(sessions, Number.NEGATIVE_INFINITY, bornAt(nowMicros, Math.min(...seconds))),
});
const AT_MOST = field({
  ...AGE,
  sieve: (seconds, { sessions }, nowMicros) => firstSeenSieve(sessions, bornAt(nowMicros, Math.max(...seconds)), Number.POSITIVE_INFINITY),
});

const FWMARK = field({
  expected: 'a firewall mark, decimal or as 0x9; 0 for none',
  read: (text) => (/^(\d{1,10}|0x[\da-f]{1,8})$/i.test(text) && Number(text) < 2 ** 32 ? Number(text) : null),
  sieve: (marks, { sessions }) => fwmarkSieve(sessions, new Set(marks)),
});

function segmentSieve({ segments, sessions }: Monitor, matches: (segment: Segment) => boolean): Sieve {
  const indexes = segments.all.filter(matches).map(({ index }) => index);
  return markedSieve(sessions, WORD.flags, ROW.segmentShift, marksAt(indexes, MOST_SEGMENTS + 1));
}

const INTERFACE = field({
  expected: 'the name of an interface, or none',
  read: (text) => text,
  sieve: (names, monitor) => segmentSieve(monitor, (segment) => names.includes(segment.interface ?? 'none')),
});

const VLAN = field({
  expected: 'a VLAN id from 0 to 4095, or none',
  read(text) {
    if (text === 'none') return text;
    return /^\d{1,4}$/.test(text) && Number(text) <= 4095 ? Number(text) : null;
  },
  sieve: (vlans, monitor) => segmentSieve(monitor, (segment) => vlans.includes(segment.vlan ?? 'none')),
});

const SERVICE_ID = /^([a-z\d_]+-(\d[\d.]*|\[[\da-f:.]+\]):\d{1,5}|fwm6?-\d{1,10})(@\d{1,3})?$/;

const SERVICE = field({
  expected: 'the id of a service, as in tcp-10.0.0.1:443, udp-[fd00::1]:53 or fwm-9',
  read: (text) => (SERVICE_ID.test(text) ? text : null),
  sieve(ids, { sessions }, nowMicros) {
    const wanted = listServices(sessions.bindings, nowMicros).filter((service) => ids.includes(serviceId(service)));
    const bindings = wanted.flatMap((service) => service.bindings);
    return markedSieve(sessions, WORD.binding, 0, marksAt(bindings, sessions.bindings.all.length));
  },
  // Where a session belongs follows from the sessions around it (FTP, services of any port).
  drifts: true,
});

const FIELDS: Readonly<Record<string, Field>> = {
  proto: partField(
    WORD.destinationPortProtoState,
    PROTO_SHIFT,
    PROTO_NAMES,
    'tcp, udp, sctp, ip (the template of a firewall-mark service) or ip_NUMBER',
  ),
  family: flagField(ROW.ipv6, 'ipv4', 'ipv6'),
  client: endpointField('client'),
  vip: endpointField('virtual'),
  dest: endpointField('destination'),
  state: STATE,
  forward: partField(WORD.flags, 0, FORWARD_NAMES),
  template: flagField(FLAG.template, 'false', 'true'),
  origin: flagField(ROW.synced, 'local', 'synced'),
  fwmark: FWMARK,
  service: SERVICE,
  minAge: AT_LEAST,
  maxAge: AT_MOST,
  // As one writes them: age>=60.
  'age>': AT_LEAST,
  'age<': AT_MOST,
  interface: INTERFACE,
  vlan: VLAN,
};
export const CONNECTION_FIELDS = Object.keys(FIELDS);

const fieldOf = (name: string, text: string): Field =>
  Object.hasOwn(FIELDS, name) ? FIELDS[name] : refuseUnknownParameter(name, text, CONNECTION_FIELDS);

/**
 * Several values of one field mean any of them, several fields all of them.
 * @throws Refusal naming the parameter, its value and what was expected
 */
export function parseConnectionFilter(query: Query): ConnectionFilter {
  const fields = Object.entries(query).map(([name, text]) => ({ ...fieldOf(name, text), make: fieldOf(name, text).parse(name, text) }));
  return {
    drifts: fields.some(({ drifts }) => drifts),
    bind: (monitor, nowMicros) => fields.map(({ make }) => make(monitor, nowMicros)),
  };
}
