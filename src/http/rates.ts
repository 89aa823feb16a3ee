/** How often may be asked: by one network, and by all together where `rate_limit` of the web configuration file says so. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../contract/access.ts';
import { Refusal } from '../contract/problem.ts';
import type { App } from './context.ts';
import { isLoopback, networkOf } from './network.ts';

const MINUTE = 60_000;
const MOST_A_MINUTE = 1200;
/** Behind it are a proxy with everybody, or programs of this machine. */
const MOST_A_MINUTE_LOOPBACK = 120_000;

/** `burst` at once, then one each interval. */
function createBucket(): (limit: Access['rateLimit']) => boolean {
  let left = Number.POSITIVE_INFINITY;
  let lastMs = performance.now();
  return (limit) => {
    if (limit === null) return true;
    const now = performance.now();
    left = Math.min(limit.burst, left + (now - lastMs) / limit.intervalMs);
    lastMs = now;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/** @param app has @fastify/rate-limit. @throws Refusal from the check, with Retry-After */
export function createRateCheck(app: App): (request: FastifyRequest, reply: FastifyReply, access: Access) => Promise<void> {
  const byNetwork = app.createRateLimit({
    max: ({ ip }) => (isLoopback(ip) ? MOST_A_MINUTE_LOOPBACK : MOST_A_MINUTE),
    timeWindow: MINUTE,
    keyGenerator: ({ ip }) => networkOf(ip),
  });
  const takeOne = createBucket();
  const refuse = (reply: FastifyReply, seconds: number) => {
    reply.header('retry-after', Math.ceil(seconds));
    throw new Refusal('rate_limited', 'too many requests; Retry-After says when to ask again');
  };
  return async (request, reply, { rateLimit }) => {
    const rate = await byNetwork(request);
    if (!rate.isAllowed && rate.isExceeded) refuse(reply, rate.ttlInSeconds);
    if (!takeOne(rateLimit)) refuse(reply, (rateLimit?.intervalMs ?? MINUTE) / 1000);
  };
}
