/** The connection table by protocol and state, and what happened to it. */
import type { Registry } from 'prom-client';
import { IPPROTO_IP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, stateCount, stateName } from '../../dissectors/ipvs-states.ts';
import { protoText } from '../contract/scalars.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample, single } from './measure.ts';

/** IPVS keeps the state of these only. */
const PROTOS = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP];
const TEMPLATE_PROTOS = [IPPROTO_IP, ...PROTOS];
/** `stateKey` of templates. */
const TEMPLATES = 1 << 16;
const STATES = 1 << 8;

function sum(counts: Uint32Array, from: number, to: number): number {
  return counts.subarray(from, to).reduce((a, b) => a + b, 0);
}

function* byState(counts: Uint32Array): Generator<Sample> {
  for (const proto of PROTOS)
    for (let state = 0; state < stateCount(proto); state++)
      yield [{ proto: protoText(proto), state: stateName(proto, false, state) }, counts[(proto << 8) | state]];
}

/** Templates may be of any protocol; those that IPVS does not know by name are counted together. */
function* byProto(counts: Uint32Array): Generator<Sample> {
  let named = 0;
  for (const proto of TEMPLATE_PROTOS) {
    const count = sum(counts, TEMPLATES | (proto << 8), (TEMPLATES | (proto << 8)) + STATES);
    named += count;
    yield [{ proto: protoText(proto) }, count];
  }
  yield [{ proto: 'other' }, sum(counts, TEMPLATES, counts.length) - named];
}

export function collectConnections(registry: Registry, { monitor: { sessions } }: Scrape): void {
  addGauge(registry, {
    name: 'lvscope_connections',
    help: 'Connections in the table, persistence templates not counted.',
    labels: ['proto', 'state'],
    read: () => byState(sessions.stateCounts),
  });
  addGauge(registry, {
    name: 'lvscope_connection_templates',
    help: 'Persistence templates in the table.',
    labels: ['proto'],
    read: () => byProto(sessions.stateCounts),
  });
  addGauge(registry, {
    name: 'lvscope_connections_limit',
    help: 'Most connections and templates that the table takes.',
    read: () => single(sessions.maxSessions),
  });
  addCounter(registry, {
    name: 'lvscope_connection_changes_total',
    help: 'What happened to connections: created, confirmed, moved to another real server, expired, evicted for lack of room, refused for it.',
    labels: ['change'],
    read() {
      const { created, updated, moved, expired, evicted, refused } = sessions.counters;
      return Object.entries({ created, confirmed: updated, moved, expired, evicted, refused }).map(
        ([change, count]): Sample => [{ change }, count],
      );
    },
  });
}
