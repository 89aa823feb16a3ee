/** The connections page in a real browser, before the real program playing the bundled recording. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/contract/connection.ts';
import type { SessionRecords } from '../../src/contract/session-record.ts';
import { needs } from '../environment.ts';
import { type Demo, openBrowser, startDemo } from './demo.ts';
import { type Watching, watching } from './watching.ts';

const texts = (page: Page, column: string): Promise<string[]> => page.locator(`[role=gridcell].${column}`).allTextContents();
const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
const isAscending = (values: readonly string[]): boolean => values.every((value, at) => at === 0 || values[at - 1] <= value);

describe.skipIf(needs('chromium'))('the connections page', () => {
  let demo: Demo;
  let browser: Browser;
  let watched: Watching;
  let page: Page;

  async function rest<Body>(path: string): Promise<Body> {
    return (await (await fetch(`${demo.url}/api/v1/${path}`)).json()) as Body;
  }

  beforeAll(async () => {
    demo = await startDemo();
    browser = await openBrowser();
    watched = await watching(browser, demo.url, { viewport: { width: 1440, height: 900 } });
    page = watched.page;
    await watched.show('/connections');
    await page.locator('[role=row][data-id] .state:text-is("FIN_WAIT")').first().waitFor({ timeout: 30_000 });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test('a heading sorts, a second click the other way, and the address says so', async () => {
    const heading = page.locator('[role=columnheader].expire');
    await heading.getByRole('button').click();
    // `mm:ss` sorts as text does.
    await expect.poll(async () => isAscending(await texts(page, 'expire'))).toBe(true);
    await expect.poll(() => heading.getAttribute('aria-sort')).toBe('ascending');
    await expect.poll(() => parameter(page, 'sort')).toBe('expires');
    await heading.getByRole('button').click();
    await expect.poll(async () => isAscending((await texts(page, 'expire')).reverse())).toBe(true);
    await expect.poll(() => heading.getAttribute('aria-sort')).toBe('descending');
    await page.locator('[role=columnheader].age').getByRole('button').click();
    await expect.poll(() => parameter(page, 'sort')).toBeNull();
  });

  test('a filter is completed field by field, by keys alone, and kept', async () => {
    const box = page.locator('#filter');
    await page.keyboard.press('/');
    await page.keyboard.type('st');
    await page.locator('[role=option]').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('[role=option][aria-selected=true]').textContent()).toContain('state');
    await page.keyboard.press('Enter');
    await expect.poll(() => box.inputValue()).toBe('state=');
    await page.keyboard.type('es');
    await page.keyboard.press('Tab');
    await expect.poll(() => box.inputValue()).toBe('state=ESTABLISHED');
    await expect.poll(() => box.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Enter');
    await expect.poll(async () => [...new Set(await texts(page, 'state'))]).toEqual(['ESTABLISHED']);
    await page.keyboard.press('Escape');
    await expect.poll(() => parameter(page, 'state')).toBeNull();
    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('[role=option]').first().textContent()).toBe('state=ESTABLISHED recent');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect.poll(() => box.getAttribute('aria-expanded')).toBe('false');
  });

  test('Space tells the life of a session, record for record, Esc closes it', async () => {
    await watched.show('/connections?state=FIN_WAIT');
    await page.locator('[role=row][data-id]').first().waitFor({ timeout: 30_000 });
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    const id = await page.locator('[role=row].opened').getAttribute('data-id');
    await expect.poll(() => parameter(page, 'row')).toBe(id);
    const [connection, records] = await Promise.all([
      rest<Connection>(`connections/${id}`),
      rest<SessionRecords>(`connections/${id}/records`),
    ]);
    const details = page.locator('.details');
    await details.locator('tbody tr').first().waitFor();
    expect(await details.locator('tbody time').evaluateAll((times) => times.map((time) => time.getAttribute('datetime')))).toEqual(
      records.items.map(({ at }) => at),
    );
    // That it closes is what changed.
    expect(await details.locator('td.state.differs').last().textContent()).toBe('FIN_WAIT changed');
    expect(await details.locator('h3').first().textContent()).toContain(`${connection.client.address}:${connection.client.port}`);
    await page.keyboard.press('Escape');
    await expect.poll(() => details.count()).toBe(0);
    await expect.poll(() => parameter(page, 'row')).toBeNull();
  });

  test('rows are copied as ipvsadm prints them, also where the browser has no clipboard for pages', async () => {
    const bare = await watching(browser, demo.url);
    await bare.page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await bare.show('/connections?state=ASSURED');
    await bare.page.locator('[role=row][data-id]').first().waitFor({ timeout: 30_000 });
    await bare.page.locator('summary', { hasText: 'copy' }).click();
    await bare.page.getByRole('button', { name: 'ipvsadm text' }).first().click();
    await expect.poll(() => bare.page.locator('.told').textContent()).toBe('copied as ipvsadm text');
    await bare.page.evaluate(() => {
      const area = document.createElement('textarea');
      area.id = 'pasted';
      document.body.append(area);
      area.focus();
    });
    await bare.page.keyboard.press('Control+v');
    // ipvsadm(8): the heading of -c.
    expect((await bare.page.locator('#pasted').inputValue()).split('\n')[1]).toMatch(/^pro expire state +source +virtual +destination$/);
    expect(await bare.page.locator('#pasted').inputValue()).toMatch(/^TCP \d\d:\d\d +ASSURED /m);
    expect(bare.complaints).toEqual([]);
    await bare.page.close();
  });

  test('at 400 pixels a session is a card, and nothing goes off to the side', async () => {
    await page.setViewportSize({ width: 400, height: 800 });
    await watched.show('/connections');
    const row = page.locator('[role=row][data-id]').first();
    await row.waitFor();
    expect((await row.boundingBox())?.height).toBe(64);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400);
    await page.locator('select[aria-label=order]').selectOption('-expires');
    await expect.poll(() => parameter(page, 'sort')).toBe('-expires');
  });

  test('nothing is complained about', () => expect(watched.complaints).toEqual([]));
});
