/** The file of `--web.config.file`: the one that exporter-toolkit reads for Prometheus and its exporters (docs/web-configuration.md there). */
import { type Static, Type } from 'typebox';
import { type ShapeProblem, shapeProblems } from './shape.ts';
import { CIPHER_SUITES, CURVE_NAMES, TLS_VERSION_NAMES } from './tls-names.ts';

const STRICT = { additionalProperties: false } as const;
const Text = Type.Optional(Type.String());
/** Of a header: it must not begin another one. */
const HeaderValue = Type.Optional(Type.String({ pattern: '^[\\t\\x20-\\x7e]*$' }));

/** Names of Go's tls.ClientAuthType; RequireClientCert is the toolkit's older name of RequireAnyClientCert. */
const CLIENT_AUTH = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'RequireClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
  '',
] as const;

const TlsSchema = Type.Object(
  {
    cert: Text,
    key: Text,
    client_ca: Text,
    cert_file: Text,
    key_file: Text,
    client_ca_file: Text,
    client_auth_type: Type.Optional(Type.Enum(CLIENT_AUTH)),
    client_allowed_sans: Type.Optional(Type.Array(Type.String())),
    min_version: Type.Optional(Type.Enum(TLS_VERSION_NAMES)),
    max_version: Type.Optional(Type.Enum(TLS_VERSION_NAMES)),
    cipher_suites: Type.Optional(Type.Array(Type.Enum(CIPHER_SUITES))),
    prefer_server_cipher_suites: Type.Optional(Type.Boolean()),
    curve_preferences: Type.Optional(Type.Array(Type.Enum(CURVE_NAMES))),
  },
  STRICT,
);
export type TlsSection = Static<typeof TlsSchema>;

const HeadersSchema = Type.Object(
  {
    'Content-Security-Policy': HeaderValue,
    'Strict-Transport-Security': HeaderValue,
    'X-Content-Type-Options': Type.Optional(Type.Enum(['nosniff'])),
    'X-Frame-Options': Type.Optional(Type.Enum(['deny', 'sameorigin'])),
    'X-XSS-Protection': HeaderValue,
  },
  STRICT,
);

const RateSchema = Type.Object(
  {
    interval: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'integer'] })),
    burst: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  STRICT,
);

const FileSchema = Type.Object(
  {
    tls_server_config: Type.Optional(TlsSchema),
    http_server_config: Type.Optional(Type.Object({ http2: Type.Optional(Type.Boolean()), headers: Type.Optional(HeadersSchema) }, STRICT)),
    basic_auth_users: Type.Optional(Type.Record(Type.String(), Type.String())),
    rate_limit: Type.Optional(RateSchema),
  },
  STRICT,
);
type File = Static<typeof FileSchema>;

/** A token bucket over all requests: one more each interval, so many at once. */
export interface RateLimit {
  readonly intervalMs: number;
  readonly burst: number;
}

export interface WebConfig {
  /** Null: plain HTTP. */
  readonly tls: TlsSection | null;
  /** Whether the file asks for HTTP/2 by name. */
  readonly wantsHttp2: boolean;
  /** In place of ours; an empty one takes ours away. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user. */
  readonly users: ReadonlyMap<string, string>;
  /** Null: none. */
  readonly rateLimit: RateLimit | null;
}

/** A check of a password takes twice as long with each: some 0.1 s with 10. */
const MOST_COST = 18;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

function userProblems(users: Readonly<Record<string, string>>): ShapeProblem[] {
  return Object.entries(users).flatMap(([user, hash]) => {
    const path = ['basic_auth_users', user];
    const cost = Number(BCRYPT.exec(hash)?.[1] ?? 0);
    if (user === '' || user.includes(':')) return [{ path, text: 'a user name has at least one character and no colon' }];
    // The text itself may be a password that somebody forgot to hash: it is not repeated.
    if (cost === 0) return [{ path, text: 'is no bcrypt hash; htpasswd -nBC 10 "" makes one' }];
    return cost < 4 || cost > MOST_COST ? [{ path, text: `the cost of a bcrypt hash is 4 to ${MOST_COST} here, not ${cost}` }] : [];
  });
}

/** One of the fields of which exporter-toolkit says that there is TLS when any is there. */
function wantsTls(tls: TlsSection): boolean {
  const { cert, key, client_ca, cert_file, key_file, client_ca_file, client_auth_type } = tls;
  return [cert, key, client_ca, cert_file, key_file, client_ca_file, client_auth_type].some(Boolean);
}

const REQUIRING: readonly unknown[] = ['RequireAnyClientCert', 'RequireClientCert', 'RequireAndVerifyClientCert'];
const VERIFYING: readonly unknown[] = ['VerifyClientCertIfGiven', 'RequireAndVerifyClientCert'];

function tlsProblems(tls: TlsSection): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  const no = (key: keyof TlsSection, text: string) => problems.push({ path: ['tls_server_config', key], text });
  const { client_auth_type: auth = '', min_version: least = 'TLS12', max_version: most = 'TLS13' } = tls;
  const hasCa = Boolean(tls.client_ca || tls.client_ca_file);
  if (!tls.cert && !tls.cert_file) no('cert_file', 'is missing, and so is cert');
  if (!tls.key && !tls.key_file) no('key_file', 'is missing, and so is key');
  if (TLS_VERSION_NAMES.indexOf(least) > TLS_VERSION_NAMES.indexOf(most)) no('min_version', `${least} is above max_version ${most}`);
  if (hasCa && (auth === '' || auth === 'NoClientCert'))
    no('client_auth_type', 'there is an authority for client certificates, and nobody is asked for one');
  if (!hasCa && VERIFYING.includes(auth)) no('client_auth_type', `${auth} needs client_ca_file (or client_ca)`);
  if (tls.client_allowed_sans && !REQUIRING.includes(auth))
    no('client_allowed_sans', 'goes with RequireAnyClientCert or RequireAndVerifyClientCert only');
  return problems;
}

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** As Go's time.ParseDuration reads it, in milliseconds; a number is nanoseconds; null for what is none. */
function durationMs(text: string | number): number | null {
  if (typeof text === 'number') return text / 1e6;
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return null;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit], 0);
}

function rateOf({ interval = 0, burst = 0 }: Static<typeof RateSchema>, problems: ShapeProblem[]): RateLimit | null {
  const intervalMs = durationMs(interval);
  if (intervalMs === null) problems.push({ path: ['rate_limit', 'interval'], text: `${interval} is no duration, as 100ms or 1s` });
  else if (intervalMs > 0 && burst === 0) problems.push({ path: ['rate_limit', 'burst'], text: 'with a burst of 0 nothing is answered' });
  return intervalMs ? { intervalMs, burst } : null;
}

/** A key without a value is one that is not there, as in Go; but a user has a hash. */
function withoutNulls(data: unknown, depth = 2): unknown {
  if (depth === 0 || typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const given = Object.entries(data).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, key === 'basic_auth_users' ? value : withoutNulls(value, depth - 1)]));
}

/** @param data the whole file; null for an empty one */
export function readWebConfig(data: unknown): { readonly value: WebConfig } | { readonly problems: readonly ShapeProblem[] } {
  const given = withoutNulls(data ?? {});
  const shape = shapeProblems(FileSchema, given);
  if (shape.length > 0) return { problems: shape };
  const { tls_server_config: section = {}, http_server_config: http = {}, basic_auth_users: users = {}, rate_limit = {} } = given as File;
  const tls = wantsTls(section) ? section : null;
  const problems = [...(tls ? tlsProblems(tls) : []), ...userProblems(users)];
  const rateLimit = rateOf(rate_limit, problems);
  if (problems.length > 0) return { problems };
  const { http2, headers } = http;
  return { value: { tls, wantsHttp2: http2 === true, headers: { ...headers }, users: new Map(Object.entries(users)), rateLimit } };
}
