/**
 * What happened to the virtual routers over time: who was master from when to when, when nobody was, and what was heard of each
 * sender in each step. Made from the judgement in routers.ts alone, and so in agreement with its events: a master that fell silent is
 * dated back to its last advert, as the gap of the event that tells of it is, and a split brain to the moment at which it began.
 *
 * At most 1024 senders: 26 kB of steps each, 27 MB in all, and as much for spans where each has changed 256 times.
 */
import { precedence } from './router.ts';
import type { RouterChange, RouterSender, VirtualRouter } from './routers.ts';
import { Steps, stepOf } from './steps.ts';

/** `backup`: was heard before, and gave way as far as is known. `gone`: resigned, or fell silent while it was master. */
export type SpanRole = 'master' | 'backup' | 'gone';

interface Stretch {
  readonly fromMicros: number;
  /** Null: still. */
  toMicros: number | null;
}

export interface RoleSpan extends Stretch {
  readonly role: SpanRole;
}

/** One sender of adverts. */
export interface Lane {
  readonly sender: RouterSender;
  readonly spans: RoleSpan[];
  readonly steps: Steps;
}

export interface RouterHistory {
  /** When nobody was master, after somebody had been. */
  readonly lost: Stretch[];
  /** In the order in which they were first heard. */
  readonly lanes: Lane[];
}

/** Six hours. */
export const ROUTER_STEPS = 2160;
/** What a step says of a sender: how many adverts, the priority of the last, the largest deviation from its interval in microseconds. */
export const COLUMN = { adverts: 0, priority: 1, jitter: 2 } as const;
const COLUMNS = 3;
const MOST_LANES = 1024;
const MOST_STRETCHES = 256;

const roleOf = ({ spans }: Lane): SpanRole | undefined => spans.at(-1)?.role;

/** What was said of the time from a moment on does not hold any more. One who was master for no time at all was master. */
function forget(spans: RoleSpan[], fromMicros: number): void {
  for (let last = spans.at(-1); last; last = spans.at(-1)) {
    if (last.fromMicros < fromMicros || (last.fromMicros === fromMicros && last.role === 'master')) return;
    spans.pop();
  }
}

function enter({ spans }: Lane, role: SpanRole, fromMicros: number): void {
  forget(spans, fromMicros);
  const last = spans.at(-1);
  if (last) last.toMicros = last.role === role ? null : fromMicros;
  if (last?.role === role) return;
  spans.push({ role, fromMicros, toMicros: null });
  if (spans.length > MOST_STRETCHES) spans.shift();
}

function addLost({ lost }: RouterHistory, fromMicros: number, toMicros: number | null): void {
  lost.push({ fromMicros, toMicros });
  if (lost.length > MOST_STRETCHES) lost.shift();
}

function openLost({ lost }: RouterHistory): Stretch | null {
  const last = lost.at(-1);
  return last?.toMicros === null ? last : null;
}

const isPreemption = ({ reason }: RouterChange): boolean => reason === 'preempted' || reason === 'tie';

/** Of two masters the one that goes behind the other gave way; whoever else fell silent has gone. */
function endedAs(sender: RouterSender, change: RouterChange): SpanRole {
  const { kind, to } = change;
  const isBeaten = kind === 'two_masters_resolved' && to !== null && sender.priority > 0 && precedence(to, sender) > 0;
  return isBeaten || isPreemption(change) ? 'backup' : 'gone';
}

/** Ends the time of all masters but one. */
function endOthers(history: RouterHistory, change: RouterChange): void {
  for (const lane of history.lanes) {
    const last = lane.spans.at(-1);
    if (lane.sender === change.to || last?.role !== 'master') continue;
    const endMicros = isPreemption(change) ? change.atMicros : Math.max(last.fromMicros, lane.sender.lastMicros);
    enter(lane, endedAs(lane.sender, change), endMicros);
  }
}

/** It had been sending before the other's silence was long enough to make it master. */
function beginOf({ from, to, atMicros }: RouterChange): number {
  if (!from || !to) return atMicros;
  return Math.min(atMicros, Math.max(from.lastMicros, to.runningSinceMicros));
}

/** How far an advert was from its time; null where none was due, as for a resignation. */
function deviationMicros({ lastMicros, previousMicros, gapIntervals, priority }: RouterSender): number | null {
  const gapMicros = lastMicros - previousMicros;
  return gapIntervals > 0 && priority > 0 ? Math.round(Math.abs(gapMicros - gapMicros / gapIntervals)) : null;
}

function noteStep({ steps, sender }: Lane): void {
  const step = stepOf(sender.lastMicros);
  steps.set(step, COLUMN.adverts, (steps.at(step, COLUMN.adverts) ?? 0) + 1);
  steps.set(step, COLUMN.priority, sender.priority);
  const deviation = deviationMicros(sender);
  if (deviation !== null) steps.set(step, COLUMN.jitter, Math.max(steps.at(step, COLUMN.jitter) ?? 0, deviation));
}

export class RouterHistories {
  /** Adverts of senders beyond the bound. */
  overflowed = 0;
  readonly #byRouter = new Map<VirtualRouter, RouterHistory>();
  #lanes = 0;

  /** Undefined: all its senders are beyond the bound. */
  of(router: VirtualRouter): RouterHistory | undefined {
    return this.#byRouter.get(router);
  }

  /** A change of master, in order. */
  change(change: RouterChange): void {
    const { kind, router, from, to, atMicros } = change;
    const lane = to && this.#laneOf(router, to);
    const history = this.#byRouter.get(router);
    if (!history) return;
    if (kind === 'two_masters') {
      const other = from && this.#laneOf(router, from);
      for (const one of [lane, other]) if (one) enter(one, 'master', atMicros);
      return;
    }
    endOthers(history, change);
    if (kind === 'master_lost' && !openLost(history)) addLost(history, lastSign(history, router), null);
    if (kind === 'master_change') this.#begin(history, lane, change);
  }

  /** An advert that was accepted, after what it changed. */
  advert(router: VirtualRouter, sender: RouterSender): void {
    const lane = this.#laneOf(router, sender);
    const history = this.#byRouter.get(router);
    if (!lane || !history) {
      this.overflowed++;
      return;
    }
    noteStep(lane);
    const heard = roleOf(lane) === 'master' ? 'master' : 'backup';
    enter(lane, sender.priority > 0 ? heard : 'gone', sender.lastMicros);
    if (router.resigned && sender === router.master && !openLost(history)) addLost(history, sender.lastMicros, null);
  }

  #begin(history: RouterHistory, lane: Lane | null, change: RouterChange): void {
    const beginMicros = beginOf(change);
    if (lane && roleOf(lane) !== 'master') enter(lane, 'master', beginMicros);
    const open = openLost(history);
    if (open) open.toMicros = beginMicros;
    else if (change.gapMicros !== null) addLost(history, beginMicros - change.gapMicros, beginMicros);
  }

  #laneOf(router: VirtualRouter, sender: RouterSender): Lane | null {
    let history = this.#byRouter.get(router);
    const known = history?.lanes.find((lane) => lane.sender === sender);
    if (known || this.#lanes === MOST_LANES) return known ?? null;
    if (!history) {
      history = { lost: [], lanes: [] };
      this.#byRouter.set(router, history);
    }
    const lane: Lane = { sender, spans: [], steps: new Steps(COLUMNS, ROUTER_STEPS) };
    history.lanes.push(lane);
    this.#lanes++;
    return lane;
  }
}

/** When the last of the masters was heard last. */
function lastSign({ lanes }: RouterHistory, { lastHeardMicros }: VirtualRouter): number {
  const ends = lanes.flatMap(({ spans }) => spans.findLast(({ role }) => role === 'master')?.toMicros ?? []);
  return Math.max(lastHeardMicros, ...ends);
}
