/** How much of the past is kept: the `history` section of the configuration file, and what status tells of it. */
import { type Static, Type } from 'typebox';
import { Nullable, Time, timeText } from './scalars.ts';
import { type ShapeProblem, shapeProblems } from './shape.ts';

const HistorySchema = Type.Object(
  {
    hours: Type.Optional(Type.Number({ minimum: 0.1, maximum: 24 * 366, description: 'of frames kept; default 24' })),
    mebibytes: Type.Optional(Type.Integer({ minimum: 64, maximum: 1 << 24, description: 'of them on disk; default 1024' })),
  },
  { additionalProperties: false },
);

export interface HistoryBounds {
  readonly maxAgeSeconds: number;
  readonly maxOctets: number;
}

const DEFAULT_HOURS = 24;
const DEFAULT_MEBIBYTES = 1024;

function boundsOf({ hours = DEFAULT_HOURS, mebibytes = DEFAULT_MEBIBYTES }: Static<typeof HistorySchema>): HistoryBounds {
  return { maxAgeSeconds: hours * 3600, maxOctets: mebibytes * 2 ** 20 };
}

export const DEFAULT_HISTORY: HistoryBounds = boundsOf({});

/** @param data the value of `history` in the file */
export function readHistory(data: unknown): { readonly value: HistoryBounds } | { readonly problems: readonly ShapeProblem[] } {
  const problems = shapeProblems(HistorySchema, data);
  return problems.length > 0 ? { problems } : { value: boundsOf(data as Static<typeof HistorySchema>) };
}

export const HistoryStatusSchema = Type.Object({
  from: Nullable(Time),
  to: Nullable(Time),
  octets: Type.Integer(),
  lostFrames: Type.Integer({ description: 'not kept because the disk was full, or too slow' }),
  lastError: Nullable(Type.String()),
});
export type HistoryStatus = Static<typeof HistoryStatusSchema>;

/** What the journal says of itself, in the shape of the API. */
export interface JournalNumbers {
  /** The moments that can be made again; null before the first frame. */
  readonly fromMicros: number | null;
  readonly toMicros: number | null;
  readonly octets: number;
  readonly lostFrames: number;
  readonly lastError: string | null;
}

export function historyStatusOf({ fromMicros, toMicros, ...counted }: JournalNumbers): HistoryStatus {
  const text = (micros: number | null) => (micros === null ? null : timeText(micros));
  return { from: text(fromMicros), to: text(toMicros), ...counted };
}
