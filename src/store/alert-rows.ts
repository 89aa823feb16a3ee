/** What alerts keep, to SQL and back: JSON under a name. */
import type { Database } from 'better-sqlite3';
import type { AlertRow } from '../contract/alert.ts';
import { upsert } from './upsert.ts';

const TABLES = ['alerts', 'alert_deliveries', 'silences'] as const satisfies readonly AlertRow['table'][];

export function alertWriter(db: Database, sensorId: number): (row: AlertRow) => void {
  const statements = TABLES.map((table) => ({
    table,
    write: upsert(db, sensorId, table, ['id', 'body']),
    remove: db.prepare(`delete from ${table} where sensor_id = ${sensorId} and id = ?`),
  }));
  return ({ table, id, json }) => {
    const statement = statements.find((one) => one.table === table);
    if (json === null) statement?.remove.run(id);
    else statement?.write.run(id, json);
  };
}

/** In the order in which they were first written, where that matters (deliveries). */
export function readAlertRows(db: Database, sensorId: number): AlertRow[] {
  return TABLES.flatMap((table) => {
    const order = table === 'alert_deliveries' ? 'order by rowid' : '';
    const rows = db.prepare(`select id, body as json from ${table} where sensor_id = ? and json_valid(body) ${order}`).all(sensorId);
    return (rows as Omit<AlertRow, 'table'>[]).map((row) => ({ table, ...row }));
  });
}
