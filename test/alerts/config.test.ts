/** The section `alerts` of the configuration file: what it says, and everything that is wrong with it at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config-file.ts';
import { OperatorError } from '../../src/errors.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscope-alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, 'lvscope.yaml');
  writeFileSync(path, text);
  return path;
}

test('everything that can be said', () => {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  const { alerts } = readConfigFile(
    written(`alerts:
  url: https://lvscope.example/
  receivers:
    - {name: hook, webhook: {url: 'https://hooks.example/x', secretFile: ${secret}, headers: {X-Team: net}}}
    - {name: chat, slack: {urlFile: ${secret}}}
    - {name: am, alertmanager: {urls: ['http://am1:9093', 'http://am2:9093'], basicAuthFile: ${secret}}}
    - {name: log, syslog: {target: 'udp://[::1]:514', facility: local0}}
  rules:
    - name: vrrp
      match: {kind: vrrp.*, severity: warning, vrid: 51, family: ipv6, vip: 'FE80::0064', interface: eth0, vlan: [0, 100]}
      receivers: [hook, am]
      repeatEvery: 4h
      flap: {changes: 3, withinSeconds: 60, quietSeconds: 120}
      resolved: false
    - {name: rest, receivers: [log]}
  silences:
    - {match: {vrid: 52}, from: '2026-12-01T21:00:00+01:00', to: '2026-12-01T22:00:00Z', comment: update}
  maintenance:
    - {name: night, days: [sun, tue], from: '22:00', to: '02:00', timeZone: Europe/Berlin}
`),
  );
  const match = {
    kind: ['vrrp.*'],
    severity: 'warning',
    vrid: [51],
    family: 'ipv6',
    vip: ['fe80::64'],
    interface: ['eth0'],
    vlan: [0, 100],
  };
  expect(alerts).toMatchObject({
    url: 'https://lvscope.example/',
    rules: [
      { match, repeatMicros: 14_400_000_000, flap: { changes: 3, withinMicros: 60_000_000, quietMicros: 120_000_000 }, resolved: false },
      { match: {}, repeatMicros: null, flap: { changes: 6 }, resolved: true },
    ],
    silences: [{ fromMicros: Date.UTC(2026, 11, 1, 20) * 1000, toMicros: Date.UTC(2026, 11, 1, 22) * 1000 }],
    maintenance: [{ days: [0, 2], fromMinute: 1320, toMinute: 120 }],
  });
});

test('more than ten mistakes are told at once, each with its line and key', () => {
  const path = written(`alerts:
  receivers:
    - {name: one, webhook: {url: 'ftp://files.example/', headers: {Authorization: Bearer x}}}
    - {name: two, slack: {}}
    - {name: two, syslog: {target: 'udp://log.example'}}
    - {name: both, slack: {url: 'https://a.example/'}, syslog: {target: 'unix:///dev/log'}}
    - {name: file, webhook: {url: 'https://a.example/', secretFile: /nowhere/secret}}
  rules:
    - {name: a, match: {kind: vrrp.nothing, vrid: 300}, receivers: [tree]}
    - {name: b, match: {severity: grave}, receivers: [one], repeatEvery: 5 hours}
    - {name: c, match: {address: 10.0.0}, receivers: [one], flap: {changes: 1}}
    - {name: d, receivers: [one], colour: red}
  silences:
    - {match: {}, from: tomorrow, to: '2026-12-01T22:00:00Z', comment: update}
    - {match: {}, from: '2026-12-02T22:00:00Z', to: '2026-12-01T22:00:00Z', comment: update}
  maintenance:
    - {name: n, days: [monday], from: '24:00', to: '2:00', timeZone: Mars/Olympus}
`);
  let message = '';
  try {
    readConfigFile(path);
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    message = (error as OperatorError).message;
  }
  const told = message.slice(`${path}: `.length).split('; ');
  const expected: [line: number, key: string, text: string][] = [
    [3, 'alerts.receivers.0.webhook.url', 'a URL of http or https'],
    [3, 'alerts.receivers.0.webhook.headers', 'none of authorization'],
    [4, 'alerts.receivers.1.slack', 'url or urlFile'],
    [5, 'alerts.receivers.2.name', 'two is there already'],
    [5, 'alerts.receivers.2.syslog.target', 'udp://HOST:PORT'],
    [6, 'alerts.receivers.3', 'exactly one of webhook, slack, alertmanager, syslog'],
    [7, 'alerts.receivers.4.webhook.secretFile', '/nowhere/secret cannot be read (ENOENT)'],
    [9, 'alerts.rules.0.match.kind.0', 'vrrp.nothing is no kind'],
    [9, 'alerts.rules.0.match.vrid.0', 'must be <= 255'],
    [9, 'alerts.rules.0.receivers.0', 'there is no receiver tree among one, two, two, both, file'],
    [10, 'alerts.rules.1.match.severity', 'info, warning, critical'],
    [10, 'alerts.rules.1.repeatEvery', '5 hours is no duration'],
    [11, 'alerts.rules.2.match.address.0', '10.0.0 is no IP address'],
    [11, 'alerts.rules.2.flap.changes', 'must be >= 2'],
    [12, 'alerts.rules.3.colour', 'is no key that is known here'],
    [14, 'alerts.silences.0.from', 'tomorrow is no time'],
    [15, 'alerts.silences.1.to', 'it ends before it begins'],
    [17, 'alerts.maintenance.0.days.0', 'sun, mon, tue'],
    [17, 'alerts.maintenance.0.from', '24:00 is no time of day'],
    [17, 'alerts.maintenance.0.to', '2:00 is no time of day'],
    [17, 'alerts.maintenance.0.timeZone', 'Mars/Olympus is no time zone'],
  ];
  for (const [line, key, text] of expected) {
    const found = told.filter((one) => one.startsWith(`line ${line}: ${key}: `) && one.includes(text));
    expect(found, `${line} ${key} ${text} in\n${told.join('\n')}`).toHaveLength(1);
  }
});
