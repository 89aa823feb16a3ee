/** Which branches the input at hand took, and how often: a counter of one octet each, as AFL has them. */

const MOST_POINTS = 1 << 14;
const counters = new Uint8Array(MOST_POINTS);
const words = new Uint32Array(counters.buffer);
/** Bits of the classes in which a point was ever counted. */
const known = new Uint8Array(MOST_POINTS);
let points = 0;

interface File {
  readonly name: string;
  readonly from: number;
  /** Of each point. */
  readonly lines: readonly number[];
}
const files: File[] = [];

/** Class of a count as one bit: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. So a loop that goes round more often is something new, up to a point. */
const CLASS = Uint8Array.from({ length: 256 }, (_, n) => {
  if (n <= 3) return n === 0 ? 0 : 1 << (n - 1);
  return [8, 16, 32, 64, 64, 128][Math.floor(Math.log2(n)) - 2];
});

/** For the preamble of an instrumented file. */
export function countersOf(name: string, lines: readonly number[]): Uint8Array {
  const from = points;
  points += lines.length;
  if (points > MOST_POINTS) throw new Error(`more than ${MOST_POINTS} branches`);
  files.push({ name, from, lines });
  return counters.subarray(from, points);
}

export function forgetCounts(): void {
  counters.fill(0, 0, points);
}

/** How many points, or classes of counts, were reached for the first time since `forgetCounts`; they are known from now on. */
export function takeNews(): number {
  let news = 0;
  for (let word = 0; word << 2 < points; word++) {
    if (words[word] === 0) continue;
    for (let point = word << 2; point < (word << 2) + 4; point++) {
      const fresh = CLASS[counters[point]] & ~known[point];
      if (fresh === 0) continue;
      known[point] |= fresh;
      news++;
    }
  }
  return news;
}

/** The points reached since `forgetCounts`. */
export function reachedPoints(): number[] {
  return Array.from(counters.subarray(0, points), (n, point) => (n > 0 ? point : -1)).filter((point) => point >= 0);
}

export interface Reach {
  readonly points: number;
  readonly reached: number;
  /** `file:line` of what was never reached. */
  readonly missed: readonly string[];
}

/** @param pattern of the files asked about */
export function reach(pattern: RegExp): Reach {
  const asked = files.filter(({ name }) => pattern.test(name));
  const all = asked.flatMap(({ name, from, lines }) => lines.map((line, i) => ({ place: `${name}:${line}`, hit: known[from + i] > 0 })));
  const missed = all.filter(({ hit }) => !hit).map(({ place }) => place);
  return { points: all.length, reached: all.length - missed.length, missed: [...new Set(missed)] };
}
