/** Reads the history's frames for the sync records of one session. Dissected only: the state is not made again. */
import { basename } from 'node:path';
import { keptAddress } from '../../dissectors/address.ts';
import { dissect } from '../../dissectors/dissect.ts';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { CapturedFrame } from '../capture/captured-frame.ts';
import { type FoundRecords, MOST_RECORDS, type RecordsQuestion, type SeenRecord } from '../contract/session-record.ts';
import { Segments } from '../state/segments.ts';
import { createRecordPicker } from '../state/session-records.ts';
import { sightingOf } from '../state/sighting.ts';
import { readKept } from './read-kept.ts';
import { type HistorySegment, segmentsBetween } from './segments.ts';

/** Frames of several interfaces come out of order by less. */
const DISORDER_MICROS = 1_000_000;

/**
 * Reads from the session's first record to its latest one; complete when as many are there as the session counts.
 * @param files of the history, oldest first
 */
export async function findRecords(
  { session, segment }: RecordsQuestion,
  files: readonly HistorySegment[],
  syncChannels: readonly SyncChannel[],
  signal: AbortSignal,
): Promise<FoundRecords> {
  const { firstSeenMicros, lastSyncMicros, syncCount } = session;
  const pick = createRecordPicker(session);
  const options = { reassembly: createReassembly(), syncChannels };
  const segments = new Segments();
  const records: SeenRecord[] = [];
  let total = 0;
  const passed = new AbortController();
  const until = AbortSignal.any([signal, passed.signal]);

  function look(frame: CapturedFrame, file: string): void {
    const { atMicros, number } = frame;
    if (atMicros > lastSyncMicros + DISORDER_MICROS) passed.abort();
    const sighting = sightingOf(dissect(frame, options), { atMicros, interface: frame.interface, number }, segments);
    const { ipvs, network } = sighting;
    if (!ipvs || !network || atMicros < firstSeenMicros || atMicros > lastSyncMicros) return;
    if (sighting.segment.interface !== segment.interface || sighting.segment.vlan !== segment.vlan) return;
    const { syncid, version } = ipvs;
    const { source } = network;
    const daemon = keptAddress(source);
    for (const record of pick(ipvs, atMicros)) {
      total++;
      records.push({ ...record, atMicros, file, frame: number, daemon, syncid, version });
      if (records.length === 2 * MOST_RECORDS) records.splice(0, MOST_RECORDS);
    }
  }

  for (const one of segmentsBetween(files, firstSeenMicros - DISORDER_MICROS, lastSyncMicros + DISORDER_MICROS)) {
    if (until.aborted) break;
    const file = basename(one.path);
    await readKept(one, { frame: (frame) => look(frame, file), signal: until });
  }
  return { records: records.slice(-MOST_RECORDS), total, complete: total >= syncCount };
}
