import { Type } from 'typebox';
import { type Connection, ConnectionSchema, connectionOf } from '../contract/connection.ts';
import { CONNECTION_ORDERS, parseConnectionOrder } from '../contract/connection-order.ts';
import { pageOfSlots } from '../contract/connection-page.ts';
import { CONNECTIONS, type ConnectionFilter, parseConnectionFilter } from '../contract/connection-query.ts';
import { rowsAt } from '../contract/connection-rows.ts';
import { siftBlock } from '../contract/connection-sieve.ts';
import { parametersOf } from '../contract/filter.ts';
import { connectionHead, connectionLine } from '../contract/ipvsadm-text.ts';
import type { ItemPage } from '../contract/item-page.ts';
import { type ListQuery, parseSwitch } from '../contract/query.ts';
import { slotOf } from '../state/session.ts';
import type { App, HttpContext } from './context.ts';
import { addListRoutes, type TextLayout } from './list-routes.ts';

/** Slots looked at at once, and so rows that one part of a stream has: a millisecond or two of work between two turns of the event loop. */
const PART_SLOTS = 256;
/** Slots looked through before the event loop turns, when few rows match. */
const MOST_SLOTS = 256 * PART_SLOTS;

function pageOf({ monitor, nowMicros }: HttpContext, { limit, cursor, offset, sort, filters }: ListQuery): ItemPage<Connection> {
  const { sessions } = monitor;
  const order = parseConnectionOrder(sort);
  const filter = parseConnectionFilter(filters);
  const now = nowMicros();
  const sieves = filter.bind(monitor, now);
  const itemOf = (slot: number) => connectionOf(monitor, slot, now);
  if (offset !== null) {
    const { slots, total } = rowsAt(sessions, (from, into) => siftBlock(sessions, sieves, from, into), order, { offset, limit });
    return { items: slots.map(itemOf), nextCursor: null, total };
  }
  const { slots, nextCursor } = pageOfSlots(sessions, sieves, order, cursor, limit);
  return { items: slots.map(itemOf), nextCursor };
}

/** Each row as it is when its turn comes: what comes and goes meanwhile may be there or not. */
function* partsOf(context: HttpContext, filter: ConnectionFilter): Generator<Connection[]> {
  const { monitor } = context;
  const slots = new Uint32Array(PART_SLOTS);
  for (let from = 0; from < monitor.sessions.top; ) {
    const nowMicros = context.nowMicros();
    const sieves = filter.bind(monitor, nowMicros);
    const end = Math.min(from + MOST_SLOTS, monitor.sessions.top);
    let count = 0;
    for (; count === 0 && from < end; from += PART_SLOTS) count = siftBlock(monitor.sessions, sieves, from, slots);
    yield Array.from(slots.subarray(0, count), (slot) => connectionOf(monitor, slot, nowMicros));
  }
}

/** As `ipvsadm -Lnc`, with `persistentConn` as `ipvsadm -Lnc --persistent-conn`. */
const TEXT: TextLayout<Connection> = {
  parameters: {
    persistentConn: Type.Optional(Type.Enum(['true', 'false'], { description: 'as text/plain with the columns of --persistent-conn' })),
  },
  format(query) {
    const persistentConn = parseSwitch(query, 'persistentConn');
    return {
      head: `${connectionHead(persistentConn).join('\n')}\n`,
      part: (connections) => connections.map((connection) => `${connectionLine(connection, persistentConn)}\n`).join(''),
    };
  },
};

/** `/api/v1/connections`: the connection table; as text as `ipvsadm -Lnc` prints it. */
export function addConnections(app: App, context: HttpContext): void {
  const { monitor } = context;
  addListRoutes(app, context, {
    noun: 'connections',
    about: 'the connection table',
    schema: ConnectionSchema,
    filters: CONNECTIONS.fields.map(({ description }) => description),
    parameters: parametersOf(CONNECTIONS),
    orders: CONNECTION_ORDERS,
    hasPast: true,
    text: TEXT,
    page: (query) => pageOf(context, query),
    parts: (filters) => partsOf(context, parseConnectionFilter(filters)),
    find(id) {
      const slot = slotOf(monitor.sessions, id);
      return slot === 0 ? null : connectionOf(monitor, slot, context.nowMicros());
    },
  });
}
