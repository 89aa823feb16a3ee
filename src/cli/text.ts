/** Plain columns for a terminal. */
import type { Status } from '../contract/status.ts';
import { printable } from './printable.ts';

/** Left-aligned columns as wide as their widest cell; the last one is not padded. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  // No spread: a list may have more rows than a call may have arguments.
  const widths = head.map((title, i) => cells.reduce((width, row) => Math.max(width, row[i].length), title.length));
  return [head, ...cells].map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]))).join('  '));
}

/** To the second: the date and the time of day, UTC. */
export function momentText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
}

function counts(title: string, values: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(values);
  return entries.length === 0 ? [] : [title, ...entries.map(([name, n]) => `  ${String(n).padStart(10)}  ${name}`)];
}

export function statusText(status: Status): string[] {
  const { sessions, anomalies } = status;
  const overflows = Object.fromEntries(Object.entries(status.overflows).filter(([, count]) => count > 0));
  return [
    `as of          ${status.asOf ?? '-'}`,
    `first frame    ${status.firstFrame ?? '-'}`,
    `frames         ${status.frames} (${status.octets} octets)`,
    `sessions       ${sessions.live} of at most ${sessions.limit}`,
    `sync records   ${sessions.records} (${sessions.created} created, ${sessions.updated} updated, ${sessions.moved} moved, ${sessions.expired} expired, ${sessions.evicted} evicted, ${sessions.refused} refused)`,
    `fragments      ${status.fragments.completed} datagrams put together, ${status.fragments.expired} expired, ${status.fragments.refused} refused`,
    `anomalies      ${anomalies.critical} critical, ${anomalies.warning} warning, ${anomalies.info} info`,
    ...(status.suppressedEvents > 0
      ? [`events         ${status.suppressedEvents} not logged: too many of their kind within a minute`]
      : []),
    ...counts('faults (frames that could not be read to their end)', status.faults),
    ...counts('notes (legible but wrong)', status.notes),
    ...counts('no room (found in these lists and not kept for itself)', overflows),
    'unknown',
    ...status.unknown.map((what) => `  ${what}`),
  ];
}
