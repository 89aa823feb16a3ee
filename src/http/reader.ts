/** Who waits for an answer. */
import type { FastifyReply } from 'fastify';

/** Aborted when the connection closes: nobody waits any more. */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  reply.raw.once('close', () => closed.abort());
  return closed.signal;
}
