/** The files of the history: one after the other in time, each named by what is needed to choose it. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface HistorySegment {
  readonly path: string;
  /** Counts up; the order in which the files were written. */
  readonly index: number;
  /** Time of its first frame. */
  readonly startMicros: number;
  /** The longest timeout of a session at its start: what was synced longer ago says nothing about it any more. */
  readonly longestSeconds: number;
  octets: number;
}

const NAME = /^(\d{8})-(\d{1,16})-(\d{1,10})\.pcapng$/;
const SECOND = 1_000_000;
export const FIRST_INDEX = 1;

export function segmentPath(folder: string, { index, startMicros, longestSeconds }: Omit<HistorySegment, 'path' | 'octets'>): string {
  return join(folder, `${String(index).padStart(8, '0')}-${startMicros}-${longestSeconds}.pcapng`);
}

/** What an earlier run left, oldest first; makes the folder. */
export function findSegments(folder: string): HistorySegment[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [, index, start, longest] = NAME.exec(name) ?? [];
      if (index === undefined) return [];
      const path = join(folder, name);
      const octets = statSync(path).size;
      return [{ path, index: Number(index), startMicros: Number(start), longestSeconds: Number(longest), octets }];
    });
}

/** One that cannot be removed now is found again by the next run. */
export function removeSegment({ path }: HistorySegment): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A disk that has become read-only must not end the capture.
  }
}

/** One that was removed meanwhile, or is empty after a crash, has nothing to say. */
export function hasFrames({ path }: HistorySegment): boolean {
  try {
    return statSync(path).size > 0;
  } catch {
    return false;
  }
}

/**
 * The files to read for the state at a moment, oldest first: from where every session that may have lived then was synced, and
 * from further back as long as that is little to read. Empty when the moment is before all of them.
 * @param easyOctets read without asking whether it is needed
 */
export function segmentsFor(all: readonly HistorySegment[], atMicros: number, easyOctets: number): HistorySegment[] {
  const last = all.findLastIndex(({ startMicros }) => startMicros <= atMicros);
  if (last < 0) return [];
  const neededMicros = all[last].startMicros - all[last].longestSeconds * SECOND;
  let octets = all[last].octets;
  let first = last;
  while (first > 0 && (all[first].startMicros > neededMicros || octets + all[first - 1].octets <= easyOctets))
    octets += all[--first].octets;
  return all.slice(first, last + 1);
}

/** The files that hold the frames between two moments, oldest first. */
export function segmentsBetween(all: readonly HistorySegment[], fromMicros: number, toMicros: number): HistorySegment[] {
  const first = all.findLastIndex(({ startMicros }) => startMicros <= fromMicros);
  return all.slice(Math.max(first, 0)).filter(({ startMicros }) => startMicros <= toMicros);
}

/** Files before it were removed or are not read: sessions from then may be missing, or seem to begin here, until they have all run out. */
export function knownFromMicros({ index, startMicros, longestSeconds }: HistorySegment): number {
  return index === FIRST_INDEX ? startMicros : startMicros + longestSeconds * SECOND;
}
