/** An address that others reach: who asks must be known, and stay so. And how often they may ask. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Access, NO_ACCESS_RULES } from '../../src/contract/access.ts';
import type { HttpContext } from '../../src/http/app.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { ask, basic, bcrypt, type Guarded, guarded } from './guarded.ts';
import { serving } from './serving.ts';

const ALICE = { authorization: basic('alice', 'wonder') };
const WEB = `basic_auth_users:\n  alice: ${bcrypt('wonder')}\n`;
const PATH = '/api/v1/status';

let program: Guarded | undefined;
afterEach(async () => {
  await program?.stop();
  program = undefined;
});

async function everywhere(): Promise<Guarded> {
  program = await guarded({ 'web.yml': WEB }, undefined, '0.0.0.0');
  return program;
}

describe('every address of this machine', () => {
  it('is answered at with credentials, to any address and no name but those allowed', async () => {
    const { url, log } = await everywhere();
    const status = async (headers: Readonly<Record<string, string>>) => (await ask(url, { path: PATH, headers })).status;
    expect(await status({})).toBe(401);
    expect(await status(ALICE)).toBe(200);
    expect(await status({ ...ALICE, host: '192.0.2.9:9852' })).toBe(200);
    expect(await status({ ...ALICE, host: '[2001:db8::9]' })).toBe(200);
    expect(await status({ ...ALICE, host: 'lb.example' })).toBe(200);
    expect(await status({ ...ALICE, host: 'rebound.example' })).toBe(421);
    expect(log()).toMatch(/clear text/);
  });

  it('does not open when the last user is taken out of the file', async () => {
    const { url, folder, log } = await everywhere();
    writeFileSync(join(folder, 'web.yml'), 'basic_auth_users: {}\n');
    for (let i = 0; i < 60 && !/stays as it was/.test(log()); i++) await sleep(50);
    expect(log()).toMatch(/who may ask stays as it was/);
    expect((await ask(url, { path: PATH })).status).toBe(401);
  });

  it('is not served without anybody who may ask, or --insecure-listen', async () => {
    await expect(guarded({}, undefined, '0.0.0.0')).rejects.toThrow(/--web\.config\.file.*--insecure-listen/);
  });
});

function limited(over: Partial<Access>): ReturnType<typeof serving>['app'] {
  const access: Access = { ...NO_ACCESS_RULES, users: new Map(), unnamed: 'read', headers: {}, rateLimit: null, ...over };
  const control: HttpContext['access'] = { now: () => access, tls: () => null, proxyNames: [], verify: async () => false };
  return serving(createMonitor({ maxSessions: 1, trackChanges: true }), { access: control }).app;
}

describe('how often may be asked', () => {
  it('rate_limit: a burst of all together, then one each interval', async () => {
    const app = limited({ rateLimit: { intervalMs: 200, burst: 3 } });
    await app.ready();
    const codes = async () => (await app.inject('/-/healthy')).statusCode;
    expect([await codes(), await codes(), await codes(), await codes()]).toEqual([200, 200, 200, 429]);
    expect((await app.inject('/-/healthy')).headers['retry-after']).toBe('1');
    await sleep(250);
    expect([await codes(), await codes()]).toEqual([200, 429]);
    await app.close();
  });

  it('1200 a minute from one address, and one host of IPv6 is one address; others are answered', async () => {
    const app = limited({});
    await app.ready();
    const answer = (remoteAddress: string) => app.inject({ url: '/-/healthy', remoteAddress });
    for (let i = 0; i < 1200; i++) await answer(`2001:db8::${i.toString(16)}`);
    const refused = await answer('2001:db8::ffff');
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await answer('2001:db8:0:1::1')).statusCode).toBe(200);
    expect((await answer('127.0.0.1')).statusCode).toBe(200);
    await app.close();
  });
});
