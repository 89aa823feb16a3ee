import { Type } from 'typebox';
import { type Connection, ConnectionSchema, connectionOf } from '../contract/connection.ts';
import { CONNECTION_ORDERS, pageOfSlots, parseConnectionOrder } from '../contract/connection-order.ts';
import { CONNECTIONS, type ConnectionFilter, parseConnectionFilter } from '../contract/connection-query.ts';
import { BLOCK, siftBlock } from '../contract/connection-sieve.ts';
import { parametersOf } from '../contract/filter.ts';
import { connectionHead, connectionLine } from '../contract/ipvsadm-text.ts';
import type { ItemPage } from '../contract/item-page.ts';
import { type ListQuery, parseSwitch } from '../contract/query.ts';
import { slotOf } from '../state/session.ts';
import type { App, HttpContext } from './context.ts';
import { addListRoutes, type TextLayout } from './list-routes.ts';

/** Rows of one part of a stream: a millisecond or two of work between two turns of the event loop. */
const PART_ROWS = 250;
/** Blocks looked through before the event loop turns, when few rows match. */
const PART_BLOCKS = 128;

function pageOf({ monitor, nowMicros }: HttpContext, { limit, cursor, sort, filters }: ListQuery): ItemPage<Connection> {
  const order = parseConnectionOrder(sort);
  const filter = parseConnectionFilter(filters);
  const now = nowMicros();
  const { slots, nextCursor } = pageOfSlots(monitor.sessions, filter.bind(monitor, now), order, cursor, limit);
  return { items: slots.map((slot) => connectionOf(monitor, slot, now)), nextCursor };
}

/** Each row as it is when its turn comes: what comes and goes meanwhile may be there or not. */
function* partsOf(context: HttpContext, filter: ConnectionFilter): Generator<Connection[]> {
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
