/** Windows of every week, by the clocks of their time zone. */
import { DAYS, type MaintenanceWindow } from '../contract/alerting.ts';

const DAYS_OF_A_WEEK = 7;

interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  readonly minute: number;
}

const dayNames: readonly string[] = DAYS;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, format);
  return format;
}

/** What a clock on the wall there shows. */
function localTime(atMicros: number, timeZone: string): LocalTime {
  const parts = formatOf(timeZone).formatToParts(Math.floor(atMicros / 1000));
  const said = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return { day: dayNames.indexOf(said('weekday').toLowerCase()), minute: Number(said('hour')) * 60 + Number(said('minute')) };
}

/**
 * By the clock on the wall: an hour that comes twice in autumn is in the window twice, one that does not come in spring is
 * not missed. The last minute is the one before `to`.
 */
export function isOpen({ days, fromMinute, toMinute, timeZone }: MaintenanceWindow, atMicros: number): boolean {
  const { day, minute } = localTime(atMicros, timeZone);
  const yesterday = (day + DAYS_OF_A_WEEK - 1) % DAYS_OF_A_WEEK;
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  return (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
}
