/** Debian's Chromium, started as the tests and the bench want it. */
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = new URL('./chromium-arguments.json', import.meta.url);

/**
 * @param {Pick<import('playwright-core').LaunchOptions, 'ignoreDefaultArgs'>} options
 * @returns {Promise<import('playwright-core').Browser>}
 */
export function openChromium(options = {}) {
  return chromium.launch({ executablePath: CHROMIUM, args: JSON.parse(readFileSync(ARGUMENTS, 'utf8')), ...options });
}
