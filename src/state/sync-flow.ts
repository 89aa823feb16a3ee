/**
 * One stream of sync datagrams: a sender's thread has a socket and a port of its own. Linux numbers the datagrams of a connected
 * UDP socket one by one in the IPv4 identification (since 5.16 and in the stable kernels), so gaps tell of lost ones.
 */

/** `late`: an earlier one came after a later one. `copy`: the same once more, as some mirror ports give it. */
export type FlowStep = 'first' | 'next' | 'gap' | 'late' | 'copy' | 'restart' | 'unnumbered';

export interface SyncFlow {
  sourcePort: number;
  /** IPv4 identification of the latest datagram; null: none seen. */
  id: number | null;
  /** Steps from one datagram to the next, and how many of them were 1: of late, since both are halved now and then. */
  steps: number;
  single: number;
  lost: number;
  /** Left out just before the datagram at hand. */
  missing: number;
  /** What the datagram at hand was. */
  step: FlowStep;
  /** Numbers of the frames of this datagram and of the one before. */
  frame: number;
  previousFrame: number;
}

const ID_MASK = 0xffff;
/** Behind the latest by no more than this it is late; by more, the sender began anew. */
const MOST_LATE = 64;
const HALF_OF_IDS = 0x8000;
const CALIBRATED_STEPS = 50;
const CALIBRATED_SHARE = 0.95;
const MOST_STEPS = 1024;

export const newFlow = (): SyncFlow => ({
  sourcePort: 0,
  id: null,
  steps: 0,
  single: 0,
  lost: 0,
  missing: 0,
  step: 'first',
  frame: 0,
  previousFrame: 0,
});

/** Whether the sender numbers its datagrams one by one, as far as seen. */
export const isNumbered = ({ steps, single }: SyncFlow): boolean => steps >= CALIBRATED_STEPS && single >= CALIBRATED_SHARE * steps;

/** @param id null: not known */
export function takeDatagram(flow: SyncFlow, sourcePort: number, id: number | null, frame: number): void {
  flow.previousFrame = flow.frame;
  flow.frame = frame;
  const isFirst = flow.sourcePort === 0;
  if (isFirst || flow.sourcePort !== sourcePort) {
    flow.sourcePort = sourcePort;
    begin(flow, isFirst ? 'first' : 'restart', id);
    return;
  }
  if (id === null || flow.id === null) {
    flow.step = 'unnumbered';
    return;
  }
  step(flow, id, (id - flow.id) & ID_MASK);
}

function begin(flow: SyncFlow, how: FlowStep, id: number | null): void {
  flow.step = how;
  flow.id = id;
  flow.steps = 0;
  flow.single = 0;
}

function step(flow: SyncFlow, id: number, delta: number): void {
  if (delta === 0) {
    flow.step = 'copy';
    return;
  }
  const numbered = isNumbered(flow);
  if (delta > HALF_OF_IDS && delta < ID_MASK + 1 - MOST_LATE && numbered) {
    begin(flow, 'restart', id);
    return;
  }
  count(flow, delta);
  if (delta >= ID_MASK + 1 - MOST_LATE) {
    flow.step = numbered ? 'late' : 'unnumbered';
    if (numbered && flow.lost > 0) flow.lost--;
    return;
  }
  flow.id = id;
  flow.step = delta === 1 ? 'next' : numbered ? 'gap' : 'unnumbered';
  flow.missing = flow.step === 'gap' ? delta - 1 : 0;
  flow.lost += flow.missing;
}

function count(flow: SyncFlow, delta: number): void {
  if (flow.steps === MOST_STEPS) {
    flow.steps /= 2;
    flow.single /= 2;
  }
  flow.steps++;
  if (delta === 1) flow.single++;
}
