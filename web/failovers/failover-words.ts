/** What a report says, in words an operator knows. Pure. */
import type { Failover } from '../../src/contract/failover.ts';

export interface Fact {
  readonly title: string;
  readonly text: string;
}

/** RFC 3768 and RFC 5798, section 6.4. */
export const REASONS: Readonly<Record<Failover['reason'], { readonly short: string; readonly long: string }>> = {
  resigned: {
    short: 'resigned',
    long: 'The old master said goodbye with an advert of priority 0, so the backup waited only for its Skew_Time. That is how a planned stop looks.',
  },
  no_response: {
    short: 'no response',
    long: 'The old master fell silent, and the Master_Down_Interval of the backup ran out: a crash, a broken link, or adverts that did not arrive.',
  },
  preempted: {
    short: 'preempted',
    long: 'The new master came with a higher priority and took over while the old one was still there.',
  },
  tie: {
    short: 'tie',
    long: 'Both sent adverts with the same priority; the one with the higher address stays master.',
  },
  two_masters_resolved: {
    short: 'two masters resolved',
    long: 'Both were master at the same time; one of them has given way.',
  },
};

/** What can have become of a session that was known at the change, in the order in which it is shown. */
export const FATES = [
  { key: 'seenAgain', title: 'seen again', meaning: 'synced again since: the new master has them' },
  { key: 'moved', title: 'moved', meaning: 'begun anew at another real server, without having been synced before' },
  { key: 'lost', title: 'lost', meaning: 'over without having been synced again' },
  {
    key: 'pending',
    title: 'not seen again yet',
    meaning: 'alive, nothing heard of them: a quiet session is synced when its state changes, a busy one every 50 packets',
  },
] as const satisfies readonly { key: keyof Failover['sessions']; title: string; meaning: string }[];

/** Milliseconds since 1970, with three decimals. */
export function millisOf(time: string): number {
  return Date.parse(time) + Number(time.slice(-4, -1)) / 1000;
}

/** `0.65 ms`, `12 ms`, `649 ms`, `8.36 s`, `15 min 00 s`. */
export function spanText(millis: number): string {
  if (millis < 10) return `${millis.toFixed(2)} ms`;
  if (millis < 999.5) return `${Math.round(millis)} ms`;
  if (millis < 59_995) return `${(millis / 1000).toFixed(2)} s`;
  const seconds = Math.round(millis / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `-649.466 ms`, `+0.000 ms`. */
export function offsetText(millis: number): string {
  return `${millis < 0 ? '\u2212' : '+'}${Math.abs(millis).toFixed(3)} ms`;
}

/** `2026-11-21 04:04:28.668285 UTC`: a report is read in many zones. */
export function momentText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, -1)} UTC`;
}

/** `VRID 51, IPv4, eth1, VLAN 7`. */
export function routerText({ vrid, family, interface: name, vlan }: Pick<Failover, 'vrid' | 'family' | 'interface' | 'vlan'>): string {
  const parts = [`VRID ${vrid}`, family === 'ipv4' ? 'IPv4' : 'IPv6', name, vlan === null ? null : `VLAN ${vlan}`];
  return parts.filter((part) => part !== null).join(', ');
}

export function gapText({ gapMs, reason }: Pick<Failover, 'gapMs' | 'reason'>): string {
  if (gapMs !== null) return `${spanText(gapMs)} without a master`;
  return reason === 'no_response' ? 'another was sending all the time' : 'there was a master all the time';
}

/** The slowest of the announcements that were seen, in milliseconds; null: none was. */
export function slowestMillis({ announcements }: Pick<Failover, 'announcements'>): number | null {
  const delays = announcements.flatMap(({ delayMs }) => delayMs ?? []);
  return delays.length === 0 ? null : Math.max(...delays);
}

export function staleText({ staleNeighbors }: Pick<Failover, 'staleNeighbors'>): string {
  if (staleNeighbors === null) return 'unknown: the MAC address of the old master was never seen';
  const { count, addresses } = staleNeighbors;
  if (count === 0) return 'nobody was seen using the old MAC address';
  return `${count} still used the old MAC address: ${addresses.join(', ')}${addresses.length < count ? ', …' : ''}`;
}

export function senderText({ syncSenderChanged }: Pick<Failover, 'syncSenderChanged'>): string {
  if (syncSenderChanged === null) return 'unknown: no sync of these sessions was heard since, or none before';
  return syncSenderChanged ? 'handed over: another sends it now' : 'still sent by the one before';
}

/** How a virtual address is announced in its family. */
export const announcementName = (family: Failover['family']): string => (family === 'ipv4' ? 'gratuitous ARP' : 'unsolicited NA');
