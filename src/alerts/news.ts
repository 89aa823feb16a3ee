/** What the monitor found, as news of alerts: what lasts begins and ends, what merely happened is over at once. */
import { addressText } from '../../dissectors/address.ts';
import type { AnomalyTurn } from '../state/anomalies.ts';
import type { EventSubject, MonitorEvent } from '../state/events.ts';
import type { Monitor } from '../state/monitor.ts';
import { RULES } from '../state/rules/all.ts';
import { segmentSubject } from '../state/segments.ts';
import type { About } from './match.ts';

export interface News extends About {
  readonly change: 'raised' | 'ended' | 'happened';
  /** The monitor's time. */
  readonly atMicros: number;
  readonly text: string;
}

/** Their beginning and end come from the anomaly; the event says the same once more. */
const LASTING = new Set(RULES.filter(({ form }) => form !== 'notice').map(({ kind }) => kind));

/** Addresses of the virtual routers that a subject names. */
function vipsOf({ routers, segments }: Monitor, subject: EventSubject): string[] {
  if (subject.vrid === undefined) return [];
  return routers.all
    .filter(({ vrid, family, segment }) => {
      const where = segmentSubject(segments.all[segment] ?? { index: segment, interface: null, vlan: null });
      const isThere = where.interface === subject.interface && where.vlan === subject.vlan;
      return vrid === subject.vrid && (subject.family ?? family) === family && isThere;
    })
    .flatMap(({ addresses }) => addresses.map(addressText));
}

function ofEvent(monitor: Monitor, { kind, severity, subject, text, atMicros }: MonitorEvent): News {
  return { change: 'happened', kind, severity, subject, text, atMicros, vips: vipsOf(monitor, subject) };
}

function ofTurn(monitor: Monitor, { anomaly, turn, text, atMicros }: AnomalyTurn): News {
  const { kind, severity, subject } = anomaly;
  return { change: turn, kind, severity, subject, text, atMicros, vips: vipsOf(monitor, subject) };
}

/** Both in the order in which they were found, merged by time. @param events since the last call */
export function takeNews(monitor: Monitor, events: readonly MonitorEvent[]): News[] {
  const turns = monitor.anomalies.takeTurns().map((turn) => ofTurn(monitor, turn));
  const happened = events.filter(({ kind }) => !LASTING.has(kind)).map((event) => ofEvent(monitor, event));
  const news: News[] = [];
  let next = 0;
  for (const turn of turns) {
    while (next < happened.length && happened[next].atMicros <= turn.atMicros) news.push(happened[next++]);
    news.push(turn);
  }
  return [...news, ...happened.slice(next)];
}

/** What burns now, as if it had just begun: for the start. */
export function burning(monitor: Monitor): News[] {
  return monitor.anomalies.all
    .filter(({ check }) => check === 'raised')
    .map((anomaly) => ofTurn(monitor, { anomaly, turn: 'raised', text: anomaly.text, atMicros: anomaly.lastMicros ?? 0 }));
}
