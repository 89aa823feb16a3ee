/** What the configuration file says about alerts: who is told, of what, and when nobody is. */
import { type Static, Type } from 'typebox';
import { canonical, listed, type Match, MatchSchema, Text } from './alert-match.ts';
import { type ShapeProblem, shapeProblems } from './shape.ts';

const STRICT = { additionalProperties: false } as const;
const SECOND = 1_000_000;

function isUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return protocols.includes(protocol) && username === '' && password === '';
}

const HttpUrl = Text(
  (text) => isUrl(text, ['http:', 'https:']),
  () => 'a URL of http or https without user and password is wanted',
);
const SyslogUrl = Text(
  (text) => (text.startsWith('unix:') ? /^unix:\/\/\/./.test(text) : isUrl(text, ['udp:', 'tcp:']) && new URL(text).port !== ''),
  () => 'udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH is wanted',
);
const SecretFile = Text(
  (text) => text !== '' && !text.includes('..'),
  () => 'the path of a file, or the name of a systemd credential, is wanted',
);
/** Their values are secrets, which belong in files. */
const SECRET_HEADERS = ['authorization', 'proxy-authorization', 'cookie'];
const isHeader = ([name, value]: [string, unknown]): boolean =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !SECRET_HEADERS.includes(name.toLowerCase()) && /^[\t\x20-\x7e]*$/.test(String(value));
const Headers = Type.Refine(
  Type.Record(Type.String(), Type.String()),
  (headers) => Object.entries(headers).every(isHeader),
  () => `names and values of HTTP headers are wanted, and none of ${SECRET_HEADERS.join(', ')}: authorizationFile is for what is secret`,
);

/** RFC 5424 section 6.2.1, in the order of their numbers. */
export const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const;

const WebhookSchema = Type.Object(
  {
    url: HttpUrl,
    headers: Type.Optional(Headers),
    secretFile: Type.Optional(SecretFile),
    authorizationFile: Type.Optional(SecretFile),
  },
  STRICT,
);
const SlackSchema = Type.Object({ url: Type.Optional(HttpUrl), urlFile: Type.Optional(SecretFile) }, STRICT);
const AlertmanagerSchema = Type.Object(
  {
    urls: Type.Array(HttpUrl, { minItems: 1 }),
    basicAuthFile: Type.Optional(SecretFile),
  },
  STRICT,
);
const SyslogSchema = Type.Object({ target: SyslogUrl, facility: Type.Optional(Type.Enum([...FACILITIES])) }, STRICT);

const ReceiverSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w.-]+$' }),
    webhook: Type.Optional(WebhookSchema),
    slack: Type.Optional(SlackSchema),
    alertmanager: Type.Optional(AlertmanagerSchema),
    syslog: Type.Optional(SyslogSchema),
  },
  STRICT,
);
/** Exactly one of `webhook`, `slack`, `alertmanager` and `syslog` is there. */
export type ReceiverConfig = Static<typeof ReceiverSchema>;

const DURATION = /^([1-9]\d{0,5})([smhd])$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const Duration = Text(
  (text) => DURATION.test(text),
  (text) => `${text} is no duration: write 90s, 30m, 4h or 1d`,
);

/** `90s`, `30m`, `4h`, `1d` in microseconds; null when it is none. */
export function durationMicros(text: string): number | null {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? null : Number(count) * UNIT_SECONDS[unit] * SECOND;
}

const FlapSchema = Type.Object(
  {
    changes: Type.Integer({ minimum: 2, maximum: 100 }),
    withinSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    quietSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  STRICT,
);

const RuleSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    match: Type.Optional(MatchSchema),
    receivers: Type.Array(Type.String(), { minItems: 1 }),
    repeatEvery: Type.Optional(Duration),
    flap: Type.Optional(FlapSchema),
    resolved: Type.Optional(Type.Boolean()),
  },
  STRICT,
);

/** RFC 3339 with a zone, since a time without one means something else on every machine. */
export const Moment = Text(
  (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  (text) => `${text} is no time: write 2026-12-01T20:00:00Z or 2026-12-01T21:00:00+01:00`,
);

/** @param text held against `Moment` */
export function momentMicros(text: string): number {
  return Date.parse(text) * 1000;
}

const SilenceSchema = Type.Object({ match: MatchSchema, from: Moment, to: Moment, comment: Type.String() }, STRICT);

/** In the order of `Date.getUTCDay`. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/;
const TimeOfDay = Text(
  (text) => TIME_OF_DAY.test(text),
  (text) => `${text} is no time of day: write '22:00'`,
);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
const TimeZone = Text(isTimeZone, (name) => `${name} is no time zone: write Europe/Berlin or UTC`);

const MaintenanceSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    match: Type.Optional(MatchSchema),
    days: Type.Array(Type.Enum([...DAYS]), { minItems: 1 }),
    from: TimeOfDay,
    to: TimeOfDay,
    timeZone: TimeZone,
  },
  STRICT,
);

const AlertsSchema = Type.Object(
  {
    url: Type.Optional(HttpUrl),
    receivers: Type.Array(ReceiverSchema),
    rules: Type.Array(RuleSchema),
    silences: Type.Optional(Type.Array(SilenceSchema)),
    maintenance: Type.Optional(Type.Array(MaintenanceSchema)),
  },
  STRICT,
);
type AlertsFile = Static<typeof AlertsSchema>;

export interface FlapDamping {
  /** So many beginnings and ends ... */
  readonly changes: number;
  readonly withinMicros: number;
  /** ... and nothing more is told until it has stayed as it is for so long. */
  readonly quietMicros: number;
}

export interface AlertRule {
  readonly name: string;
  readonly match: Match;
  readonly receivers: readonly string[];
  /** Null: told once. */
  readonly repeatMicros: number | null;
  readonly flap: FlapDamping;
  /** Whether the end is told. */
  readonly resolved: boolean;
}

export interface FileSilence {
  readonly match: Match;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly comment: string;
}

/** Every week, by the clocks of a time zone. */
export interface MaintenanceWindow {
  readonly name: string;
  readonly match: Match;
  /** Days on which it begins: 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes of the day; `to` before `from` is of the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly timeZone: string;
}

export interface Alerting {
  /** Where people reach lvscope's page; null: as it listens. */
  readonly url: string | null;
  readonly receivers: readonly ReceiverConfig[];
  readonly rules: readonly AlertRule[];
  readonly silences: readonly FileSilence[];
  readonly maintenance: readonly MaintenanceWindow[];
}

export const NO_ALERTING: Alerting = { url: null, receivers: [], rules: [], silences: [], maintenance: [] };

const DEFAULT_FLAP = { changes: 6, withinSeconds: 300, quietSeconds: 300 };
const RECEIVER_KINDS = ['webhook', 'slack', 'alertmanager', 'syslog'] as const;
export type ReceiverKind = (typeof RECEIVER_KINDS)[number];

export function receiverKind(receiver: Readonly<Record<string, unknown>>): ReceiverKind | null {
  const [kind, ...more] = RECEIVER_KINDS.filter((name) => receiver[name] !== undefined);
  return kind !== undefined && more.length === 0 ? kind : null;
}

type Entry = Readonly<Record<string, unknown>>;
const isEntry = (value: unknown): value is Entry => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Entries of a list of the section, whatever else is wrong with them. */
function entries(data: unknown, key: string): { entry: Entry; path: (string | number)[] }[] {
  const list = isEntry(data) ? data[key] : null;
  return Array.isArray(list) ? list.flatMap((entry: unknown, i) => (isEntry(entry) ? [{ entry, path: [key, i] }] : [])) : [];
}

function receiverProblems(data: unknown): ShapeProblem[] {
  return entries(data, 'receivers').flatMap(({ entry, path }) => {
    const { slack } = entry;
    if (receiverKind(entry) === null) return [{ path, text: `exactly one of ${RECEIVER_KINDS.join(', ')} is wanted` }];
    if (isEntry(slack) && (slack.url === undefined) === (slack.urlFile === undefined))
      return [{ path: [...path, 'slack'], text: 'url or urlFile is wanted, one of them' }];
    return [];
  });
}

function twice(data: unknown, key: string): ShapeProblem[] {
  const names = entries(data, key).map(({ entry }) => entry.name);
  return entries(data, key).flatMap(({ entry: { name }, path }, i) =>
    typeof name === 'string' && names.indexOf(name) < i ? [{ path: [...path, 'name'], text: `${name} is there already` }] : [],
  );
}

function unknownReceivers(data: unknown): ShapeProblem[] {
  const known = entries(data, 'receivers').map(({ entry }) => entry.name);
  return entries(data, 'rules').flatMap(({ entry: { receivers }, path }) =>
    (Array.isArray(receivers) ? receivers : []).flatMap((name: unknown, i): ShapeProblem[] =>
      typeof name !== 'string' || known.includes(name)
        ? []
        : [{ path: [...path, 'receivers', i], text: `there is no receiver ${name} among ${known.join(', ')}` }],
    ),
  );
}

function emptySpans(data: unknown): ShapeProblem[] {
  const silences = entries(data, 'silences').filter(({ entry: { from, to } }) => !(Date.parse(String(from)) >= Date.parse(String(to))));
  const windows = entries(data, 'maintenance').filter(({ entry: { from, to } }) => from !== to);
  const good = [...silences, ...windows].map(({ path }) => path.join());
  return [...entries(data, 'silences'), ...entries(data, 'maintenance')]
    .filter(({ path }) => !good.includes(path.join()))
    .map(({ path }) => ({ path: [...path, 'to'], text: 'it ends before it begins' }));
}

/** Matches with lists where people wrote single values. */
function withLists(data: unknown): unknown {
  if (!isEntry(data)) return data;
  const lists = Object.entries(data).map(([key, value]) => {
    if (!Array.isArray(value)) return [key, value];
    return [key, value.map((entry: unknown) => (isEntry(entry) && 'match' in entry ? { ...entry, match: listed(entry.match) } : entry))];
  });
  return Object.fromEntries(lists);
}

function ruleOf({
  name,
  match = {},
  receivers,
  repeatEvery,
  flap = DEFAULT_FLAP,
  resolved = true,
}: AlertsFile['rules'][number]): AlertRule {
  return {
    name,
    match: canonical(match),
    receivers,
    repeatMicros: repeatEvery === undefined ? null : durationMicros(repeatEvery),
    flap: { changes: flap.changes, withinMicros: flap.withinSeconds * SECOND, quietMicros: flap.quietSeconds * SECOND },
    resolved,
  };
}

function minuteOf(text: string): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  return Number(hours) * 60 + Number(minutes);
}

/**
 * @param data the value of `alerts` in the file
 * @returns who is told of what, or everything that is wrong with it
 */
export function readAlerting(data: unknown): { readonly value: Alerting } | { readonly problems: readonly ShapeProblem[] } {
  const written = withLists(data);
  const problems = [
    ...shapeProblems(AlertsSchema, written),
    ...receiverProblems(written),
    ...twice(written, 'receivers'),
    ...twice(written, 'rules'),
    ...unknownReceivers(written),
    ...emptySpans(written),
  ];
  if (problems.length > 0) return { problems };
  const { url = null, receivers, rules, silences = [], maintenance = [] } = written as AlertsFile;
  return {
    value: {
      url,
      receivers,
      rules: rules.map(ruleOf),
      silences: silences.map(({ match, from, to, comment }) => ({
        match: canonical(match),
        fromMicros: momentMicros(from),
        toMicros: momentMicros(to),
        comment,
      })),
      maintenance: maintenance.map(({ name, match = {}, days, from, to, timeZone }) => ({
        name,
        match: canonical(match),
        days: days.map((day) => DAYS.indexOf(day)),
        fromMinute: minuteOf(from),
        toMinute: minuteOf(to),
        timeZone,
      })),
    },
  };
}
