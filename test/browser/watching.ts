/** Pages of the dashboard under the eyes of a test. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Every page that has no id in its path. */
export const PATHS = ['/', '/connections', '/vrrp', '/failovers', '/neighbors', '/groups', '/daemons', '/events', '/anomalies'] as const;

export interface Watching {
  readonly page: Page;
  /** What went wrong: errors and warnings, breaches of the policy, refusals, requests to another host. */
  readonly complaints: string[];
  /** Loads the path, and waits until it shows what the monitor says. */
  show(path: string): Promise<void>;
}

export async function watching(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watching> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(10_000);
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
  return {
    page,
    complaints,
    async show(path) {
      await page.goto(url + path);
      await page.locator('#link[data-phase=live]').waitFor();
      await page.waitForLoadState('networkidle');
    },
  };
}
