/** Receivers that are down, slow or refuse; signatures, worked out by hand from the text of the Standard Webhooks specification. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testNotification } from '../../src/alerts/notification.ts';
import { slackBody } from '../../src/alerts/slack.ts';
import { tryReceivers } from '../../src/alerts/try-receivers.ts';
import { alertingOf, playing } from './playing.ts';
import { envelopes, sink, until } from './sink.ts';

const FAST = { firstMs: 20, longestMs: 100, oldestMs: 60_000 };
const SENDER = { sensor: 'lab', url: 'http://127.0.0.1:9852/' };

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, text);
  return path;
}

const hook = (url: string, more = ''): string => `
receivers: [{name: hook, webhook: {url: '${url}'${more}}}]
rules: [{name: vrrp, match: {kind: vrrp.*}, receivers: [hook]}]`;

describe('a receiver', () => {
  test('that is down for a while gets all of it, in order, each once', async () => {
    const down = await sink();
    const { port, url } = down;
    await down.close();
    const played = playing(hook(url), { timing: FAST });
    played.recording('split-brain');
    const waiting = () => played.alerts.receivers()[0];
    await until('it was tried', () => waiting().lastError !== null);
    expect(waiting()).toMatchObject({ delivered: 0, failed: 0, lastError: 'ECONNREFUSED: nothing listens there' });
    expect(waiting().nextAttempt).toMatch(/^20/);
    const count = waiting().waiting;
    expect(count).toBeGreaterThan(3);
    const up = await sink(undefined, port);
    await until('all is delivered', () => waiting().waiting === 0);
    const told = envelopes(up).map(({ data }) => data);
    expect(told).toHaveLength(count);
    expect(new Set(told.map(({ id }) => id)).size).toBe(count);
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted());
    expect(waiting()).toMatchObject({ delivered: count, failed: 0, lastError: null, nextAttempt: null });
    // A receiver that is down is one line in the log, however often it is tried.
    expect(played.warned).toEqual(['hook: ECONNREFUSED: nothing listens there']);
  });

  test('that fails and says when to come again is asked then, with the same id', async () => {
    const to = await sink((n) => (n === 0 ? { status: 503, headers: { 'retry-after': '1' } } : { status: 200 }));
    const played = playing(hook(to.url), { timing: FAST });
    played.recording('dr-v1-failover');
    await until('all is delivered', () => played.alerts.receivers()[0].waiting === 0);
    const [first, second] = to.hooks;
    expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(990);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(second.body).toBe(first.body);
  });

  test.each([408, 429, 500, 503])('that answers %i is tried again', async (status) => {
    const to = await sink((n) => ({ status: n < 2 ? status : 200 }));
    const played = playing(hook(to.url), { timing: FAST });
    played.recording('dr-v1-failover');
    await until('all is delivered', () => played.alerts.receivers()[0].waiting === 0);
    expect(new Set(to.hooks.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(played.alerts.receivers()[0].failed).toBe(0);
  });

  test.each([400, 401, 404, 410, 302])('that answers %i is not: the next notification is sent', async (status) => {
    const elsewhere = await sink();
    const to = await sink((n) => (n === 0 ? { status, headers: { location: elsewhere.url } } : { status: 200 }));
    const played = playing(hook(to.url), { timing: FAST });
    played.recording('dr-v1-failover');
    await until('all is settled', () => played.alerts.receivers()[0].waiting === 0);
    const ids = to.hooks.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    expect(played.alerts.receivers()[0]).toMatchObject({ failed: 1, delivered: ids.length - 1 });
    expect(elsewhere.hooks).toEqual([]);
  });

  test('that has been down for too long does not get what is old', async () => {
    const played = playing(hook('http://127.0.0.1:9/'), { timing: { ...FAST, oldestMs: 200 } });
    played.recording('split-brain');
    await until('all is given up', () => played.alerts.receivers()[0].waiting === 0);
    expect(played.alerts.receivers()[0].failed).toBeGreaterThan(3);
    played.flush();
    expect([...played.kept.keys()].filter((key) => key.startsWith('alert_deliveries'))).toEqual([]);
  });

  test('that answers without end is read no further than is shown', async () => {
    const to = await sink(() => ({ status: 400, body: `no\u001b[2J${'x'.repeat(5_000_000)}` }));
    const [tried] = await tryReceivers(alertingOf(hook(to.url)), null, SENDER);
    expect(tried.error).toMatch(/^it answers 400: no \[2Jx{100,200}$/);
  });
});

describe('a webhook', () => {
  // The specification's form: base64 after whsec_; here 32 octets.
  const KEY = Buffer.alloc(32, 7);

  test('is signed as the specification says: HMAC-SHA256 over id.timestamp.body', async () => {
    const to = await sink();
    const secret = file(`whsec_${KEY.toString('base64')}\n`);
    const played = playing(hook(to.url, `, secretFile: '${secret}', headers: {X-Team: net}`));
    played.recording('dr-v1-failover');
    await until('all is delivered', () => played.alerts.receivers()[0].waiting === 0);
    expect(to.hooks.length).toBeGreaterThan(2);
    for (const { headers, body, atMs } of to.hooks) {
      const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
      const expected = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
      expect(signature).toBe(`v1,${expected}`);
      expect(Math.abs(Number(timestamp) * 1000 - atMs)).toBeLessThan(2000);
      expect(headers).toMatchObject({ 'x-team': 'net', 'content-type': 'application/json' });
      expect((JSON.parse(body) as { data: { id: string } }).data.id).toBe(id);
    }
  });

  test('has an Authorization header from a file, read anew each time', async () => {
    const to = await sink();
    const secret = file('Bearer one');
    const alerting = alertingOf(hook(to.url, `, authorizationFile: '${secret}'`));
    await tryReceivers(alerting, null, SENDER);
    writeFileSync(secret, 'Bearer two');
    await tryReceivers(alerting, null, SENDER);
    expect(to.hooks.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
  });

  test.each([
    ['not base64!', /the secret in .* is none: write whsec_/],
    ['', /secret is empty$/],
  ])('with %j for a secret says so and shows nothing of it', async (text, sentence) => {
    const to = await sink();
    const [tried] = await tryReceivers(alertingOf(hook(to.url, `, secretFile: '${file(text)}'`)), null, SENDER);
    expect(tried.error).toMatch(sentence);
    expect(tried.error).not.toContain('base64!');
    expect(to.hooks).toEqual([]);
  });

  test('takes the name of a systemd credential', async () => {
    const to = await sink();
    const path = file(`whsec_${KEY.toString('base64')}`);
    process.env.CREDENTIALS_DIRECTORY = join(path, '..');
    onTestFinished(() => {
      delete process.env.CREDENTIALS_DIRECTORY;
    });
    const [tried] = await tryReceivers(alertingOf(hook(to.url, ', secretFile: secret')), null, SENDER);
    expect(tried).toEqual({ id: 'hook', kind: 'webhook', error: null });
  });
});

describe('Slack', () => {
  test('gets its own JSON at an address that is a secret', async () => {
    const to = await sink();
    const path = file(`${to.url}/T000/B000/verysecret\n`);
    const played = playing(`
receivers: [{name: chat, slack: {urlFile: '${path}'}}]
rules: [{name: critical, match: {severity: critical}, receivers: [chat]}]`);
    played.recording('split-brain');
    await until('both are told', () => to.hooks.length === 2);
    expect(to.hooks[0].path).toBe('/hook/T000/B000/verysecret');
    const [begin, end] = to.hooks.map(({ body }) => JSON.parse(body) as { text: string; attachments: { color: string }[] });
    expect(begin.text).toMatch(/^\[firing\] critical vrrp\.two_masters: VRID 51 \(IPv4\)/);
    expect(end.text).toMatch(/^\[resolved\] /);
    expect([begin, end].map(({ attachments }) => attachments[0].color)).toEqual(['#d00000', '#2e9e4f']);
    played.flush();
    const said = JSON.stringify([played.alerts.receivers(), played.alerts.alerts(), played.warned, [...played.kept.values()]]);
    expect(said).not.toContain('verysecret');
  });

  test('has nothing in it that could be taken for a link, a mention or a new line', () => {
    const notification = { ...testNotification(0, SENDER), summary: '<!channel> & \u0007<http://x|y>\n2' };
    expect((JSON.parse(slackBody(notification)) as { text: string }).text).toBe(
      '[test] info lvscope.test: &lt;!channel&gt; &amp;  &lt;http://x|y&gt; 2',
    );
  });
});

test('addresses and secrets stay out of errors', async () => {
  const down = await sink();
  await down.close();
  const path = file(`http://127.0.0.1:${down.port}/verysecret`);
  const tried = await tryReceivers(alertingOf(`{receivers: [{name: chat, slack: {urlFile: '${path}'}}], rules: []}`), null, SENDER);
  expect(tried).toEqual([{ id: 'chat', kind: 'slack', error: 'ECONNREFUSED: nothing listens there' }]);
});
