import type { Database, Statement } from 'better-sqlite3';

/** `insert or replace` of one or more rows at once, with the sensor's id set. */
export function upsert(db: Database, sensorId: number, table: string, columns: readonly string[], rows = 1): Statement {
  const values = `(${sensorId}${', ?'.repeat(columns.length)})`;
  const all = new Array<string>(rows).fill(values).join(', ');
  return db.prepare(`insert or replace into ${table} (sensor_id, ${columns.join(', ')}) values ${all}`);
}
