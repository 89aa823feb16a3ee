/** Whether everybody can use every page: by screen reader, by keyboard, in both themes, on a telephone. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, play, shifted, startFed } from './fed.ts';
import { PATHS, type Watching, watching } from './watching.ts';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 400, height: 800 };
/** Of web.dev, Cumulative Layout Shift: good. */
const GOOD_SHIFT = 0.1;
const CONTROLS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
/** Marks of a picture repeat what a list says, and are passed by. */
const STOPS = `:is(${CONTROLS}):not([tabindex="-1"])`;

const openDetails = (page: Page): Promise<void> => page.getByRole('button', { name: 'details' }).first().click();
async function beginFilter(page: Page): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.type('sta');
}

/** What a page shows only when it is asked to, where, and how one sees that it is there. */
const OPENED: readonly (readonly [what: string, path: string, open: (page: Page) => Promise<void>, shown: string])[] = [
  ['the list of keys', '/', (page) => page.keyboard.press('?'), 'dialog[open]'],
  ['what a filter may go on with', '/connections', beginFilter, '[role=option]'],
  ['the life of a session', '/connections', openDetails, 'aside'],
  ['an anomaly', '/anomalies', openDetails, 'aside'],
  ['an event', '/events', openDetails, 'aside'],
];

/** How far things were pushed about since the page was loaded, by the second after it was shown. */
function shiftOf(page: Page, shown: number): Promise<number> {
  return page.evaluate(async (shown) => {
    let sum = 0;
    // The library for DOM types knows no entries of this kind.
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
    });
    observer.observe({ type: 'layout-shift', buffered: true });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, shown + 1000 - performance.now())));
    return sum;
  }, shown);
}

/** What axe finds of serious and critical. */
async function graveFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`));
}

/** Numbers what Tab must come to. @returns how much that is */
function numberStops(page: Page): Promise<number> {
  return page.locator(STOPS).evaluateAll((all) => {
    const there = all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled'));
    for (const [n, element] of there.entries()) element.setAttribute('data-stop', String(n));
    return there.length;
  });
}

/** The number of what has the focus, and whether one sees that it does. */
function focused(page: Page): Promise<{ stop: string | null; seen: boolean; html: string }> {
  return page.evaluate(() => {
    const element = document.activeElement ?? document.body;
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    return {
      stop: element.getAttribute('data-stop'),
      seen: element === document.body || outlineStyle !== 'none' || boxShadow !== 'none',
      html: element.outerHTML.slice(0, 100),
    };
  });
}

describe.skipIf(needs('chromium'))('the page', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let watched: Watching;
  let page: Page;
  const over = new AbortController();
  let playing: Promise<void>;

  beforeAll(async () => {
    monitor = await startFed();
    // A failover that is over, then another pair at work while the tests look.
    const before = framesOf('dr-v1-failover');
    monitor.feed(shifted(before, before.at(-1)));
    playing = play(monitor, framesOf('split-brain'), over.signal);
    browser = await openBrowser();
    watched = await watching(browser, monitor.url, { viewport: WIDE });
    page = watched.page;
  }, 60_000);
  afterAll(async () => {
    over.abort();
    await playing;
    await browser?.close();
    await monitor?.stop();
  });

  describe.each(PATHS)('%s', (path) => {
    let shown = 0;
    beforeAll(async () => {
      await watched.show(path);
      shown = await page.evaluate(() => performance.now());
    });

    test.each(['light', 'dark'] as const)('has nothing that axe calls serious, %s', async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      expect(await graveFindings(page)).toEqual([]);
    });

    test('pushes nothing about while it works', async () => {
      expect(await shiftOf(page, shown)).toBeLessThan(GOOD_SHIFT);
    });

    test('lets Tab come to everything, and shows where it is', async () => {
      const stops = await numberStops(page);
      expect(stops).toBeGreaterThan(9);
      const reached = new Set<string>();
      const unseen: string[] = [];
      // Rows may have come meanwhile.
      for (let presses = 0; presses < 2 * stops && reached.size < stops; presses++) {
        await page.keyboard.press('Tab');
        const { stop, seen, html } = await focused(page);
        if (stop !== null) reached.add(stop);
        if (!seen) unseen.push(html);
      }
      const left = await page
        .locator('[data-stop]')
        .evaluateAll((all) => all.map((element) => [element.getAttribute('data-stop') ?? '', element.outerHTML.slice(0, 100)]));
      expect(left.filter(([stop]) => !reached.has(stop))).toEqual([]);
      expect(unseen).toEqual([]);
    });

    test('has nothing that only a mouse can press', async () => {
      // Cells of a grid have its keys.
      const others = `${CONTROLS}, label, [role=grid]`;
      const pressed = await page
        .locator('body *')
        .evaluateAll(
          (all, others) =>
            all
              .filter((element) => getComputedStyle(element).cursor === 'pointer' && element.closest(others) === null)
              .map((element) => element.outerHTML.slice(0, 100)),
          others,
        );
      expect(pressed).toEqual([]);
    });

    test('stands still for those who asked for that', async () => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const moving = () => page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
      // What had begun before may come to its end.
      await expect.poll(moving).toBe(0);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
    });

    test('fits into 400 pixels', async () => {
      await page.setViewportSize(NARROW);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      await page.setViewportSize(WIDE);
      expect(wide).toBeLessThanOrEqual(NARROW.width);
    });
  });

  test.each(OPENED)('has nothing that axe calls serious with %s open', async (_, path, open, shown) => {
    await watched.show(path);
    await open(page);
    await page.locator(shown).first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await graveFindings(page)).toEqual([]);
    }
  });

  test('is gone through by keys, and ? says by which', async () => {
    await watched.show('/');
    const links = await page
      .locator('nav a')
      .evaluateAll((all) => all.map((link) => [link.getAttribute('href') ?? '', link.getAttribute('title') ?? '']));
    expect(links.map(([href]) => href).sort()).toEqual(PATHS.filter((path) => !path.includes(':')).sort());
    for (const [href, keys] of links.reverse()) {
      expect(keys).toMatch(/^g [a-z]$/);
      await page.keyboard.press('g');
      await page.keyboard.press(keys[2]);
      await expect.poll(() => new URL(page.url()).pathname).toBe(href);
      await expect.poll(() => page.locator('nav [aria-current=page]').getAttribute('href')).toBe(href);
    }
    await page.keyboard.press('?');
    const help = await page.locator('dialog[open]').textContent();
    for (const [, keys] of links) expect(help).toContain(keys);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  });

  test('works without a complaint', () => {
    expect(watched.complaints).toEqual([]);
  });
});
