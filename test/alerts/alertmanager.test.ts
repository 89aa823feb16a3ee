/** Real Alertmanagers of Debian take what lvscope sends, keep it for as long as it burns, and page. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Alertmanager, type Pager, startAlertmanager, startPager } from '../alertmanager.ts';
import { needs } from '../environment.ts';
import { advert, at, LB2 } from '../wire-frames.ts';
import { type Playing, playing } from './playing.ts';
import { until } from './sink.ts';

interface ShownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly generatorURL: string;
  readonly status: { readonly state: string };
}

const RESEND_MS = 500;

describe.skipIf(needs('alertmanager'))('Alertmanager', () => {
  let pager: Pager;
  let cluster: Alertmanager[];
  beforeAll(async () => {
    pager = await startPager();
    cluster = await Promise.all([startAlertmanager(pager.url), startAlertmanager(pager.url)]);
  });
  afterAll(async () => {
    await Promise.all(cluster.map((one) => one.stop()));
    await pager.stop();
  });

  const rules = (): string => `
receivers: [{name: am, alertmanager: {urls: [${cluster.map(({ address }) => `'http://${address}'`).join(', ')}]}}]
rules: [{name: vrrp, match: {kind: vrrp.*, severity: warning}, receivers: [am]}]
url: https://lvscope.example/`;

  async function shown({ address }: Alertmanager, kind: string): Promise<ShownAlert[]> {
    const answer = await fetch(`http://${address}/api/v2/alerts?filter=${encodeURIComponent(`kind="${kind}"`)}`);
    return (await answer.json()) as ShownAlert[];
  }

  const paged = (kind: string): string[] => pager.pages.flatMap(({ alert }) => (alert.labels.kind === kind ? [alert.status] : []));

  /** lb1 says that it is master, lb2 beside it in the seconds from 10 to `until`. */
  function split(played: Playing, from: number, to: number, until: number): void {
    for (let second = from; second < to; second++) {
      played.frame(advert(second, { priority: 100 }));
      if (second >= 10 && second < until) played.frame(advert(second + 0.5, { from: LB2, priority: 150, password: 'other' }));
    }
  }

  test('shows what burns, for as long as it burns, and pages its end', async () => {
    const played = playing(rules(), { timing: { resendMs: RESEND_MS } });
    split(played, 0, 20, 20);
    for (const one of cluster) {
      await until('it shows the alert', async () => (await shown(one, 'vrrp.two_masters')).length === 1);
      const [alert] = await shown(one, 'vrrp.two_masters');
      const labels = {
        alertname: 'VrrpTwoMasters',
        severity: 'critical',
        kind: 'vrrp.two_masters',
        vrid: '51',
        family: 'ipv4',
        sensor: 'lab',
      };
      expect(alert).toMatchObject({ labels, status: { state: 'active' }, generatorURL: 'https://lvscope.example/' });
      expect(Object.keys(alert.annotations).sort()).toEqual(['description', 'runbook', 'summary']);
      expect(Date.parse(alert.startsAt)).toBe(Math.min(at(10.5) / 1000, Date.parse(alert.startsAt)));
    }
    // amtool is what operators look with.
    const amtool = spawnSync('amtool', ['alert', 'query', 'alertname=VrrpTwoMasters', `--alertmanager.url=http://${cluster[0].address}`], {
      encoding: 'utf8',
    });
    expect(amtool.stdout).toContain('VrrpTwoMasters');
    await until('it pages', () => paged('vrrp.two_masters').length === 2);
    // Four times longer than an alert lives that nobody sends again.
    await new Promise((resolve) => setTimeout(resolve, 4 * RESEND_MS + 1500));
    expect(await shown(cluster[0], 'vrrp.two_masters')).toHaveLength(1);
    split(played, 20, 40, 20);
    await until('the end is paged, by both', () => paged('vrrp.two_masters').filter((status) => status === 'resolved').length === 2);
    expect(await shown(cluster[0], 'vrrp.two_masters')).toEqual([]);
    expect(paged('vrrp.two_masters').sort()).toEqual(['firing', 'firing', 'resolved', 'resolved']);
  }, 30_000);

  test('takes what merely happened, and lets it go by itself', async () => {
    const played = playing(rules(), { timing: { resendMs: RESEND_MS } });
    played.recording('dr-v1-failover');
    await until('both changes are delivered', () => played.alerts.receivers().every(({ waiting }) => waiting === 0));
    await until('it is paged', () => paged('vrrp.master_change').includes('firing'));
    await until('it is over', async () => (await shown(cluster[0], 'vrrp.master_change')).length === 0);
    await until('the end is paged', () => paged('vrrp.master_change').includes('resolved'));
    expect(played.alerts.receivers()).toMatchObject([
      { id: 'am', receiver: 'am', kind: 'alertmanager', failed: 0 },
      { id: 'am#2', receiver: 'am', kind: 'alertmanager', failed: 0 },
    ]);
  }, 30_000);
});
