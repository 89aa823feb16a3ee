/** RFC 5424, held against its grammar (section 6), over UDP, TCP and a socket of Unix. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testNotification } from '../../src/alerts/notification.ts';
import { syslogLine } from '../../src/alerts/syslog-line.ts';
import { tryReceivers } from '../../src/alerts/try-receivers.ts';
import { alertingOf, playing } from './playing.ts';
import { until } from './sink.ts';

/** Its rules, from the top: HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID. */
const PRINTUSASCII = '[\\x21-\\x7e]';
const SD_NAME = '[\\x21\\x23-\\x3c\\x3e-\\x5c\\x5e-\\x7e]{1,32}';
const PARAM_VALUE = '(?:[^"\\\\\\]]|\\\\["\\\\\\]])*';
const TIMESTAMP =
  '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-]\\d\\d:\\d\\d)';
const SD_ELEMENT = `\\[(?<sdid>${SD_NAME})(?<params>(?: ${SD_NAME}="${PARAM_VALUE}")*)\\]`;
const MESSAGE = new RegExp(
  `^<(?<pri>0|[1-9]\\d{0,2})>1 (?<at>${TIMESTAMP}) (?<host>${PRINTUSASCII}{1,255}) (?<app>${PRINTUSASCII}{1,48}) ` +
    `(?<proc>${PRINTUSASCII}{1,128}) (?<msgid>${PRINTUSASCII}{1,32}) ${SD_ELEMENT} \\ufeff(?<msg>.*)$`,
  'su',
);

function parsed(line: string) {
  const groups = MESSAGE.exec(line)?.groups;
  if (!groups) throw new Error(`no message of RFC 5424: ${line}`);
  const params = [...groups.params.matchAll(new RegExp(` (${SD_NAME})="(${PARAM_VALUE})"`, 'gu'))];
  const data = Object.fromEntries(params.map(([, name, value]) => [name, value.replaceAll(/\\(["\\\]])/g, '$1')]));
  const { pri, at, host, app, proc, msgid, sdid, msg } = groups;
  return { facility: Math.floor(Number(pri) / 8), severity: Number(pri) % 8, at, host, app, proc, msgid, sdid, msg, data };
}

const config = (target: string): string => `
receivers: [{name: log, syslog: {target: '${target}', facility: local3}}]
rules: [{name: critical, match: {severity: critical}, receivers: [log]}]`;

test('a split brain over UDP: a critical message and a notice', async () => {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const lines: string[] = [];
  socket.on('message', (octets) => lines.push(octets.toString('utf8')));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  playing(config(`udp://127.0.0.1:${socket.address().port}`)).recording('split-brain');
  await until('both came', () => lines.length === 2);
  const [begin, end] = lines.map(parsed);
  // local3 is 19; critical 2, notice 5 (section 6.2.1).
  expect(begin).toMatchObject({
    facility: 19,
    severity: 2,
    host: 'lab',
    app: 'lvscope',
    proc: String(process.pid),
    msgid: 'vrrp.two_masters',
  });
  expect(begin.msg).toMatch(/^\[firing\] VRID 51 \(IPv4\): /);
  expect(begin.data).toMatchObject({ status: 'firing', kind: 'vrrp.two_masters', severity: 'critical', vrid: '51', family: 'ipv4' });
  expect(begin.data).not.toHaveProperty('endsAt');
  expect(end).toMatchObject({
    severity: 5,
    data: { status: 'resolved', fingerprint: begin.data.fingerprint, startsAt: begin.data.startsAt },
  });
});

test('what needs to be is escaped, and one message stays one line', () => {
  const notification = { ...testNotification(0, { sensor: 'a name ü', url: 'http://x/"]\\' }), summary: 'one\ntwo \u0000 ü' };
  const { host, data, msg } = parsed(syslogLine(notification, 'daemon', 7));
  expect(host).toBe('aname');
  expect(data.url).toBe('http://x/"]\\');
  expect(msg).toBe('[test] one two   ü');
});

async function listening(server: Server, where: number | string): Promise<string[]> {
  const messages: string[] = [];
  server.on('connection', (socket) => {
    let octets = Buffer.alloc(0);
    socket.on('data', (part) => {
      octets = Buffer.concat([octets, part]);
    });
    // RFC 6587 section 3.4.1: MSG-LEN SP SYSLOG-MSG, the length in octets.
    socket.on('end', () => {
      const [, length = '', rest = ''] = /^([1-9]\d*) (.*)$/s.exec(octets.toString('utf8')) ?? [];
      expect(Buffer.byteLength(rest)).toBe(Number(length));
      messages.push(rest);
    });
  });
  await new Promise<void>((resolve) =>
    typeof where === 'number' ? server.listen(where, '127.0.0.1', resolve) : server.listen(where, resolve),
  );
  onTestFinished(() => void server.close());
  return messages;
}

test('over TCP and a socket of Unix the octets are counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-syslog-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tcp = createServer();
  const messages = [await listening(tcp, 0), await listening(createServer(), join(folder, 'log'))];
  const targets = [`tcp://127.0.0.1:${(tcp.address() as AddressInfo).port}`, `unix://${join(folder, 'log')}`];
  for (const target of targets) {
    const [tried] = await tryReceivers(alertingOf(config(target)), null, { sensor: 'lab', url: 'http://x/' });
    expect(tried.error).toBeNull();
  }
  await until('both came', () => messages.every((some) => some.length === 1));
  for (const [line] of messages) expect(parsed(line)).toMatchObject({ facility: 19, severity: 6, msgid: 'lvscope.test' });
});

test.each([
  ['tcp://127.0.0.1:9', 'ECONNREFUSED: nothing listens there'],
  ['unix:///nowhere/log', 'ENOENT: there is no such socket'],
])('%s is not there', async (target, error) => {
  const [tried] = await tryReceivers(alertingOf(config(target)), null, { sensor: 'lab', url: 'http://x/' });
  expect(tried.error).toBe(error);
});
