/** Who an event or an anomaly is about, in words. Pure. */
import type { Event } from '../../src/contract/event.ts';
import { whereText } from './columns.ts';

type Subject = Event['subject'];

export function subjectText(subject: Subject): string {
  const { vrid, family, address, mac, daemon } = subject;
  const router = vrid === undefined ? '' : `VRID ${vrid}${family === 'ipv6' ? ' IPv6' : ''}`;
  const where = subject.interface === undefined && subject.vlan === undefined ? '' : `at ${whereText(subject)}`;
  return [router, address ?? '', mac ?? '', daemon === undefined ? '' : `daemon ${daemon}`, where].filter((part) => part !== '').join(' ');
}

/** The filter that leaves what is about the same. */
export function subjectTerm({ vrid, address, mac, daemon }: Subject): readonly [field: string, value: string] | null {
  if (vrid !== undefined) return ['vrid', String(vrid)];
  if (address !== undefined) return ['address', address];
  if (mac !== undefined) return ['mac', mac];
  return daemon === undefined ? null : ['daemon', daemon];
}
