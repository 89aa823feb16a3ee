/** That nothing can be learnt from how long a refusal takes: the same checks are made, known user or not. Hashes are the C library's. */
import { createHash } from 'node:crypto';
import { compareSync } from 'bcryptjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Access, NO_ACCESS_RULES } from '../../src/contract/access.ts';
import { type Authenticate, createAuthenticator } from '../../src/http/credentials.ts';
import { basic, bcrypt, bearer } from './guarded.ts';

const HASHES = { alice: bcrypt('wonder'), bob: bcrypt('builder') };
const sha256 = createHash('sha256').update('right').digest();
const ACCESS: Access = {
  ...NO_ACCESS_RULES,
  tokens: [{ name: 'a', sha256, role: 'admin' }],
  users: new Map(Object.entries(HASHES)),
  unnamed: null,
  headers: {},
  rateLimit: null,
};

let checked: string[] = [];
let authenticate: Authenticate;
beforeEach(() => {
  checked = [];
  authenticate = createAuthenticator(async (password, hash) => {
    checked.push(hash);
    return compareSync(password, hash);
  });
});
const ask = (header: string, access = ACCESS, network = 'here') => authenticate(header, access, network);

describe('a user who is not known', () => {
  it('costs one check of a hash of the file, always the same, and none when asked again', async () => {
    for (const name of ['mallory', 'alicia', '', '__proto__', 'x'.repeat(300)]) {
      checked = [];
      for (let i = 0; i < 3; i++) expect(await ask(basic(name, 'guess'))).toBeNull();
      expect(checked, name).toHaveLength(1);
      expect(Object.values(HASHES)).toContain(checked[0]);
      await ask(basic(name, 'another guess'));
      expect(new Set(checked).size).toBe(1);
    }
  });

  it('costs what a known one with a wrong password does', async () => {
    await ask(basic('alice', 'guess'));
    await ask(basic('alice', 'guess'));
    expect(checked).toEqual([HASHES.alice]);
  });

  it('does not get in with the password of the user whose hash is checked', async () => {
    for (const password of ['wonder', 'builder'])
      for (const name of ['a', 'b', 'c', 'd']) expect(await ask(basic(name, password))).toBeNull();
  });
});

describe('what is remembered', () => {
  it('ends with the hash: a changed password holds at once', async () => {
    expect(await ask(basic('alice', 'wonder'))).toBe('read');
    const changed = { ...ACCESS, users: new Map([['alice', bcrypt('changed')]]) };
    expect([await ask(basic('alice', 'wonder'), changed), await ask(basic('alice', 'changed'), changed)]).toEqual([null, 'read']);
  });

  it('of the right ones is not driven out by guesses', async () => {
    await ask(basic('alice', 'wonder'));
    for (let i = 0; i < 1100; i++) await ask(basic('alice', `guess ${i}`));
    checked = [];
    expect(await ask(basic('alice', 'wonder'))).toBe('read');
    expect(checked).toEqual([]);
    await ask(basic('alice', 'guess 0'));
    expect(checked).toHaveLength(1);
  });
});

describe('many at once', () => {
  it('of the same are one check', async () => {
    expect(await Promise.all(Array.from({ length: 50 }, () => ask(basic('bob', 'builder'))))).toEqual(Array(50).fill('read'));
    expect(checked).toHaveLength(1);
  });

  it('are four of one network and 32 of all', async () => {
    const never = createAuthenticator(() => new Promise(() => {}));
    const codes: unknown[] = [];
    for (let i = 0; i < 60; i++) void never(basic('alice', `${i}`), ACCESS, `network ${i % 12}`).catch(({ code }) => codes.push(code));
    await new Promise(setImmediate);
    expect(codes).toHaveLength(28);
    expect(new Set(codes)).toEqual(new Set(['busy']));
    const one = createAuthenticator(() => new Promise(() => {}));
    const ofOne: unknown[] = [];
    for (let i = 0; i < 6; i++) void one(basic('alice', `${i}`), ACCESS, 'one').catch(({ code }) => ofOne.push(code));
    await new Promise(setImmediate);
    expect(ofOne).toEqual(['rate_limited', 'rate_limited']);
  });
});

describe('tokens', () => {
  it.each([
    ['right', 'admin'],
    ['wrong', null],
    ['', null],
    ['a'.repeat(5000), null],
  ])('%s: %s, without a check of a password', async (token, role) => {
    expect(await ask(bearer(token))).toBe(role);
    expect(checked).toEqual([]);
  });
});
