/**
 * How far a row of the connection table can be trusted. The director's timer starts again with each packet of a session, ours
 * only with its sync records: one for every change to a closing state, else one in 50 packets by default (sync_threshold), and
 * nothing tells of a removal. Pure.
 */
import type { Connection } from '../../src/contract/connection.ts';
import type { Tone } from '../parts/tone.ts';

export type Certainty = 'sure' | 'aging' | 'unheard' | 'past';

/** A director that carries sessions sends oftener than that: the least silence that the monitor calls one, in milliseconds. */
const SILENT_MILLIS = 30_000;
/** Of the timeout, without a sync. */
const AGING_SHARE = 0.5;

/** @param heardMillis when the sender of its last record was last heard; null: not known */
export function certaintyOf(
  { lastSync, expiresAt, timeoutSeconds }: Pick<Connection, 'lastSync' | 'expiresAt' | 'timeoutSeconds'>,
  nowMillis: number,
  heardMillis: number | null,
): Certainty {
  if (nowMillis >= Date.parse(expiresAt)) return 'past';
  if (heardMillis !== null && nowMillis - heardMillis > SILENT_MILLIS) return 'unheard';
  return nowMillis - Date.parse(lastSync) > timeoutSeconds * 1000 * AGING_SHARE ? 'aging' : 'sure';
}

export const CERTAINTIES: Readonly<Record<Certainty, { readonly tone: Tone; readonly meaning: string }>> = {
  sure: {
    tone: 'up',
    meaning: 'synced within half of its timeout, by a director that is heard: it is very likely there as shown',
  },
  aging: {
    tone: 'opening',
    meaning:
      'more than half of its timeout passed without a sync: idle, or too few packets for the next record. The director may keep it longer than this says, for its timer starts again with each packet; or have dropped it, which nothing tells',
  },
  unheard: {
    tone: 'bad',
    meaning: 'the director that told of it has sent nothing for 30 seconds or more: whatever became of the session since is not known',
  },
  past: {
    tone: 'closing',
    meaning: 'its timeout passed without a sync: a backup forgets it now as well; the director may still have it',
  },
};
