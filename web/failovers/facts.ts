/** Who was who at a failover, and what the timers were. Pure. */
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { type Fact, gapText, momentText, REASONS, routerText, senderText, spanText } from './failover-words.ts';

/** The virtual router of a failover, as far as it is known. */
export interface RouterView {
  /** Just before the change; null: no history is kept of then. */
  readonly before: VirtualRouter | null;
  /** At the moment that the page shows. */
  readonly shown: VirtualRouter | null;
}

type Member = VirtualRouter['routers'][number];

function memberOf({ before, shown }: RouterView, address: string): Member | null {
  const known = [before, shown].flatMap((router) => router?.routers.filter((member) => member.address === address) ?? []);
  return known.find(({ mac }) => mac !== null) ?? known[0] ?? null;
}

const changeOf = ({ id, timeline }: Failover) => timeline.find((event) => event.id === id);

function priorityOf(failover: Failover, end: 'fromPriority' | 'toPriority'): string {
  const priority = changeOf(failover)?.details[end];
  return typeof priority === 'number' ? `priority ${priority}` : 'priority unknown';
}

/** The change names the new master's MAC address itself; that of the old one is in other events, or among the routers. */
function macOf(failover: Failover, address: string, view: RouterView): string | null {
  const told = failover.timeline.find(({ subject }) => subject.address === address && subject.mac !== undefined);
  return told?.subject.mac ?? memberOf(view, address)?.mac ?? null;
}

function whoText(failover: Failover, address: string | null, end: 'fromPriority' | 'toPriority', view: RouterView): string {
  if (address === null) return 'unknown: nobody was heard as master before';
  const mac = macOf(failover, address, view);
  return `${address}, ${mac === null ? 'MAC address unknown' : `at ${mac}`}, ${priorityOf(failover, end)}`;
}

/** Of the new master; of the old one where it was never heard but at this change. */
function timersText({ from, to }: Failover, view: RouterView): string {
  const members = [view.before, view.shown]
    .flatMap((router) => router?.routers ?? [])
    .filter(({ intervalCentiseconds }) => intervalCentiseconds);
  const member = members.find(({ address }) => address === to) ?? members.find(({ address }) => address === from);
  if (!member) return 'unknown: no history is kept of then, and neither is heard at the moment that is shown';
  const { intervalCentiseconds, skewCentiseconds, masterDownCentiseconds } = member;
  const parts: readonly (readonly [string, number | null])[] = [
    ['advert interval', intervalCentiseconds],
    ['Skew_Time', skewCentiseconds],
    ['Master_Down_Interval', masterDownCentiseconds],
  ];
  const timers = parts.flatMap(([name, centiseconds]) => (centiseconds === null ? [] : [`${name} ${spanText(centiseconds * 10)}`]));
  return `${timers.join(', ')} (of ${member.address})`;
}

export function factsOf(failover: Failover, view: RouterView): Fact[] {
  const { at, from, to, reason, closedAt } = failover;
  return [
    { title: 'When', text: momentText(at) },
    { title: 'Virtual router', text: routerText(failover) },
    { title: 'Old master', text: whoText(failover, from, 'fromPriority', view) },
    { title: 'New master', text: whoText(failover, to, 'toPriority', view) },
    { title: 'Why', text: `${REASONS[reason].short}. ${REASONS[reason].long}` },
    { title: 'Gap', text: gapText(failover) },
    { title: 'Timers', text: timersText(failover, view) },
    { title: 'Sync sender', text: senderText(failover) },
    {
      title: 'Report',
      text: closedAt === null ? 'still open: sessions and neighbors are still counted' : `closed ${momentText(closedAt)}`,
    },
  ];
}
