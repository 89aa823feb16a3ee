/** Silences set while the monitor runs: what is not told, for how long, and why. */
import { type Static, Type } from 'typebox';
import { canonical, listed, type Match, MatchSchema } from './alert-match.ts';
import { durationMicros, Moment, momentMicros } from './alerting.ts';
import { Refusal } from './problem.ts';
import { Nullable, Time, timeText } from './scalars.ts';
import { shapeProblems } from './shape.ts';

export const SilenceSchema = Type.Object(
  {
    id: Type.String(),
    match: MatchSchema,
    from: Nullable(Time),
    to: Nullable(Time),
    comment: Type.String(),
    origin: Type.Enum(['api', 'silence', 'maintenance'], {
      description: 'api: set at run time; the others stand in the configuration file',
    }),
    active: Type.Boolean({ description: 'now, by the time of the monitor' }),
  },
  { $id: 'Silence' },
);
export type Silence = Static<typeof SilenceSchema>;

export const SilenceRequestSchema = Type.Object(
  {
    match: MatchSchema,
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    for: Type.Optional(Type.String({ description: 'instead of `to`: 90s, 30m, 4h, 1d' })),
    comment: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { $id: 'SilenceRequest', additionalProperties: false },
);
type SilenceRequest = Static<typeof SilenceRequestSchema>;

export interface NewSilence {
  readonly match: Match;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly comment: string;
}

function endOf({ to, for: span }: SilenceRequest, fromMicros: number): number | null {
  if ((to === undefined) === (span === undefined)) return null;
  if (to !== undefined) return momentMicros(to);
  const micros = durationMicros(span ?? '');
  return micros === null ? null : fromMicros + micros;
}

const refuse = (what: string): never => {
  throw new Refusal('bad_request', `the silence cannot be read: ${what}`);
};

/**
 * @param nowMicros the monitor's time, from which it holds unless it says otherwise
 * @throws Refusal with all that is wrong
 */
export function readSilence(body: unknown, nowMicros: number): NewSilence {
  const request = body !== null && typeof body === 'object' && 'match' in body ? { ...body, match: listed(body.match) } : body;
  const problems = shapeProblems(SilenceRequestSchema, request);
  if (problems.length > 0) return refuse(problems.map(({ path, text }) => [...path, text].join(path.length > 0 ? ': ' : '')).join('; '));
  const silence = request as SilenceRequest;
  const fromMicros = silence.from === undefined ? nowMicros : momentMicros(silence.from);
  const toMicros = endOf(silence, fromMicros) ?? refuse('either to (2026-12-01T20:00:00Z) or for (90s, 30m, 4h, 1d) is wanted');
  if (toMicros <= fromMicros) return refuse('it ends before it begins');
  return { match: canonical(silence.match), fromMicros, toMicros, comment: silence.comment };
}

/** A weekly window has no one beginning and end: null. */
export function silenceOf(
  id: string,
  origin: Silence['origin'],
  span: { readonly fromMicros: number | null; readonly toMicros: number | null; readonly match: Match; readonly comment: string },
  active: boolean,
): Silence {
  const time = (micros: number | null) => (micros === null ? null : timeText(micros));
  return { id, match: span.match, from: time(span.fromMicros), to: time(span.toMicros), comment: span.comment, origin, active };
}
