/** Who may ask: the `access` section of the configuration file, and what it comes to together with the users of `--web.config.file`. */
import { type Static, Type } from 'typebox';
import { type ShapeProblem, shapeProblems } from './shape.ts';
import type { RateLimit } from './web-config.ts';

/** `read`: everything that can be seen. `admin`: also what changes something (POST, PUT, PATCH, DELETE). */
const ROLES = ['read', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What may be asked for without credentials: `/metrics`; `/-/healthy` and `/-/ready`. */
const OPEN_PARTS = ['metrics', 'health'] as const;
export type OpenPart = (typeof OPEN_PARTS)[number];

const STRICT = { additionalProperties: false } as const;

const TokenSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'who has it' }),
    sha256: Type.String({ description: 'of the token, in hexadecimal' }),
    role: Type.Optional(Type.Enum(ROLES)),
  },
  STRICT,
);

const AccessSchema = Type.Object(
  {
    tokens: Type.Optional(Type.Array(TokenSchema)),
    roles: Type.Optional(Type.Record(Type.String(), Type.Enum(ROLES), { description: 'of users of --web.config.file; default read' })),
    anonymous: Type.Optional(Type.Array(Type.Enum(OPEN_PARTS))),
  },
  STRICT,
);

export interface Token {
  readonly name: string;
  /** 32 octets. */
  readonly sha256: Uint8Array;
  readonly role: Role;
}

/** What the `access` section says. */
export interface AccessRules {
  readonly tokens: readonly Token[];
  readonly roles: ReadonlyMap<string, Role>;
  readonly open: readonly OpenPart[];
}

export const NO_ACCESS_RULES: AccessRules = { tokens: [], roles: new Map(), open: [] };

/** All that a request is held to, as the files say now. */
export interface Access extends AccessRules {
  /** bcrypt hashes by user. */
  readonly users: ReadonlyMap<string, string>;
  /** Role of who says nothing about himself; null: he must. */
  readonly unnamed: Role | null;
  /** Of answers, in place of our own; an empty one takes ours away. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rateLimit: RateLimit | null;
}

const SHA256 = /^[\da-f]{64}$/i;

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function tokenProblems(tokens: readonly Static<typeof TokenSchema>[]): ShapeProblem[] {
  const known = tokens.map(({ sha256 }) => sha256.toLowerCase());
  return known.flatMap((sha256, i) => {
    const path = ['tokens', i, 'sha256'];
    // The text may be the token itself: it is not repeated.
    if (!SHA256.test(sha256)) return [{ path, text: 'is no SHA-256, of 64 hexadecimal digits; printf %s TOKEN | sha256sum makes one' }];
    return known.indexOf(sha256) < i ? [{ path, text: 'another entry has the same token' }] : [];
  });
}

/** @param data the value of `access` in the file */
export function readAccess(data: unknown): { readonly value: AccessRules } | { readonly problems: readonly ShapeProblem[] } {
  const shape = shapeProblems(AccessSchema, data);
  if (shape.length > 0) return { problems: shape };
  const { tokens = [], roles = {}, anonymous = [] } = data as Static<typeof AccessSchema>;
  const problems = tokenProblems(tokens);
  if (problems.length > 0) return { problems };
  const known = tokens.map(({ name, sha256, role = 'read' }) => ({ name, sha256: octetsOf(sha256), role }));
  return { value: { tokens: known, roles: new Map(Object.entries(roles)), open: anonymous } };
}
