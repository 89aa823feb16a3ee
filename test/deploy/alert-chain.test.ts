/**
 * The whole chain, nothing of it played: the program reads a recording at the pace it was made, Prometheus scrapes it and evaluates
 * the rules that we ship, Alertmanager groups and sends, a webhook is called.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { type Page, startAlertmanager, startPager } from '../alertmanager.ts';
import { exited, until } from '../capture/wire.ts';
import { FIXTURES, LVSCOPE, needs, ROOT } from '../environment.ts';
import { freePort, startPrometheus } from '../prometheus.ts';

const RECORDING = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');
const RULES = 'lvscope.rules.yml';
/** The recording's first change comes after 18 s; then a scrape, an evaluation and a message. */
const WAIT_MS = 45_000;

interface List {
  readonly items: readonly Event[];
  readonly asOf: string;
}

describe.skipIf(needs('prometheus', 'alertmanager'))('a change of master', () => {
  const stops: (() => Promise<unknown>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-chain-'));
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function startMonitor(listen: string): ChildProcess {
    const program = spawn(process.execPath, [LVSCOPE, 'run', '--read', RECORDING, '--speed', '1', '--data', folder, '--listen', listen], {
      stdio: 'ignore',
    });
    stops.push(() => {
      program.kill();
      return exited(program);
    });
    return program;
  }

  test('pages through Prometheus and Alertmanager', async () => {
    const pager = await startPager();
    stops.push(pager.stop);
    const alertmanager = await startAlertmanager(pager.url);
    stops.push(alertmanager.stop);
    const listen = `127.0.0.1:${await freePort()}`;
    const prometheus = await startPrometheus({
      config: {
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        rule_files: [RULES],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
        scrape_configs: [{ job_name: 'lvscope', static_configs: [{ targets: [listen] }] }],
      },
      files: { [RULES]: readFileSync(join(ROOT, 'deploy', 'prometheus', RULES), 'utf8') },
    });
    stops.push(prometheus.stop);
    const program = startMonitor(listen);

    const changed = ({ alert }: Page) => alert.labels.alertname === 'LvscopeVrrpMasterChanged';
    await until('the page', () => program.exitCode !== null || pager.pages.some(changed), WAIT_MS);
    const page = pager.pages.find(changed);
    expect(page?.alert).toEqual(
      expect.objectContaining({
        status: 'firing',
        labels: {
          alertname: 'LvscopeVrrpMasterChanged',
          severity: 'warning',
          job: 'lvscope',
          instance: listen,
          family: 'ipv4',
          vrid: '51',
        },
        annotations: {
          summary: 'A virtual router has changed its master.',
          description: 'VRID 51 (ipv4) changed its master within the last 5 minutes; it is 10.99.0.12 now.',
          runbook_url: 'docs/runbooks.md#lvscopevrrpmasterchanged',
        },
      }),
    );

    // The recording's time runs beside the wall's: what lies between the two dates the frame.
    const answer = (await (await fetch(`http://${listen}/api/v1/events?kind=vrrp.master_change`)).json()) as List;
    const behindMs = Date.now() - Date.parse(answer.asOf);
    const change = answer.items.find(({ reason }) => reason === 'resigned');
    const seconds = ((page?.atMs ?? 0) - Date.parse(change?.at ?? '') - behindMs) / 1000;
    process.stderr.write(`from the frame to the page: ${seconds.toFixed(2)} s (scrape and evaluation every second)\n`);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(8);

    const { groups } = (await prometheus.api('rules')) as { groups: { rules: { name: string; health: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });
});
