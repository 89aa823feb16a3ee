/** The VRRP page in a real browser: a split brain of the lab, moved to now. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../../dissectors/dissect.ts';
import type { Event } from '../../src/contract/event.ts';
import { needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, shifted, startFed } from './fed.ts';

/** libpcap's savefile format, microseconds, of this byte order. */
const PCAP_MAGIC = 0xa1b2c3d4;

const query = (page: Page): URLSearchParams => new URL(page.url()).searchParams;
const lengthShown = (page: Page): number => Date.parse(query(page).get('to') ?? '') - Date.parse(query(page).get('from') ?? '');

/** Protocol 112 in an IPv4 header without a VLAN tag before it. */
const isAdvert = ({ bytes }: Frame): boolean => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 112;

/** How many different texts a place has within a second. */
function textsWithinASecond(place: Locator): Promise<number> {
  return place.evaluate(async (element) => {
    const seen = new Set<string>();
    const observer = new MutationObserver(() => seen.add(element.textContent ?? ''));
    observer.observe(element, { characterData: true, subtree: true, childList: true });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    observer.disconnect();
    return seen.size;
  });
}

/** Whether a plot has pixels of the colour that its legend shows, for each plot. */
function plotsInTheirColour(page: Page): Promise<boolean[]> {
  return page.locator('figure.plot').evaluateAll((plots) =>
    plots.map((plot) => {
      const [canvas, swatch] = [plot.querySelector('canvas'), plot.querySelector('[data-sender="0"]')];
      const context = canvas?.getContext('2d');
      if (!canvas || !swatch || !context || canvas.width === 0) return false;
      const [red, green, blue] = (getComputedStyle(swatch).color.match(/\d+/g) ?? []).map(Number);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) return true;
      }
      return false;
    }),
  );
}

describe.skipIf(needs('chromium'))('the VRRP page', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let page: Page;
  let split: Event;
  /** Goes on with its adverts until it is to be lost. */
  let master: NodeJS.Timeout;
  const complaints: string[] = [];

  beforeAll(async () => {
    monitor = await startFed();
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${monitor.url}/vrrp`);
    await page.getByText('No VRRP advert was heard.').waitFor();
    const frames = framesOf('split-brain');
    monitor.feed(shifted(frames, frames.at(-1)));
    const last = frames.filter(isAdvert).slice(-1);
    master = setInterval(() => monitor.feed(shifted(last)), 1000);
  }, 60_000);
  afterAll(async () => {
    clearInterval(master);
    await browser?.close();
    await monitor?.stop();
  });

  test('the deadline ticks, and when it has passed nobody is master', async () => {
    const deadline = page.locator('.router-deadline b');
    await deadline.waitFor();
    // Between two adverts, which are a second apart; a busy machine may have to look at more than one such second.
    await expect.poll(() => textsWithinASecond(deadline), { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    clearInterval(master);
    await page.locator('.router-state', { hasText: 'no master' }).waitFor();
    await page.locator('.role-lost').waitFor();
  });

  test('a split brain is two bars at once, and a mark that says so', async () => {
    const lanes = page.locator('.lane:not(.whole)');
    expect(await lanes.locator('.name').allTextContents()).toEqual(['10.99.0.11', '10.99.0.12']);
    const [first, second] = await Promise.all([0, 1].map((i) => lanes.nth(i).locator('.role-master').boundingBox()));
    const both = await page.locator('.role-two-masters').boundingBox();
    if (!first || !second || !both) throw new Error('a bar is missing');
    expect(first.x).toBeLessThan(second.x);
    expect(first.x + first.width).toBeGreaterThan(second.x + second.width);
    expect(Math.abs(both.x - second.x)).toBeLessThan(1);
    expect(Math.abs(both.width - second.width)).toBeLessThan(1);
  });

  test('a click on it opens its event, with its frames to download', async () => {
    const { items } = (await (await fetch(`${monitor.url}/api/v1/events?q=kind==vrrp.two_masters`)).json()) as { items: Event[] };
    [split] = items;
    await page.locator('.role-two-masters').click();
    const opened = page.locator('.router-events li.chosen');
    await opened.waitFor();
    expect(await opened.textContent()).toContain(split.text);
    expect(query(page).get('event')).toBe(split.id);
    const path = await opened.getByText('download pcap').getAttribute('href');
    const file = Buffer.from(await (await fetch(monitor.url + path)).arrayBuffer());
    expect(file.readUInt32LE()).toBe(PCAP_MAGIC);
  });

  test('plots are drawn in the colours of the theme, and anew when it changes', async () => {
    const all = [true, true, true];
    await expect.poll(() => plotsInTheirColour(page)).toEqual(all);
    const colour = () =>
      page
        .locator('[data-sender="0"]')
        .first()
        .evaluate((swatch) => getComputedStyle(swatch).color);
    const before = await colour();
    await page.keyboard.press('t');
    await page.keyboard.press('t');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light');
    await expect.poll(colour).not.toBe(before);
    await expect.poll(() => plotsInTheirColour(page)).toEqual(all);
  });

  /** 40 seconds around the split. */
  async function showSplit(): Promise<void> {
    const [from, to] = [-20_000, 20_000].map((millis) => new Date(Date.parse(split.at) + millis).toISOString());
    await page.goto(`${monitor.url}/vrrp?${new URLSearchParams({ from, to })}`);
    await page.locator('.plot .u-over').first().waitFor();
  }

  test('keys zoom, pan and reset, and the address says it', async () => {
    await showSplit();
    await page.keyboard.press('+');
    await expect.poll(() => lengthShown(page)).toBe(20_000);
    const from = query(page).get('from') ?? '';
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => Date.parse(from) - Date.parse(query(page).get('from') ?? '')).toBe(5000);
    await page.keyboard.press('0');
    await expect.poll(() => query(page).has('from')).toBe(false);
  });

  test('what is drawn over the plots is zoomed into in the lanes, and lanes and plots share their edges', async () => {
    await showSplit();
    const [bars, plot] = [await page.locator('.bars').first().boundingBox(), await page.locator('.plot .u-over').first().boundingBox()];
    if (!bars || !plot) throw new Error('nothing is drawn');
    expect(Math.abs(bars.x - plot.x)).toBeLessThan(1);
    expect(Math.abs(bars.width - plot.width)).toBeLessThan(1);
    await page.mouse.move(plot.x + plot.width * 0.25, plot.y + 10);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.75, plot.y + 10, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => Math.abs(lengthShown(page) - 20_000)).toBeLessThan(200);
    await page.mouse.dblclick(plot.x + plot.width / 2, plot.y + 10);
    await expect.poll(() => query(page).has('from')).toBe(false);
  });

  test('one virtual router has an address of its own', async () => {
    await page.getByText('only this one').click();
    expect(new URL(page.url()).pathname).toBe('/vrrp/ipv4-51-0');
    await page.getByText('all virtual routers').waitFor();
    await page.reload();
    await page.locator('.role-two-masters').waitFor();
  });

  test.each(['dark', 'light'] as const)('axe finds nothing serious, %s', async (colorScheme) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
    const own = await context.newPage();
    await own.goto(`${monitor.url}/vrrp?event=${split.id}`);
    await own.locator('.event-opened').waitFor();
    await own.locator('figure.plot').first().waitFor();
    const { violations } = await new AxeBuilder({ page: own }).include('main').analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    await context.close();
  });

  test('400 pixels are wide enough', async () => {
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });

  test('the browser had nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
