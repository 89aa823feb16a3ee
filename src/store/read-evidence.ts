import Database from 'better-sqlite3';
import type { KeptFrame } from '../state/frame-ring.ts';

const FRAMES = `select number, at as atMicros, interface, link_type as linkType, original_length as originalLength, octets as bytes
  from evidence where event_id = ? order by number`;

/** The stored frames of an event, read beside the writer, which nobody waits for; none when there are none, or the file cannot be read. */
export function readEvidence(path: string, eventId: string): KeptFrame[] {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    return db.prepare(FRAMES).all(eventId) as KeptFrame[];
  } catch (error) {
    if (error instanceof Database.SqliteError) return [];
    throw error;
  } finally {
    db?.close();
  }
}
