/** Whom requests may be addressed to and come from: a page of another site must reach nothing, whatever its name resolves to. */
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../contract/problem.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Without port, brackets around IPv6, lower case; null when there is no such part. */
function nameOf(host: string): string | null {
  return /^(\[[\da-f:.]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host)?.[1].toLowerCase() ?? null;
}

/** Against DNS rebinding. @throws Refusal from the check, for any other Host */
export function hostCheck(allowed: readonly string[]): (request: FastifyRequest) => void {
  const names = new Set([
    ...LOOPBACK,
    ...allowed.map((host) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host).toLowerCase()),
  ]);
  return ({ headers: { host = '' } }) => {
    const name = nameOf(host);
    if (name === null || !names.has(name)) throw new Refusal('host_refused', `requests for ${host || 'no host'} are not answered here`);
  };
}

/** Against cross-site WebSockets: browsers send Origin, other programs do not. @throws Refusal for the page of another host or port */
export function checkOrigin({ headers: { origin, host } }: FastifyRequest): void {
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase())
    throw new Refusal('origin_refused', `a page of ${origin.slice(0, 200)} may not open a live connection here`);
}
