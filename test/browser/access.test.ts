/** The page in a real browser, behind TLS and basic authentication: what the browser asks for by itself has the credentials too. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { certificate } from '../http/certificates.ts';
import { bcrypt, type Guarded, guarded } from '../http/guarded.ts';
import { openBrowser } from './demo.ts';

describe.skipIf(needs('chromium', 'openssl'))('the page behind its access rules', () => {
  let program: Guarded;
  let browser: Browser;

  beforeAll(async () => {
    const { cert, key } = certificate('localhost', { DNS: 'localhost' });
    const tls = 'tls_server_config:\n  cert_file: a.pem\n  key_file: a.key\n';
    program = await guarded({ 'a.pem': cert, 'a.key': key, 'web.yml': `${tls}basic_auth_users:\n  alice: ${bcrypt('wonder')}\n` });
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await program.stop();
  });

  test('opens its live connection, and is told the table', async () => {
    const page = await browser.newPage({ ignoreHTTPSErrors: true, httpCredentials: { username: 'alice', password: 'wonder' } });
    const socket = page.waitForEvent('websocket');
    await page.goto(program.url);
    const received = await (await socket).waitForEvent('framereceived');
    expect(String(received.payload)).toContain('"type":"snapshot"');
    await page.close();
  });

  test('is not there without them', async () => {
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    const answer = await page.goto(program.url).catch((error: Error) => error.message);
    expect(typeof answer === 'string' ? answer : answer?.status()).toSatisfy(
      (told) => told === 401 || /ERR_INVALID_AUTH/.test(String(told)),
    );
    await page.close();
  });
});
