/** JSON that says which version it is: a client that has that already is told so instead (RFC 9110 sections 8.8.3 and 13.1.2). */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ItemPage } from '../contract/item-page.ts';

const hashOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;

/** Compared weakly: either side's W/ is left aside. */
function has(header: string | undefined, tag: string): boolean {
  const tags = header?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(tag.replace(/^W\//, ''));
}

interface Tagged {
  readonly text: string;
  readonly tag: string;
}

function sendTagged(request: FastifyRequest, reply: FastifyReply, { text, tag }: Tagged): FastifyReply {
  reply.header('etag', tag);
  if (has(request.headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.type('application/json').send(text);
}

export function sendJson(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  return sendTagged(request, reply, { text, tag: hashOf(text) });
}

/** The same address with another cursor. */
function nextPage({ url }: FastifyRequest, cursor: string): string {
  const [path, ...query] = url.split('?');
  const parameters = new URLSearchParams(query.join('?'));
  parameters.set('cursor', cursor);
  return `<${path}?${parameters}>; rel="next"`;
}

/** Two pages of the same items are the same, whatever their `asOf`: the tag is a weak one. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { items, nextCursor, total }: ItemPage<unknown>,
  asOf: string,
): FastifyReply {
  if (nextCursor !== null) reply.header('link', nextPage(request, nextCursor));
  const page = JSON.stringify({ items, nextCursor, total }).slice(0, -1);
  return sendTagged(request, reply, { text: `${page},"asOf":"${asOf}"}`, tag: `W/${hashOf(page)}` });
}
