import { Type } from 'typebox';
import { MOMENT_PARAMETER } from '../contract/list-parameters.ts';
import { Refusal } from '../contract/problem.ts';
import { SessionRecordsSchema, sessionRecordsOf } from '../contract/session-record.ts';
import { readSession, slotOf } from '../state/session.ts';
import { sendJson } from './answers.ts';
import type { App, HttpContext } from './context.ts';
import { operation } from './operation.ts';
import { untilClosed } from './reader.ts';

const RECORDS = operation({
  id: 'getConnectionRecords',
  tag: 'connections',
  summary: 'the life of a session: each sync record that told of it, from the history',
  params: Type.Object({ id: Type.String() }),
  query: MOMENT_PARAMETER,
  answers: { 'application/json': SessionRecordsSchema },
  tagged: true,
  problems: ['not_found', 'not_kept', 'busy'],
});

/** `/api/v1/connections/{id}/records`: each sync record of a session. Who leaves is not read for any longer. */
export function addSessionRecords(app: App, { monitor, nowMicros, findRecords }: HttpContext): void {
  const route = { schema: RECORDS, config: { hasPast: true } };
  app.get<{ Params: { id: string } }>('/api/v1/connections/:id/records', route, async (request, reply) => {
    const { id } = request.params;
    const slot = slotOf(monitor.sessions, id);
    if (slot === 0) throw new Refusal('not_found', `there is no ${id.slice(0, 200)} among the connections, or not any more`);
    if (findRecords === null) throw new Refusal('not_kept', 'no history is kept here (--no-history)');
    const session = readSession(monitor.sessions, slot);
    const segment = monitor.segments.all[session.segment];
    const asOfMicros = nowMicros();
    const found = await findRecords({ session, segment }, untilClosed(reply));
    return sendJson(request, reply, JSON.stringify(sessionRecordsOf(found, asOfMicros)));
  });
}
