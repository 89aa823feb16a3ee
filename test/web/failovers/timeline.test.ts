/** Times and texts of the recordings' failovers; tshark gives the times of the frames that the steps are of. */
import { describe, expect, test } from 'vitest';
import { type Failover, failoversOf } from '../../../src/contract/failover.ts';
import { heldMillis, stepsOf } from '../../../web/failovers/timeline.ts';
import { recorded } from '../../http/recorded.ts';

async function failover(name: string, index: number): Promise<Failover> {
  return failoversOf(await recorded(name))[index];
}

const told = (report: Failover) => stepsOf(report, Date.parse(report.at) + 60_000).map(({ at, atMillis, label }) => [at, atMillis, label]);

describe('steps', () => {
  // tshark -r dr-v1-failover.pcap -Y "vrrp.prio==0 || (vrrp.prio==90) || arp.isgratuitous || igmp.type==0x22" -t ad
  test('of a master that resigned and came back', async () => {
    const report = await failover('dr-v1-failover', 0);
    expect(told(report)).toEqual([
      ['2026-11-21T04:04:28.018819Z', expect.closeTo(-649.466, 2), '10.99.0.11 resigned'],
      ['2026-11-21T04:04:28.040926Z', expect.closeTo(-627.359, 2), '▲ 10.99.0.11 left the VRRP group'],
      ['2026-11-21T04:04:28.668285Z', 0, '▲ 10.99.0.12 is master'],
      ['2026-11-21T04:04:28.668285Z', expect.closeTo(0, 2), '10.99.0.12 sends a clear password'],
      ['2026-11-21T04:04:28.668933Z', expect.closeTo(0.648, 2), '10.99.0.100 announced'],
      ['2026-11-21T04:04:37.031229Z', expect.closeTo(8362.944, 2), '10.99.0.12 sends connection sync'],
      ['2026-11-21T04:04:40.661210Z', expect.closeTo(11_992.925, 2), '▲ 10.99.0.11 is master'],
      ['2026-11-21T04:04:40.661210Z', expect.closeTo(11_992.925, 2), 'report closed: 0 of 32 sessions seen again'],
    ]);
    expect(heldMillis(report)).toBeCloseTo(11_992.925, 2);
  });

  test('of a master that fell silent: the last that was heard of it', async () => {
    const reports = failoversOf(await recorded('vrrp-zoo'));
    const report = reports.filter(({ reason }) => reason === 'no_response')[0];
    const [first] = stepsOf(report, 0);
    expect(first.label).toBe(`last advert of ${report.from}`);
    expect(first.atMillis).toBe(-(report.gapMs ?? 0));
  });

  test('of one that is still open: up to now', async () => {
    const report = await failover('dr-v1-failover', 1);
    expect(told(report).at(-1)).toEqual(['2026-11-21T04:05:40.661000Z', expect.closeTo(60_000, 0), 'now: 0 of 38 sessions seen again']);
    expect(heldMillis(report)).toBeNull();
  });
});
