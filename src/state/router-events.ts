/** What changed about a virtual router, in words for people. */
import { addressText, macText } from '../../dissectors/address.ts';
import type { NewEvent, Severity } from './events.ts';
import type { RouterChange, RouterSender, VirtualRouter } from './routers.ts';
import { type Segment, segmentSubject } from './segments.ts';

const MILLI = 1000;

const name = (router: VirtualRouter): string => `VRID ${router.vrid} (${router.family === 'ipv4' ? 'IPv4' : 'IPv6'})`;
const who = (sender: RouterSender | null): string =>
  sender ? `${addressText(sender.address)} (priority ${sender.lastPriority})` : 'nobody';
const seconds = (micros: number): string => `${(micros / 1_000_000).toFixed(2)} s`;

function changeText(change: RouterChange): string {
  const { router, from, to, gapMicros } = change;
  const gap = gapMicros === null ? '' : ` after ${seconds(gapMicros)} without a master`;
  switch (change.reason) {
    case 'first_seen':
      return `${name(router)}: ${who(to)} is master`;
    case 'resigned':
      return `${name(router)}: ${who(to)} is master${gap}: ${who(from)} had resigned with priority 0`;
    case 'no_response':
      return `${name(router)}: ${who(to)} is master${gap}: ${who(from)} had fallen silent`;
    case 'tie':
      return `${name(router)}: ${who(to)} is master: same priority as ${who(from)}, higher address`;
    case 'two_masters_resolved':
      return `${name(router)}: ${who(to)} is the only master left`;
    default:
      return `${name(router)}: ${who(to)} is master: it preempted ${who(from)}`;
  }
}

function text(change: RouterChange): string {
  const { router, from, to } = change;
  switch (change.kind) {
    case 'master_lost':
      return `${name(router)}: no master: ${who(from)} was heard last ${seconds(change.atMicros - router.lastHeardMicros)} before`;
    case 'two_masters':
      return `${name(router)}: two masters: ${who(from)} and ${who(to)} both send adverts; each may hold the addresses`;
    case 'two_masters_resolved':
      return `${name(router)}: one master again after ${seconds(change.gapMicros ?? 0)}: ${who(to)}`;
    default:
      return changeText(change);
  }
}

function severity(change: RouterChange): Severity {
  if (change.kind === 'master_lost' || change.kind === 'two_masters') return 'critical';
  return change.reason === 'first_seen' || change.kind === 'two_masters_resolved' ? 'info' : 'warning';
}

export function routerEvent(change: RouterChange, segment: Segment): NewEvent {
  const { router, from, to } = change;
  return {
    atMicros: change.atMicros,
    kind: `vrrp.${change.kind}`,
    severity: severity(change),
    text: text(change),
    subject: {
      vrid: router.vrid,
      family: router.family,
      ...(to ? { address: addressText(to.address) } : {}),
      ...(to?.mac != null ? { mac: macText(to.mac) } : {}),
      ...segmentSubject(segment),
    },
    from: from && addressText(from.address),
    to: to && addressText(to.address),
    reason: change.reason,
    gapMs: change.gapMicros === null ? null : change.gapMicros / MILLI,
    details: { fromPriority: from?.lastPriority ?? null, toPriority: to?.lastPriority ?? null },
    frames: change.frames,
  };
}
