import { Type } from 'typebox';
import { Refusal } from '../contract/problem.ts';
import type { App, HttpContext } from './context.ts';
import { operation } from './operation.ts';

const Octets = Type.String({ format: 'binary' });

const EVIDENCE = operation({
  id: 'getEventPcap',
  tag: 'events',
  summary: 'the frames behind an event, as a capture file that replays to the same event',
  params: Type.Object({ id: Type.String() }),
  answers: { 'application/vnd.tcpdump.pcap': Octets, 'application/x-pcapng': Octets },
  problems: ['event_not_found', 'no_evidence'],
});

/** `/api/v1/events/{id}/pcap`: the frames behind an event, as a capture that Wireshark opens and that replays to the same event. */
export function addEvidence(app: App, { monitor, evidence }: HttpContext): void {
  app.get<{ Params: { id: string } }>('/api/v1/events/:id/pcap', { schema: EVIDENCE }, ({ params: { id } }, reply) => {
    const file = evidence(id);
    if (file)
      return reply.type(file.type).header('content-disposition', `attachment; filename="${id}.${file.extension}"`).send(file.octets);
    const isKnown = monitor.events.recent.some((event) => event.id === id);
    const shown = id.slice(0, 200);
    if (!isKnown) throw new Refusal('event_not_found', `there is no event ${shown}, or not any more`);
    throw new Refusal('no_evidence', `no frames are kept for the event ${shown}: it was not seen in frames, or they are gone`);
  });
}
