/** Whom requests may be addressed to and come from: a page of another site must reach nothing, whatever its name resolves to. */
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { Refusal } from '../contract/problem.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const EVERY_ADDRESS = ['0.0.0.0', '[::]'];
const LONGEST_ECHO = 200;

/** Without port, brackets around IPv6, lower case; null when there is no such part. */
function nameOf(host: string): string | null {
  return /^(\[[\da-f:.]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host)?.[1].toLowerCase() ?? null;
}

function namesOf(hosts: readonly string[]): string[] {
  return hosts.map((host) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host).toLowerCase());
}

/**
 * Against DNS rebinding. Where we listen at every address, any address will do: only names can be made to point here.
 * @throws Refusal from the check, for any other Host
 */
export function hostCheck(allowed: readonly string[]): (request: FastifyRequest) => void {
  const names = new Set([...LOOPBACK, ...namesOf(allowed)]);
  const anyAddress = EVERY_ADDRESS.some((address) => names.has(address));
  const isAddress = (name: string) => ipaddr.isValid(name.replace(/^\[|\]$/g, ''));
  return ({ headers: { host = '' } }) => {
    const name = nameOf(host);
    if (name !== null && (names.has(name) || (anyAddress && isAddress(name)))) return;
    const shown = host.slice(0, LONGEST_ECHO) || 'no host';
    throw new Refusal('host_refused', `requests for ${shown} are not answered here; --allowed-host NAME adds a name`);
  };
}

/**
 * Against pages of other sites that open live connections, or write: browsers say where a request comes from, other programs do not.
 * A page may come from the host and port that it asks, or from a name that was allowed (a proxy's, which may write Host anew).
 * @throws Refusal from the check
 */
export function originCheck(proxyNames: readonly string[]): (request: FastifyRequest) => void {
  const names = new Set(namesOf(proxyNames));
  return ({ headers }) => {
    const { origin, host, 'sec-fetch-site': site } = headers;
    const refuse = (from: string): never => {
      throw new Refusal('origin_refused', `a page of ${from.slice(0, LONGEST_ECHO)} may not do this here`);
    };
    if (origin !== undefined) {
      const from = URL.canParse(origin) ? new URL(origin) : null;
      if (from === null || (from.host !== host?.toLowerCase() && !names.has(from.hostname))) refuse(origin);
    } else if (site !== undefined && site !== 'same-origin' && site !== 'none') refuse('another site');
  };
}
