import { describe, expect, test } from 'vitest';
import { type Failover, failoversOf } from '../../../src/contract/failover.ts';
import { adviceOf } from '../../../web/failovers/advice.ts';
import { factsOf } from '../../../web/failovers/facts.ts';
import { markdownOf } from '../../../web/failovers/markdown.ts';
import { stepsOf } from '../../../web/failovers/timeline.ts';
import { recorded } from '../../http/recorded.ts';

const NOTHING_KEPT = { before: null, shown: null };
const HREF = 'http://127.0.0.1:9478/failovers/hocv1xu8vx-0';

const [resigned, preempted] = failoversOf(await recorded('dr-v1-failover'));

const markdown = (failover: Failover): string => markdownOf(failover, factsOf(failover, NOTHING_KEPT), stepsOf(failover, 0), HREF);

describe('as Markdown', () => {
  test('a report holds its conclusion, who was who, each step and the address', () => {
    const lines = markdown(resigned).split('\n');
    expect(lines[0]).toBe('# Failover of VRID 51, 2026-11-21 04:04:28.668285 UTC');
    expect(lines[2]).toBe(`**${resigned.conclusion}**`);
    expect(lines).toContain('| Old master | 10.99.0.11, at 02:99:00:00:00:0b, priority 100 |');
    expect(lines).toContain('| New master | 10.99.0.12, at 02:99:00:00:00:0c, priority 90 |');
    expect(lines).toContain('| Gap | 649 ms without a master |');
    expect(lines).toContain('| 10.99.0.100 | after 0.65 ms |');
    expect(lines).toContain('| before | 32 | alive at the change |');
    expect(lines).toContain('| 2026-11-21 04:04:28.668933 UTC | +0.648 ms | 10.99.0.12 announced 10.99.0.100 by gratuitous ARP. |');
    expect(lines.at(-2)).toBe(`<${HREF}>`);
  });

  test('text of others is no markup and leaves no cell', () => {
    const hostile = { ...resigned, interface: 'eth0|<img src=x>\n# *now* `rm` [a](javascript:b)' };
    const line = markdown(hostile)
      .split('\n')
      .find((one) => one.includes('eth0'));
    expect(line).toBe('| Virtual router | VRID 51, IPv4, eth0\\|\\<img src=x\\> \\# \\*now\\* \\`rm\\` \\[a\\](javascript:b) |');
  });
});

describe('what is not known is said to be unknown, and why', () => {
  const facts = (failover: Failover) => Object.fromEntries(factsOf(failover, NOTHING_KEPT).map(({ title, text }) => [title, text]));

  test('no history, no router heard any more', () => {
    expect(facts(resigned).Timers).toMatch(/^unknown: /);
  });

  test('no master before, no priority, no gap', () => {
    const bare = facts({ ...preempted, from: null, timeline: [] });
    expect(bare['Old master']).toBe('unknown: nobody was heard as master before');
    expect(bare['New master']).toBe('10.99.0.11, MAC address unknown, priority unknown');
    expect(bare.Gap).toBe('there was a master all the time');
    expect(bare['Sync sender']).toMatch(/^unknown: /);
  });
});

describe('advice', () => {
  test('names the addresses that were not announced', () => {
    const announcements = [...resigned.announcements, { address: '10.99.0.101', delayMs: null }];
    expect(adviceOf({ ...resigned, announcements })).toEqual([expect.stringContaining('for 10.99.0.101: hosts keep')]);
  });

  test('a planned stop that went well needs none', () => {
    expect(adviceOf(resigned)).toEqual([]);
  });

  test('each finding has its own', () => {
    const bad: Failover = {
      ...resigned,
      reason: 'no_response',
      announcements: [{ address: '10.99.0.100', delayMs: 1500 }],
      staleNeighbors: { count: 1, addresses: ['10.99.0.2'] },
      sessions: { before: 2, seenAgain: 1, moved: 0, lost: 1, pending: 0 },
      syncSenderChanged: false,
    };
    expect(adviceOf(bad)).toHaveLength(5);
  });
});
