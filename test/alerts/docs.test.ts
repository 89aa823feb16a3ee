/** What docs/alerts.md shows is what is so: its example is accepted, its receiver takes what is sent. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { tryReceivers } from '../../src/alerts/try-receivers.ts';
import { readAlerting } from '../../src/contract/alerting.ts';
import { ROOT } from '../environment.ts';
import { alertingOf } from './playing.ts';
import { sink } from './sink.ts';

const page = readFileSync(join(ROOT, 'docs', 'alerts.md'), 'utf8');

function block(language: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (text === undefined) throw new Error(`no ${language} in the page`);
  return text;
}

test('the example is a configuration', () => {
  const { alerts } = parse(block('yaml')) as { alerts: unknown };
  expect(readAlerting(alerts)).toMatchObject({ value: { rules: [{ name: 'pages' }, { name: 'all the rest' }] } });
});

test('the receiver takes what is sent and refuses what was changed on the way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'receiver.mjs'), `${block('js')}\nexport { isFromLvscope };\n`);
  const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
  writeFileSync(join(folder, 'secret'), secret);
  const { isFromLvscope } = (await import(pathToFileURL(join(folder, 'receiver.mjs')).href)) as {
    isFromLvscope(headers: object, body: string, secret: string): boolean;
  };
  const to = await sink();
  const config = `{receivers: [{name: hook, webhook: {url: '${to.url}', secretFile: '${join(folder, 'secret')}'}}], rules: []}`;
  await tryReceivers(alertingOf(config), null, { sensor: 'lab', url: 'http://x/' });
  const [{ headers, body }] = to.hooks;
  expect(isFromLvscope(headers, body, secret)).toBe(true);
  expect(isFromLvscope(headers, `${body} `, secret)).toBe(false);
  expect(isFromLvscope({ ...headers, 'webhook-id': 'other' }, body, secret)).toBe(false);
  expect(isFromLvscope({ ...headers, 'webhook-timestamp': '1000' }, body, secret)).toBe(false);
});
