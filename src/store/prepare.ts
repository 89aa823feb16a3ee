/** Makes a file ours: tables, names of states, the sensor's row. */
import type { Database } from 'better-sqlite3';
import { IPPROTO_IP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, stateCount, stateName } from '../../dissectors/ipvs-states.ts';
import { LIVE_TABLES } from './live-tables.ts';
import { migrate } from './migrate.ts';

const PROTOCOLS = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP];
const TEMPLATE_STATES = 2;

/**
 * In one transaction that other programs wait for, so that a file locked by one shows at the start.
 * @returns the sensor's id
 * @throws SqliteError as it comes
 */
export function prepare(db: Database, sensor: string): number {
  return db
    .transaction(() => {
      migrate(db);
      nameStates(db);
      const id = sensorId(db, sensor);
      dropOthers(db, id);
      return id;
    })
    .immediate();
}

function nameStates(db: Database): void {
  const write = db.prepare('insert or replace into states (proto, template, number, name) values (?, ?, ?, ?)');
  for (const proto of PROTOCOLS)
    for (let number = 0; number < stateCount(proto); number++) write.run(proto, 0, number, stateName(proto, false, number));
  for (let number = 0; number < TEMPLATE_STATES; number++) write.run(IPPROTO_IP, 1, number, stateName(IPPROTO_IP, true, number));
}

function sensorId(db: Database, name: string): number {
  db.prepare('insert or ignore into sensors (name) values (?)').run(name);
  return db.prepare('select id from sensors where name = ?').pluck().get(name) as number;
}

/** Live tables are one sensor's: those of another name, before the sensor was renamed, are over. Its events stay. */
function dropOthers(db: Database, id: number): void {
  if (db.prepare('select count(*) from sensors').pluck().get() === 1) return;
  for (const table of LIVE_TABLES) db.prepare(`delete from ${table} where sensor_id <> ?`).run(id);
}
