/** Who may ask for what: credentials, roles, origins, rates. Every request passes here before anything else looks at it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access, OpenPart } from '../contract/access.ts';
import { Refusal } from '../contract/problem.ts';
import type { AccessControl, App } from './context.ts';
import { createAuthenticator } from './credentials.ts';
import { networkOf } from './network.ts';
import { createRateCheck } from './rates.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Whether the request may change something. */
export function isWrite({ method }: FastifyRequest): boolean {
  return !SAFE_METHODS.includes(method);
}

const OPEN_PATHS: Readonly<Record<OpenPart, readonly string[]>> = { metrics: ['/metrics'], health: ['/-/healthy', '/-/ready'] };

function isOpen({ url }: FastifyRequest, { open }: Access): boolean {
  const [path] = url.split('?');
  return open.some((part) => OPEN_PATHS[part].includes(path));
}

/** What may be sent, for browsers and programs to ask for it. */
function challenges({ users, tokens }: Access): string[] {
  const basic = users.size > 0 ? ['Basic realm="lvscope", charset="UTF-8"'] : [];
  return tokens.length > 0 ? [...basic, 'Bearer realm="lvscope"'] : basic;
}

function refuseUnnamed(reply: FastifyReply, access: Access, detail: string): never {
  reply.header('www-authenticate', challenges(access));
  throw new Refusal('unauthorized', detail);
}

function setHeaders(reply: FastifyReply, { headers }: Access): void {
  for (const [name, value] of Object.entries(headers))
    if (value === '') reply.removeHeader(name);
    else reply.header(name, value);
}

/** @param app has @fastify/rate-limit. @returns a hook. @throws Refusal from it */
export function createAccessCheck(
  app: App,
  { now, verify }: AccessControl,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const authenticate = createAuthenticator(verify);
  const checkRate = createRateCheck(app);

  async function roleOf(request: FastifyRequest, reply: FastifyReply, access: Access) {
    const { authorization } = request.headers;
    if (access.unnamed !== null) return access.unnamed;
    if (authorization === undefined)
      return isOpen(request, access) ? 'read' : refuseUnnamed(reply, access, 'this needs credentials: Authorization is missing');
    const role = await authenticate(authorization, access, networkOf(request.ip));
    if (role !== null) return role;
    request.log.warn({ address: request.ip }, 'a request with wrong credentials was refused');
    return refuseUnnamed(reply, access, 'these credentials are not known here');
  }

  return async (request, reply) => {
    const access = now();
    setHeaders(reply, access);
    await checkRate(request, reply, access);
    const role = await roleOf(request, reply, access);
    if (isWrite(request) && role !== 'admin') throw new Refusal('forbidden', `${request.method} needs the role admin`);
  };
}

const LOOK_MS = 1000;
/** RFC 6455 registry: service restart. A client comes back, with its credentials, and goes on where it was. */
const CLOSE_CODE = 1012;

/** Live connections were let in by what held then: when that changes, they must ask again. */
export function closeLiveOnChange(app: App, { now }: AccessControl): void {
  let before = now();
  const timer = setInterval(() => {
    if (now() === before) return;
    before = now();
    for (const client of app.websocketServer.clients) client.close(CLOSE_CODE, 'who may ask has changed');
  }, LOOK_MS).unref();
  app.addHook('onClose', async () => clearInterval(timer));
}
