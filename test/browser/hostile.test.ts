/** Text from the wire, from the configuration and from addresses that would like to be markup: it is shown as text, and nothing runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pcapngFile } from '../../src/capture/pcapng-writer.ts';
import { type RunningMonitor, startMonitor } from '../cli/running-monitor.ts';
import { needs } from '../environment.ts';
import { recordV1 } from '../sync-message.ts';
import { advert, gratuitousArp, join as joinGroup, LB1, LB2, sync, VIP } from '../wire-frames.ts';
import { openBrowser } from './demo.ts';
import { PATHS, type Watching, watching } from './watching.ts';

/** Each as hostile as its place allows; what runs of it says so. */
const CALL_ID = '"><script>window.ran="Call-ID"</script><img src=x onerror=window.ran="Call-ID">@10.0.0.1';
const INTERFACE = '<img src=x onerror=window.ran="interface">';
const FILE = '<svg onload=window.ran="file">.pcapng';
const ENGINE = '<b>sip</b>';

/** Types of options of a sync record: `IPVS_OPT_PE_DATA` and `IPVS_OPT_PE_NAME` of the kernel's ip_vs_sync.c. */
const [ENGINE_DATA, ENGINE_NAME] = [2, 3];
const TEMPLATE_MASQ = 0x1000;
const UDP = 17;

const option = (type: number, text: string): number[] => [type, text.length, ...Buffer.from(text)];

const template = (name: string, clientPort: number): number[] =>
  recordV1({
    proto: UDP,
    flags: TEMPLATE_MASQ,
    state: 0,
    clientPort,
    virtual: VIP,
    virtualPort: 5060,
    destinationPort: 5060,
    options: [...option(ENGINE_DATA, CALL_ID), ...option(ENGINE_NAME, name)],
  });

/** A pair of which both are master, one with a record that the kernel refuses. */
const FRAMES = [
  joinGroup(0, '224.0.0.81', { from: LB2 }),
  gratuitousArp(0.1, LB1.mac),
  advert(0.2, { from: LB1 }),
  sync(0.3, { records: [template('sip', 0), recordV1({ virtual: VIP })] }),
  sync(0.4, { records: [template(ENGINE, 1)] }),
  advert(1.2, { from: LB1 }),
  advert(1.3, { from: LB2, priority: 90 }),
  advert(2.2, { from: LB1 }),
  advert(2.3, { from: LB2, priority: 90 }),
];

const CONFIGURATION = `
expected:
  virtualRouters:
    - {vrid: 51, family: ipv4, interface: '${INTERFACE}', routers: [10.0.0.99]}
    - {vrid: 52, family: ipv4, interface: '${INTERFACE}2', routers: [10.0.0.99]}
alerts:
  receivers: [{name: log, syslog: {target: 'udp://127.0.0.1:9', facility: daemon}}]
  rules: [{name: all, match: {severity: info}, receivers: [log]}]
  silences: [{match: {vrid: 51}, from: '2026-11-01T00:00:00Z', to: '2026-12-30T00:00:00Z', comment: '${INTERFACE}'}]
`;

describe.skipIf(needs('chromium'))('text that would be markup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-hostile-'));
  let monitor: RunningMonitor;
  let browser: Browser;
  let watched: Watching;

  beforeAll(async () => {
    const [recording, configuration] = [join(folder, FILE), join(folder, 'lvscope.yaml')];
    writeFileSync(recording, pcapngFile(FRAMES.map((frame) => ({ ...frame, interface: INTERFACE }))));
    writeFileSync(configuration, CONFIGURATION);
    monitor = await startMonitor(recording, undefined, '--config', configuration);
    browser = await openBrowser();
    watched = await watching(browser, new URL(monitor.url).origin);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What ran, and which elements came of text. */
  const harm = () =>
    watched.page.evaluate(() => ({
      ran: (window as { ran?: string }).ran ?? null,
      made: [...document.querySelectorAll('main :is(img, script, [onerror], [onload])')].map((element) => element.outerHTML),
    }));

  test.each([
    ['connections', CALL_ID],
    ['connections', INTERFACE],
    ['vrrp', INTERFACE],
    ['neighbors', INTERFACE],
    ['groups', INTERFACE],
    ['daemons', INTERFACE],
    ['events', INTERFACE],
    ['anomalies', INTERFACE],
    ['capture', FILE],
  ])('is in what /api/v1/%s answers', async (noun, text) => {
    const answer = await fetch(new URL(`/api/v1/${noun}`, monitor.url));
    expect(await answer.text()).toContain(JSON.stringify(text).slice(1, -1));
  });

  test.each(PATHS)('is text on %s', async (path) => {
    await watched.show(path);
    // The list of connections has no interface in it.
    if (path !== '/connections') await expect.poll(() => watched.page.locator('main').textContent()).toContain(INTERFACE);
    expect(await harm()).toEqual({ ran: null, made: [] });
    expect(watched.complaints).toEqual([]);
  });

  test('is text in the name of the recording', async () => {
    await watched.show('/');
    await expect.poll(() => watched.page.locator('main').textContent()).toContain(FILE);
  });

  test('is text in what a persistence engine holds on to', async () => {
    await watched.show('/connections?client.port=0');
    await watched.page.locator('[role=row][data-id]').getByRole('button', { name: 'details' }).first().click();
    await expect.poll(() => watched.page.locator('aside').textContent()).toContain(CALL_ID);
    expect(await harm()).toEqual({ ran: null, made: [] });
    expect(watched.complaints).toEqual([]);
  });

  test.each([
    '/connections?q=MARKUP',
    '/connections?client=MARKUP',
    '/?at=MARKUP',
    '/events?kind=MARKUP',
    '/failovers/MARKUP',
    '/vrrp/MARKUP',
  ])('does nothing in the address %s', async (address) => {
    await watched.show(address.replace('MARKUP', encodeURIComponent(INTERFACE)));
    expect(await harm()).toEqual({ ran: null, made: [] });
    // Of what is not there, the server says so.
    expect(watched.complaints.splice(0).filter((text) => !text.includes('404'))).toEqual([]);
  });
});
