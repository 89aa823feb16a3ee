/** Pages of the dashboard under the eyes of a test. */
import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { PAGE_PATHS } from '../../src/http/page.ts';

/** Every page; `:id` stands for the first item of its list. */
export const PATHS = ['/', ...PAGE_PATHS];

export interface Watching {
  readonly page: Page;
  /** What went wrong: errors and warnings, breaches of the policy, refusals, requests to another host. */
  readonly complaints: string[];
  /** Loads the page, and waits until it shows what the monitor says. */
  show(path: string): Promise<void>;
}

/** @param url of the monitor, without a slash at its end */
export async function addressOf(url: string, path: string): Promise<string> {
  const [, list] = /^\/(\w+)\/:id$/.exec(path) ?? [];
  if (list === undefined) return url + path;
  const { items } = (await (await fetch(`${url}/api/v1/${list}`)).json()) as { items: { id: string }[] };
  return `${url}/${list}/${encodeURIComponent(items[0].id)}`;
}

export async function watching(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watching> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      throw new Error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
  page.on('request', (request) => new URL(request.url()).origin !== url && complaints.push(`asked ${request.url()}`));
  const underWay = new Set<Request>();
  page.on('request', (request) => underWay.add(request));
  page.on('requestfinished', (request) => underWay.delete(request));
  page.on('requestfailed', (request) => underWay.delete(request));
  return {
    page,
    complaints,
    async show(path) {
      await page.goto(await addressOf(url, path));
      await page.locator('#link[data-phase=live]').waitFor();
      // However fast the machine is: what was asked is answered, and the page has nothing left to do.
      do await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
      while (underWay.size > 0);
    },
  };
}
