/** Everything that goes wrong with a request ends here, as RFC 9457 problem details and never with a stack trace. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type ProblemCode, problemOf, Refusal } from '../contract/problem.ts';

const CODES: Readonly<Record<number, ProblemCode>> = { 404: 'not_found', 413: 'too_large' };

/** What the framework refuses, in our words; anything else is our own mistake and says nothing to the outside. */
function refusalOf(error: FastifyError | Refusal): Refusal {
  if (error instanceof Refusal) return error;
  const status = error.statusCode ?? 500;
  if (status >= 500) return new Refusal('internal', 'the monitor could not answer; its log says why');
  return new Refusal(CODES[status] ?? 'bad_request', error.message);
}

function send(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void {
  const [path] = request.url.split('?');
  void reply
    .code(refusal.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(refusal, path)));
}

export function answerError(error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error);
  if (refusal.code === 'internal') request.log.error(error);
  send(refusal, request, reply);
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const [path] = request.url.split('?');
  send(new Refusal('not_found', `there is no ${request.method} ${path.slice(0, 200)}`), request, reply);
}
