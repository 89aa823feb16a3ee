/** Names and passwords, tokens: whom a request comes from, and what he may do. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access, Role } from '../contract/access.ts';
import { Refusal } from '../contract/problem.ts';

type Credentials = { readonly user: string; readonly password: string } | { readonly token: string };

/** RFC 7617 and RFC 6750; null for anything else. */
function credentialsOf(header: string): Credentials | null {
  const [, scheme, text] = /^(basic|bearer) +([\w.~+/-]+=*) *$/i.exec(header) ?? [];
  if (scheme === undefined) return null;
  if (scheme.toLowerCase() === 'bearer') return { token: text };
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(text, 'base64').toString()) ?? [];
  return user === undefined ? null : { user, password };
}

/** All tokens are compared, whichever is the right one. */
function tokenRole(token: string, { tokens }: Access): Role | null {
  const sha256 = createHash('sha256').update(token).digest();
  return tokens.reduce<Role | null>((role, known) => (timingSafeEqual(sha256, known.sha256) ? known.role : role), null);
}

const MOST_REMEMBERED = 1000;
/** Checks that wait for the one thread that makes them, of all and of one network. */
const MOST_WAITING = 32;
const MOST_WAITING_PER_NETWORK = 4;

/** Right and wrong ones apart, so that guessing drives out no one's right password. */
function remember(results: Map<string, boolean>, key: string, isRight: boolean): void {
  results.set(key, isRight);
  if (results.size <= MOST_REMEMBERED) return;
  const [oldest] = results.keys();
  results.delete(oldest);
}

export type Verify = (password: string, hash: string) => Promise<boolean>;
/** @returns the role; null: not known, or not by this password. @throws Refusal when too many checks wait */
export type Authenticate = (header: string, access: Access, network: string) => Promise<Role | null>;

export function createAuthenticator(verify: Verify): Authenticate {
  /** Of this process: what is remembered is of no use to anybody else. */
  const secret = randomBytes(32);
  const right = new Map<string, boolean>();
  const wrong = new Map<string, boolean>();
  const waiting = new Map<string, { readonly network: string; readonly result: Promise<boolean> }>();
  const keyed = (...parts: readonly string[]) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest();

  function begin(key: string, password: string, hash: string, network: string): Promise<boolean> {
    if (waiting.size >= MOST_WAITING) throw new Refusal('busy', 'as many passwords as may be are being checked');
    const ofNetwork = [...waiting.values()].filter((one) => one.network === network).length;
    if (ofNetwork >= MOST_WAITING_PER_NETWORK) throw new Refusal('rate_limited', 'too many passwords from this address at once');
    const result = verify(password, hash);
    waiting.set(key, { network, result });
    const done = () => waiting.delete(key);
    result.then(done, done);
    return result;
  }

  async function isRight(user: string, password: string, hash: string, network: string): Promise<boolean> {
    const key = keyed(user, hash, password).toString('base64');
    const known = right.get(key) ?? wrong.get(key);
    if (known !== undefined) return known;
    const result = await (waiting.get(key)?.result ?? begin(key, password, hash, network));
    remember(result ? right : wrong, key, result);
    return result;
  }

  return async (header, access, network) => {
    const credentials = credentialsOf(header);
    if (credentials === null) return null;
    if ('token' in credentials) return tokenRole(credentials.token, access);
    const { users, roles } = access;
    if (users.size === 0) return null;
    const { user, password } = credentials;
    // An unknown user costs what a known one does: the check of the hash of some other user, always the same one.
    const decoy = [...users.values()][keyed(user).readUInt32LE() % users.size];
    const hash = users.get(user);
    const passes = await isRight(user, password, hash ?? decoy, network);
    return passes && hash !== undefined ? (roles.get(user) ?? 'read') : null;
  };
}
