/** `lvscope events --watch`: events line by line as they come, as `tail -f` shows a log. */
import type { Event } from '../contract/event.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { toldOnStderr, untilStopped, watchEvery } from './watch.ts';

/** So many of the past are shown before the first new one, unless `--limit` says otherwise. */
export const PAST_EVENTS = 10;
/** How many are asked for, until one of them has been printed before. Some are dated back, so the latest is not always the newest. */
const REACHES = [100, 1000, Number.POSITIVE_INFINITY];
/** What is remembered of what was printed, so that nothing is printed twice. */
const MOST_REMEMBERED = 10_000;

/** The latest `most` that match, the newest first. */
type Latest = (most: number, signal: AbortSignal) => Promise<readonly Event[]>;

async function latestWith(latest: Latest, known: ReadonlySet<string>, signal: AbortSignal): Promise<readonly Event[]> {
  let seen: readonly Event[] = [];
  for (const reach of REACHES) {
    seen = await latest(reach, signal);
    if (seen.length < reach || seen.some(({ id }) => known.has(id))) break;
  }
  return seen;
}

/** The oldest first, each once. @param past how many to begin with */
export async function followEvents(latest: Latest, past: number, print: (event: Event) => Promise<void>, output: Output): Promise<void> {
  let known: ReadonlySet<string> | null = null;
  async function show(seen: readonly Event[]): Promise<void> {
    const fresh = seen.filter(({ id }) => !known?.has(id));
    const wanted = known === null ? fresh.slice(0, past) : fresh;
    for (const event of wanted.toReversed()) await print(event);
    await output.end();
    known = new Set([...(known ?? []), ...fresh.map(({ id }) => id).reverse()].slice(-MOST_REMEMBERED));
  }
  const look = (signal: AbortSignal) => (known === null ? latest(Math.max(past, REACHES[0]), signal) : latestWith(latest, known, signal));
  await untilStopped((signal) => watchEvery({ look, show, trouble: toldOnStderr }, signal));
}

/** As wide as nearly all of them are: which one comes next nobody knows. */
const WIDTHS = { at: 27, severity: 8, kind: 28 } as const;

export function followedLine({ at, severity, kind, text }: Event): string {
  const cells = [at.padEnd(WIDTHS.at), severity.padEnd(WIDTHS.severity), kind.padEnd(WIDTHS.kind), text];
  return printable(cells.join('  '));
}
