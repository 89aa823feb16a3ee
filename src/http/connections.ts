import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { type Connection, ConnectionSchema, connectionOf } from '../contract/connection.ts';
import { pageOfSlots, parseConnectionOrder } from '../contract/connection-order.ts';
import { type ConnectionFilter, parseConnectionFilter } from '../contract/connection-query.ts';
import { BLOCK, siftBlock } from '../contract/connection-sieve.ts';
import { Refusal, refuseParameter } from '../contract/problem.ts';
import { listOf, MOST_LIMIT, parseLimit, parseListQuery, parseSwitch, type Query } from '../contract/query.ts';
import { timeText } from '../contract/scalars.ts';
import { slotOf } from '../state/session.ts';
import { negotiate } from './accept.ts';
import { type ConnectionFormat, CSV, ipvsadmFormat, NDJSON } from './connection-formats.ts';
import type { App, HttpContext } from './context.ts';
import { queryOf } from './request-query.ts';

const FORMATS = ['application/json', 'text/plain', 'application/x-ndjson', 'text/csv'] as const;

/** Rows of one part of a stream: a millisecond or two of work between two turns of the event loop. */
const PART_ROWS = 250;
/** Blocks looked through before the event loop turns, when few rows match. */
const PART_BLOCKS = 128;
const MOST_EXPORTED = Number.MAX_SAFE_INTEGER;

function listPage(context: HttpContext, query: Query) {
  const { monitor } = context;
  const { limit, cursor, sort, filters } = parseListQuery(query);
  const order = parseConnectionOrder(sort);
  const filter = parseConnectionFilter(filters);
  const nowMicros = context.nowMicros();
  const { slots, nextCursor } = pageOfSlots(monitor.sessions, filter.bind(monitor, nowMicros), order, cursor, limit);
  return { items: slots.map((slot) => connectionOf(monitor, slot, nowMicros)), nextCursor, asOf: timeText(nowMicros) };
}

/** Each row as it is when its turn comes: what comes and goes meanwhile may be there or not. */
function* rowsFrom(context: HttpContext, filter: ConnectionFilter): Generator<Connection[]> {
  const { monitor } = context;
  const slots = new Uint32Array(BLOCK);
  for (let block = 0; block < monitor.sessions.top; ) {
    const nowMicros = context.nowMicros();
    const sieves = filter.bind(monitor, nowMicros);
    const rows: Connection[] = [];
    for (let blocks = 0; blocks < PART_BLOCKS && rows.length < PART_ROWS && block < monitor.sessions.top; blocks++, block += BLOCK) {
      const count = siftBlock(monitor.sessions, sieves, block, slots);
      for (let i = 0; i < count; i++) rows.push(connectionOf(monitor, slots[i], nowMicros));
    }
    yield rows;
  }
}

async function* parts(rows: Iterable<Connection[]>, limit: number, format: ConnectionFormat): AsyncGenerator<string> {
  if (format.head) yield format.head;
  let left = limit;
  for (const some of rows) {
    const taken = some.slice(0, left);
    left -= taken.length;
    if (taken.length > 0) yield format.part(taken);
    if (left === 0) return;
    await nextTurn();
  }
}

/** All rows that match, however many; in an order other than the table's no more than a page of them. */
function exportOf(context: HttpContext, query: Query, format: ConnectionFormat): Readable {
  if (query.cursor !== undefined) refuseParameter('cursor', query.cursor, 'no cursor: this format comes whole');
  if (query.sort !== undefined) {
    if (query.limit === undefined) refuseParameter('sort', query.sort, `a limit of at most ${MOST_LIMIT} beside it in this format`);
    return stream(parts([listPage(context, query).items], MOST_LIMIT, format));
  }
  const limit = parseLimit(query.limit, MOST_EXPORTED) ?? MOST_EXPORTED;
  const { filters } = parseListQuery({ ...query, limit: '1' });
  return stream(parts(rowsFrom(context, parseConnectionFilter(filters)), limit, format));
}

/** Counted in octets, so that a reader who is slow has little made ahead for it. */
function stream(texts: AsyncIterable<string>): Readable {
  return Readable.from(texts, { objectMode: false });
}

function formatOf(type: (typeof FORMATS)[number], persistentConn: boolean): ConnectionFormat | null {
  switch (type) {
    case 'application/json':
      return null;
    case 'text/plain':
      return ipvsadmFormat(persistentConn);
    case 'application/x-ndjson':
      return NDJSON;
    case 'text/csv':
      return CSV;
  }
}

const Streamed = Type.Unsafe<Readable>({ type: 'string' });

/** `/api/v1/connections`: the connection table; as JSON in pages, else as a stream of all rows that match. */
export function addConnections(app: App, context: HttpContext): void {
  const content = {
    'application/json': { schema: listOf(ConnectionSchema, 'connections') },
    'text/plain': { schema: Streamed },
    'application/x-ndjson': { schema: Streamed },
    'text/csv': { schema: Streamed },
  };
  const schema = { response: { 200: { content } } };
  app.get('/api/v1/connections', { schema }, (request, reply) => {
    reply.header('vary', 'accept');
    const type = negotiate(request.headers.accept, FORMATS);
    const { persistentConn, ...query } = queryOf(request);
    const format = formatOf(type, parseSwitch({ ...(persistentConn === undefined ? {} : { persistentConn }) }, 'persistentConn'));
    if (format === null) return listPage(context, query);
    reply.type(type);
    return exportOf(context, query, format);
  });
  const one = { params: Type.Object({ id: Type.String() }), response: { 200: ConnectionSchema } };
  app.get('/api/v1/connections/:id', { schema: one }, ({ params: { id } }) => {
    const slot = slotOf(context.monitor.sessions, id);
    if (slot === 0) throw new Refusal('not_found', `there is no connection ${id.slice(0, 200)}, or not any more`);
    return connectionOf(context.monitor, slot, context.nowMicros());
  });
}
