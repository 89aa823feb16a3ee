/** `at=TIME` on any list or item: the same route answers, from the state as it was then. */
import { MOMENT_FORMS, parseMoment } from '../contract/moment.ts';
import { Refusal, refuseParameter } from '../contract/problem.ts';
import type { App, HttpContext } from './context.ts';
import { untilClosed } from './reader.ts';
import { queryOf } from './request-query.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route can be asked for as it was at another moment. */
    readonly hasPast?: boolean;
  }
}

/** What of the question the answer depends on. */
const ASKED_HEADERS = ['accept', 'if-none-match'] as const;
/** What the outer server says itself. */
const OWN_HEADERS: readonly string[] = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];

export function addPast(app: App, { past }: HttpContext): void {
  app.addHook('preValidation', async (request, reply) => {
    const { at, ...query } = queryOf(request);
    if (at === undefined || !request.routeOptions.config.hasPast) return;
    const atMicros = parseMoment(at) ?? refuseParameter('at', at, MOMENT_FORMS);
    if (past === null) throw new Refusal('not_kept', 'no history is kept here (--no-history)');
    const [path] = request.url.split('?');
    const rest = new URLSearchParams(query);
    const url = rest.size === 0 ? path : `${path}?${rest}`;
    const asked = Object.fromEntries(ASKED_HEADERS.map((name) => [name, request.headers[name] ?? '']).filter(([, value]) => value !== ''));
    const { status, headers, body } = await past.answer(atMicros, { url, headers: asked }, untilClosed(reply));
    for (const [name, value] of Object.entries(headers)) if (!OWN_HEADERS.includes(name)) reply.header(name, value);
    // The next page is one of the same moment.
    if (headers.link) reply.header('link', headers.link.replace('?', `?at=${encodeURIComponent(at)}&`));
    return reply.code(status).send(body);
  });
}
