/** What is sent to a browser: how much, from where, and under which policy it works. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs, ROOT } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, shifted, startFed } from './fed.ts';
import { addressOf, PATHS, type Watching, watching } from './watching.ts';

const BUNDLE = join(ROOT, 'dist', 'web');
const WEB = join(ROOT, 'web');
const files = readdirSync(BUNDLE, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(BUNDLE, file)).isFile());
const text = (file: string): string => readFileSync(join(BUNDLE, file), 'utf8');

test('the bundle is smaller than 150 kB, as it travels', () => {
  const scripts = files.filter((file) => /\.(js|css)$/.test(file));
  expect(scripts.length).toBeGreaterThan(1);
  const octets = scripts.reduce((sum, file) => sum + gzipSync(text(file)).length, 0);
  process.stdout.write(`bundle: ${octets} octets in gzip\n`);
  expect(octets).toBeLessThan(150_000);
});

test('no built file names another host, but for names of XML', () => {
  const named = files.flatMap((file) => [...text(file).matchAll(/\b(?:https?|wss?):\/\/[\w.-]+/g)].map(([found]) => `${file}: ${found}`));
  expect(named.filter((found) => !found.endsWith('//www.w3.org'))).toEqual([]);
});

test('text never becomes markup or code', () => {
  const sources = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  expect(sources.length).toBeGreaterThan(20);
  const made = sources.filter((file) =>
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/i.test(readFileSync(join(WEB, file), 'utf8')),
  );
  expect(made).toEqual([]);
  expect(text('index.html').match(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/gi)).toBeNull();
});

describe.skipIf(needs('chromium'))('the policy', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let watched: Watching;

  beforeAll(async () => {
    monitor = await startFed();
    const frames = framesOf('dr-v1-failover');
    monitor.feed(shifted(frames, frames.at(-1)));
    browser = await openBrowser();
    watched = await watching(browser, monitor.url);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test.each(PATHS)('%s comes with it and keeps it', async (path) => {
    const answer = await fetch(await addressOf(monitor.url, path));
    expect(answer.headers.get('content-security-policy')?.split(';')).toEqual([
      "default-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "object-src 'none'",
    ]);
    await watched.show(path);
    expect(watched.complaints.splice(0)).toEqual([]);
  });

  test('a script and a style that are not ours do not run', async () => {
    const ran = await watched.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.body.id = "theirs"';
      document.body.append(script);
      return document.body.id;
    });
    expect(ran).toBe('');
    await expect.poll(() => watched.complaints.some((text) => text.startsWith('policy: script-src'))).toBe(true);
  });
});
