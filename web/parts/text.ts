/** How values are written on the page. Pure. */

interface EndpointValue {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`, as ipvsadm writes it with `-n`. */
export function endpointText({ address, port }: EndpointValue): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Whole seconds from now until then, never negative. */
export function secondsUntil(millis: number, nowMillis: number): number {
  return Math.max(0, Math.floor((millis - nowMillis) / 1000));
}

/** Seconds from a moment of the API until now, never negative. */
export const secondsSince = (time: string, nowMillis: number): number => Math.max(0, (nowMillis - Date.parse(time)) / 1000);

/** `mm:ss`, minutes without an upper end, as the expire column of `ipvsadm -Lnc`. */
export function expireText(seconds: number): string {
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** Seconds as the two largest units: `45s`, `3m05s`, `2h10m`, `4d03h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d${two(Math.floor((whole % 86_400) / 3600))}h`;
}

/** How long something lasted: exact below a minute, where it matters for a failover. */
export function lengthText(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  return millis < 60_000 ? `${(millis / 1000).toFixed(2)} s` : durationText(millis / 1000);
}

const NARROW_SPACE = '\u202f';

/** Groups of three digits: `1 234 567`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}

/** One decimal below 10, none above; a rate that is not zero is never shown as 0. */
export function rateText(perSecond: number): string {
  if (perSecond <= 0) return '0';
  if (perSecond < 0.1) return '<0.1';
  return perSecond < 9.95 ? perSecond.toFixed(1) : countText(perSecond);
}

/** As the API takes moments. @param millis since 1970; their fraction is dropped */
export const isoText = (millis: number): string => new Date(Math.floor(millis)).toISOString();

/** Time of day in the reader's zone (or `timeZone`), with the date when it is another day than now. */
export function clockText(millis: number, nowMillis: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat('en-CA', { ...zone, dateStyle: 'short' });
  const time = new Intl.DateTimeFormat('en-GB', { ...zone, timeStyle: 'medium' }).format(millis);
  return day.format(millis) === day.format(nowMillis) ? time : `${day.format(millis)} ${time}`;
}
