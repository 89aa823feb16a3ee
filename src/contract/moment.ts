/** Moments as people and programs write them. */

/** What `parseMoment` reads, for messages. */
export const MOMENT_FORMS = 'epoch seconds (1795234186.5) or ISO 8601 (2026-11-21T05:24:00Z)';

const EPOCH = /^(\d{1,10})(?:\.(\d{1,6})\d*)?$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:\d\d)?$/;
const SECOND = 1_000_000;

const fraction = (digits = ''): number => Number(digits.padEnd(6, '0'));

/** Microseconds since 1970, exact; UTC where no zone is given. Null when the text is neither form. */
export function parseMoment(text: string): number | null {
  const epoch = EPOCH.exec(text);
  if (epoch) return Number(epoch[1]) * SECOND + fraction(epoch[2]);
  const iso = ISO.exec(text);
  const millis = iso ? Date.parse(iso[2] === undefined ? `${text}Z` : text) : Number.NaN;
  return Number.isNaN(millis) ? null : Math.floor(millis / 1000) * SECOND + fraction(iso?.[1]);
}
