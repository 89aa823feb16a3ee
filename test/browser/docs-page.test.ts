/** The page of the API in a real browser, under our policy and without any other host. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../../src/http/context.ts';
import { needs } from '../environment.ts';
import { recorded } from '../http/recorded.ts';
import { serving } from '../http/serving.ts';
import { openBrowser } from './demo.ts';

describe.skipIf(needs('chromium'))('/docs', () => {
  let app: App;
  let browser: Browser;
  let page: Page;
  let url: string;
  /** What the browser complains of, and whom it asks. */
  const complaints: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    ({ app } = serving(await recorded('nat-v0')));
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${url}/docs`);
    await page.locator('.opblock').first().waitFor();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  test('lists every operation', async () => {
    const { paths } = (await app.inject({ url: '/api/v1/openapi.json' })).json<{ paths: Record<string, object> }>();
    const due = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const shown = () =>
      page.locator('.opblock').evaluateAll((blocks) =>
        blocks.map((block) => {
          const path = block.querySelector('.opblock-summary-path')?.getAttribute('data-path');
          return `${block.querySelector('.opblock-summary-method')?.textContent} ${path}`;
        }),
      );
    await expect.poll(async () => (await shown()).sort()).toEqual(due.sort());
  });

  test('tries one out and shows the answer', async () => {
    const block = page.locator('#operations-monitor-getStatus');
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
    await block.locator('.execute').click();
    const status = block.locator('.live-responses-table tbody td.response-col_status');
    await status.waitFor();
    expect(await status.textContent()).toContain('200');
  });

  test('breaks no rule of its policy and asks nobody else', () => {
    expect(complaints).toEqual([]);
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.filter((one) => !one.startsWith(`${url}/`) && !one.startsWith('data:'))).toEqual([]);
  });
});
