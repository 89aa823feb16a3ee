import { Type } from 'typebox';
import { Refusal } from '../contract/problem.ts';
import type { App, HttpContext } from './context.ts';

const Octets = Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' });

/** `/api/v1/events/{id}/pcap`: the frames behind an event, as a capture that Wireshark opens and that replays to the same event. */
export function addEvidence(app: App, { monitor, evidence }: HttpContext): void {
  const content = { 'application/vnd.tcpdump.pcap': { schema: Octets }, 'application/x-pcapng': { schema: Octets } };
  const schema = { params: Type.Object({ id: Type.String() }), response: { 200: { content } } };
  app.get('/api/v1/events/:id/pcap', { schema }, ({ params: { id } }, reply) => {
    const file = evidence(id);
    if (file) {
      reply.type(file.type).header('content-disposition', `attachment; filename="${id}.${file.extension}"`);
      return file.octets;
    }
    const isKnown = monitor.events.recent.some((event) => event.id === id);
    const shown = id.slice(0, 200);
    if (!isKnown) throw new Refusal('event_not_found', `there is no event ${shown}, or not any more`);
    throw new Refusal('no_evidence', `no frames are kept for the event ${shown}: it was not seen in frames, or they are gone`);
  });
}
