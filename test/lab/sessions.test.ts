/** Real clients through a real pair: lvscope, which only listens, holds the table that the backup's kernel holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/contract/connection.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { needs } from '../environment.ts';
import { differences, tableOf } from '../ipvsadm-table.ts';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, startPair, TCP_PORT, UDP_PORT } from './lab.ts';
import { progress } from './progress.ts';

/** The kernel keeps a sync message back for up to 3 s; the rest is ours. */
const MOST_DELAY_MS = 3500;
const MOMENTS = 10;

type Table = Map<string, number[]>;

describe.skipIf(needs(...LAB_NEEDS))('sessions through a real pair', () => {
  const say = progress('sessions');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await lab.port.startLvscope();
    await startPair(lab, { say });
    // Short times (TCP, after FIN, UDP), so that sessions end while they are watched; sync tells them to the backup.
    await lab.lb1.shell.run('ipvsadm --set 30 6 10');
  });
  afterAll(() => lab?.close());

  const stateOf = async (port: number): Promise<string | undefined> =>
    (await lab.port.list<Connection>(`connections?client=10.99.0.2:${port}`))[0]?.state;

  /** As a director's own `ipvsadm` names it. */
  async function kernelStateOf(director: 'lb1' | 'lb2', port: number): Promise<string | undefined> {
    const table = await lab[director].shell.run('ipvsadm -Lnc');
    return new RegExp(`^TCP \\S+ +(\\S+) +10\\.99\\.0\\.2:${port} `, 'm').exec(table)?.[1];
  }

  test.each([
    ['FIN', 'FIN_WAIT', () => lab.client.close(1)],
    ['RST', 'CLOSE', () => lab.client.reset(1)],
  ])('one is there within 3.5 s of its third packet, and its end by %s follows', async (_, ended, end) => {
    const { sessions } = await lab.client.open(VIP4, TCP_PORT, { packets: 1 });
    const [{ port, firstPacketMs }] = sessions;
    await eventually('the session is in the table', async () => (await stateOf(port)) === 'ESTABLISHED', 10_000);
    const seenMs = Date.now() - firstPacketMs;
    say(`seen ${seenMs} ms after its third packet`);
    expect(seenMs).toBeLessThan(MOST_DELAY_MS);
    expect(await kernelStateOf('lb1', port)).toBe('ESTABLISHED');

    const endedMs = Date.now();
    await end();
    await eventually('its end is in the table', async () => (await stateOf(port)) === ended, 10_000);
    say(`${ended} seen after ${Date.now() - endedMs} ms`);
    expect(Date.now() - endedMs).toBeLessThan(MOST_DELAY_MS);
    expect(await kernelStateOf('lb1', port)).toBe(ended);
    expect(await kernelStateOf('lb2', port)).toBe(ended);
  });

  /** Frames come in order: what was sent before the latest advert that lvscope knows is in its table. */
  async function heardUntilMs(): Promise<number> {
    const adverts = (await lab.port.list<VirtualRouter>('vrrp')).flatMap(({ routers }) => routers.map(({ lastAdvert }) => lastAdvert));
    return Math.max(...adverts.map((at) => (at === null ? 0 : Date.parse(at))));
  }

  test(`the table is that of the backup's kernel at ${MOMENTS} moments under traffic`, async () => {
    await lab.client.open(VIP4, TCP_PORT, { count: 200 });
    await lab.client.open(VIP4, UDP_PORT, { proto: 'udp', count: 100 });
    await lab.client.churn(VIP4, TCP_PORT, 20, 5);
    await sleep(6000);
    const compared: number[] = [];
    for (let moment = 0; moment < MOMENTS; moment++) {
      await lab.client.talk(1);
      const before = tableOf(await lab.port.table());
      const { kernel, doneMs } = await steadyLook(lab.lb2);
      await eventually('lvscope has heard what came after the look', async () => (await heardUntilMs()) > doneMs, 10_000);
      const after = tableOf(await lab.port.table());
      // Every session of the kernel is one that lvscope had just before or has just after, on a busy machine in its next state already.
      // One with no time left is past its end: timers fire late.
      const known = new Set([...before.keys(), ...after.keys()].map(sessionOf));
      const unknown = [...kernel].filter(([row, seconds]) => !known.has(sessionOf(row)) && seconds.some((left) => left > 0));
      expect(unknown).toEqual([]);
      const settled = (table: Table) => new Map([...table].filter(([row]) => !isInFlight(row, before, after)));
      expect(differences(settled(after), settled(kernel)), `moment ${moment}`).toEqual([]);
      compared.push(settled(after).size);
      say(`moment ${moment}: ${kernel.size} rows, ${settled(after).size} of them not in flight, equal`);
    }
    await lab.client.calm();
    expect(Math.min(...compared)).toBeGreaterThan(100);
  });
});

/**
 * The kernel's table at one moment. `ipvsadm` reads it piece by piece: rows that come and go meanwhile make it read others twice or
 * not at all. So it reads until it has read the same rows twice.
 */
async function steadyLook(director: Director): Promise<{ kernel: Table; doneMs: number }> {
  let last: Table = new Map();
  const again = async () => {
    const { output, doneMs } = await director.look('ipvsadm -Lnc');
    const [before, kernel] = [last, tableOf(output)];
    last = kernel;
    return (
      kernel.size === before.size && [...kernel].every(([row, { length }]) => before.get(row)?.length === length) && { kernel, doneMs }
    );
  };
  return eventually('ipvsadm reads the same rows twice', again, 10_000);
}

/** A row without its state. */
const sessionOf = (row: string): string => row.replace(/ \S+/, '');

/** Came, went or was synced again between the two looks, so that the kernel's look, which lies between them, may have either. */
function isInFlight(row: string, before: Table, after: Table): boolean {
  const [then, now] = [before.get(row), after.get(row)];
  return !then || !now || then.length !== now.length || now.some((left, i) => left > then[i]);
}
