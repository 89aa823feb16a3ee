/** Lists as tables for a terminal, one line an item. */
import type { CaptureStatus } from '../contract/capture.ts';
import type { Daemon } from '../contract/daemon.ts';
import type { Event } from '../contract/event.ts';
import type { Group } from '../contract/group.ts';
import type { Neighbor } from '../contract/neighbor.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';
import { columns, momentText } from './text.ts';

const orDash = (value: string | number | null | undefined): string => `${value ?? '-'}`;

export function daemonLines(daemons: readonly Daemon[]): string[] {
  const rows = daemons.map((d) => [
    d.role,
    d.address,
    orDash(d.mac),
    orDash(d.syncid),
    d.group,
    d.ports.join('-') || '-',
    d.version === null ? '-' : `v${d.version}`,
    orDash(d.ttl),
    orDash(d.datagrams),
    orDash(d.records),
    d.lastSeen,
  ]);
  return columns(['role', 'address', 'mac', 'syncid', 'group', 'ports', 'version', 'ttl', 'datagrams', 'records', 'last seen'], rows);
}

export function eventLines(events: readonly Event[]): string[] {
  return columns(
    ['time', 'severity', 'kind', 'what happened'],
    events.map((e) => [e.at, e.severity, e.kind, e.text]),
  );
}

/** Would a failover now keep the sessions. */
const READINESS = { true: 'yes', false: 'no', null: 'unknown' } as const;

export function vrrpLines(routers: readonly VirtualRouter[]): string[] {
  const rows = routers.map((r) => [
    `${r.vrid}`,
    r.family,
    `v${r.version}`,
    orDash(r.interface),
    orDash(r.vlan),
    r.state,
    orDash(r.master?.address),
    orDash(r.master?.priority),
    orDash(r.master?.since),
    READINESS[`${r.readiness.failoverKeepsSessions}`],
    r.addresses.join(','),
  ]);
  return columns(['vrid', 'family', 'version', 'interface', 'vlan', 'state', 'master', 'priority', 'since', 'ready', 'addresses'], rows);
}

/** The MAC addresses before the present one, the latest first, each with when it was seen last. */
function macsBefore({ macs }: Neighbor): string {
  const before = macs.slice(0, -1).reverse();
  return before.map(({ mac, lastSeen }) => `${mac} until ${momentText(lastSeen)}`).join(', ') || '-';
}

export function neighborLines(neighbors: readonly Neighbor[]): string[] {
  const rows = neighbors.map((n) => {
    const now = n.macs.at(-1);
    return [
      n.address,
      orDash(n.mac),
      n.vip ? 'vip' : '-',
      orDash(n.interface),
      orDash(n.vlan),
      orDash(now?.claims),
      orDash(now?.announcements),
      now ? momentText(now.firstSeen) : '-',
      now ? momentText(now.lastSeen) : '-',
      `${n.changes}`,
      macsBefore(n),
    ];
  });
  return columns(['address', 'mac', 'vip', 'interface', 'vlan', 'claims', 'announced', 'since', 'last seen', 'changes', 'before'], rows);
}

/** A line for each member; a group without any has one too. */
export function groupLines(groups: readonly Group[]): string[] {
  const rows = groups.flatMap((g) => {
    const where = [g.group, orDash(g.interface), orDash(g.vlan)];
    const querier = g.querier ? g.querier.address : 'nobody';
    if (g.members.length === 0) return [[...where, 'none', '-', '-', '-', '-', '-', querier]];
    return g.members.map((m) => [
      ...where,
      m.address,
      orDash(m.mac),
      `v${m.version}`,
      momentText(m.since),
      momentText(m.lastSeen),
      m.expiresAt === null ? 'never' : momentText(m.expiresAt),
      querier,
    ]);
  });
  return columns(['group', 'interface', 'vlan', 'member', 'mac', 'version', 'since', 'last seen', 'expires', 'asked by'], rows);
}

/** What was dropped where somebody counts it; a count that nobody can give is `?`. */
function droppedText({ dropped }: CaptureStatus): string {
  return Object.entries(dropped)
    .map(([where, count]) => `${where} ${count ?? '?'}`)
    .join(', ');
}

export function captureLines(captures: readonly CaptureStatus[]): string[] {
  const rows = captures.map((c) => [
    c.id,
    c.kind,
    c.up ? 'up' : 'down',
    `${c.packets}`,
    droppedText(c),
    c.lastPacket === null ? '-' : momentText(c.lastPacket),
    `${Object.values(c.restarts).reduce((sum, count) => sum + count, 0)}`,
    `${c.blind.length}`,
    c.cannotSee.join('; ') || '-',
  ]);
  return columns(['from', 'kind', 'state', 'packets', 'dropped', 'last packet', 'restarts', 'blind', 'cannot see'], rows);
}
