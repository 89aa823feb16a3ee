/**
 * lvscope only listens. Every lab proves that of its monitor's port when it is closed; here it is proved that a lab can tell, and that
 * there is something to see: joins, which lvscope takes for nobody's.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { eventually } from './eventually.ts';
import { LAB_NEEDS } from './lab.ts';
import { MonitorPort } from './monitor-port.ts';
import { reportsIn, straysIn } from './port-capture.ts';
import { macOf, NET4, Segment } from './segment.ts';

const HOST = 'mon';
const SOON_MS = 15_000;
const OTHER_MAC = macOf(99);

describe.skipIf(needs(...LAB_NEEDS))('what leaves the port of the monitor', () => {
  let segment: Segment;
  let port: MonitorPort;

  beforeEach(async () => {
    segment = await Segment.open();
    port = await MonitorPort.add(segment, HOST, 50, 0);
  });
  afterEach(() => segment.close());

  test('lvscope joins, leaves and joins again, and is nobody', async () => {
    await port.startLvscope();
    // Each is sent twice (RFC 3376 section 8.1), so lvscope has heard the first.
    await eventually('it has joined', async () => reportsIn(port.emitted).length >= 2, SOON_MS);
    expect(await port.list('groups')).toEqual([]);
    expect(await port.stopLvscope()).toBe(0);
    await port.startLvscope();
    await port.close();
  });

  test('with --no-join it does not join', async () => {
    await port.startLvscope('', ['--no-join']);
    await port.close();
    expect(reportsIn(port.emitted)).toEqual([]);
  });

  test.each([
    ['an ARP request', `ping -c 1 -W 1 ${NET4}2`, `who-has ${NET4}2 tell ${NET4}50`],
    ['from another MAC address', `ip link set eth0 address ${OTHER_MAC}; ping -c 1 -W 1 ${NET4}2`, `${OTHER_MAC} > ff:ff:ff:ff:ff:ff`],
    ['to a group', 'ping -c 1 -W 1 -I eth0 224.0.0.18', `${NET4}50 > 224.0.0.18: ICMP echo request`],
    ['over IPv6', 'ping -6 -c 1 -W 1 -I eth0 ff02::12', '> ff02::12: ICMP6, echo request'],
  ])('a frame that is no join is named: %s', async (_, send, named) => {
    await segment.answerOf(HOST, send);
    await eventually('tcpdump has seen it', async () => straysIn(port.emitted).length > 0, SOON_MS);
    await expect(port.close()).rejects.toThrow(named);
  });
});
