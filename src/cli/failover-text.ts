/** Reports of failovers, a block each: what happened, who was told, what became of the sessions, and all of it in its order. */
import type { Failover } from '../contract/failover.ts';
import { momentText } from './text.ts';

function durationText(millis: number): string {
  if (millis < 1) return 'less than 1 ms';
  return millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(2)} s`;
}

function changeText({ vrid, family, interface: name, vlan, from, to, reason }: Failover): string {
  const where = [name, vlan === null ? null : `VLAN ${vlan}`].filter((part) => part !== null).join(', ');
  return `VRID ${vrid} (${family === 'ipv4' ? 'IPv4' : 'IPv6'})${where === '' ? '' : ` on ${where}`}: ${from ?? 'nobody'} -> ${to}, ${reason}`;
}

function announcementsText({ announcements }: Failover): string {
  const each = announcements.map(
    ({ address, delayMs }) => `${address} ${delayMs === null ? 'NOT SEEN' : `after ${durationText(delayMs)}`}`,
  );
  return each.join(', ') || 'no virtual address is known';
}

function staleText({ staleNeighbors }: Failover): string {
  if (staleNeighbors === null) return 'cannot be told here';
  const { count, addresses } = staleNeighbors;
  if (count === 0) return 'nobody was seen using it';
  return `${count} still used it: ${addresses.join(', ')}${addresses.length < count ? ', ...' : ''}`;
}

function sessionsText({ sessions }: Failover): string {
  const { before, seenAgain, moved, lost, pending } = sessions;
  return `${before} before: ${seenAgain} seen again, ${moved} moved, ${lost} lost, ${pending} not seen again yet`;
}

const HANDED_OVER = { true: 'handed over', false: 'still the one before', null: 'none was sent since' } as const;

/** Milliseconds since 1970, with three decimals. */
function millisOf(time: string): number {
  return Date.parse(time) + Number(time.slice(-4, -1)) / 1000;
}

function timelineLines({ at, timeline }: Failover): string[] {
  return timeline.map((event) => {
    const after = (millisOf(event.at) - millisOf(at)) / 1000;
    return `    ${`${after < 0 ? '' : '+'}${after.toFixed(3)} s`.padStart(12)}  ${event.kind}: ${event.text}`;
  });
}

function reportLines(failover: Failover): string[] {
  const { id, at, gapMs, syncSenderChanged, closedAt } = failover;
  return [
    `${momentText(at)}  ${changeText(failover)}`,
    `  ${failover.conclusion}`,
    `  event          ${id}`,
    `  no master      ${gapMs === null ? 'there was one all the time' : `for ${durationText(gapMs)}`}`,
    `  announced      ${announcementsText(failover)}`,
    `  old MAC        ${staleText(failover)}`,
    `  sessions       ${sessionsText(failover)}`,
    `  sync sender    ${HANDED_OVER[`${syncSenderChanged}`]}`,
    `  report         ${closedAt === null ? 'still open' : `closed ${momentText(closedAt)}`}`,
    '  timeline',
    ...timelineLines(failover),
  ];
}

export function failoverLines(failovers: readonly Failover[]): string[] {
  if (failovers.length === 0) return ['no failover'];
  return failovers.flatMap((failover, i) => [...(i === 0 ? [] : ['']), ...reportLines(failover)]);
}
