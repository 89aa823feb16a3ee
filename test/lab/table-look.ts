/** Tables as `ipvsadm -Lnc` prints them, of lvscope and of a kernel, read when nothing was in flight: they hold the same rows, and these end at the same time. */
import type { Daemon } from '../../src/contract/daemon.ts';
import { tableOf } from '../ipvsadm-table.ts';
import type { Director } from './director.ts';
import type { MonitorPort } from './monitor-port.ts';

/** A backup's timer starts when its kernel gets to the datagram, which lvscope dates by its arrival. */
const MOST_APART_SECONDS = 2;

export interface TableLook {
  /** By everything but the expiry; whole seconds left, cut off. */
  readonly rows: Map<string, number[]>;
  /** Epoch seconds: it was read between these. */
  readonly from: number;
  readonly to: number;
}

async function look(read: () => Promise<string>): Promise<{ text: string; from: number; to: number }> {
  const from = Date.now() / 1000;
  const text = await read();
  return { text, from, to: Date.now() / 1000 };
}

/** What a sync daemon sent last. */
export async function lookOfLvscope(port: MonitorPort, { id }: Daemon): Promise<TableLook> {
  const { text, ...moments } = await look(() => port.table(`?daemon=${id}`));
  return { rows: tableOf(text), ...moments };
}

/** Ten thousand rows are read at once and come over the console afterwards, which takes longer. */
export async function lookOfKernel({ shell }: Director): Promise<TableLook> {
  const { text: _, ...moments } = await look(() => shell.run('ipvsadm -Lnc >/run/table'));
  return { rows: tableOf(await shell.run('cat /run/table')), ...moments };
}

/** The longer a look takes, the less its seconds say: with two quick ones an end that is 5 s wrong is seen. */
export const isQuick = ({ from, to }: TableLook): boolean => to - from <= 1;

/** What differs, in words; empty when they agree. */
export function differencesAtRest(ours: TableLook, kernel: TableLook): string[] {
  const wrong: string[] = [];
  for (const row of new Set([...ours.rows.keys(), ...kernel.rows.keys()])) {
    const [here, there] = [ours.rows.get(row) ?? [], kernel.rows.get(row) ?? []];
    if (here.length !== there.length) wrong.push(`${row}: ${here.length} in lvscope, ${there.length} in the kernel`);
    else if (here.some((left, i) => secondsApart(ours, left, kernel, there[i]) > MOST_APART_SECONDS))
      wrong.push(`${row}: ${here} s left in lvscope at ${ours.to}, ${there} s in the kernel at ${kernel.to}`);
  }
  return wrong;
}

/** How far apart their ends are at least. */
function secondsApart(a: TableLook, leftA: number, b: TableLook, leftB: number): number {
  const earliest = (look: TableLook, left: number) => look.from + left;
  const latest = (look: TableLook, left: number) => look.to + left + 1;
  return Math.max(0, earliest(a, leftA) - latest(b, leftB), earliest(b, leftB) - latest(a, leftA));
}
