/** The configuration file: what is wrong in it is told with its line, all at once, and exit code 2. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfigFile } from '../src/config-file.ts';
import { EXIT, OperatorError } from '../src/errors.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscope-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, 'lvscope.yaml');
  writeFileSync(path, text);
  return path;
}

const GOOD = `expected:
  virtualRouters:
    - vrid: 51
      family: ipv4
      interface: eth0
      routers: [10.0.0.11, 10.0.0.12]
      preferredMaster: 10.0.0.11
      addresses: [10.0.0.100]
      syncid: 51
    - vrid: 52
      family: ipv6
      vlan: 100
      routers: ["fe80::b", "fe80::c"]
  trusted:
    - address: 10.0.0.1
      mac: 02:99:00:00:00:01
`;

test('everything that can be said', () => {
  const { expected } = readConfigFile(written(GOOD));
  expect(expected?.routers[0]).toEqual({
    vrid: 51,
    family: 'ipv4',
    interface: 'eth0',
    vlan: null,
    routers: [0x0a00000b, 0x0a00000c],
    preferredMaster: 0x0a00000b,
    addresses: [0x0a000064],
    syncid: 51,
  });
  expect(expected?.routers[1]).toMatchObject({ vlan: 100, preferredMaster: null, addresses: null, syncid: null });
  expect(expected?.trusted).toEqual([{ address: 0x0a000001, mac: 0x029900000001 }]);
});

test.each([
  ['an empty file', ''],
  ['a file of comments', '# nothing\n'],
])('%s expects nothing', (_, text) => {
  expect(readConfigFile(written(text)).expected).toBeNull();
});

test.each([
  ['no YAML', 'expected: [\n', /line \d/],
  ['a list', '- 1\n', /line 1: a mapping/],
  ['a key that is not known', 'expected:\n  trusted: []\nalarms: []\n', /line 3: alarms: no key/],
  ['a key that is not known, further down', GOOD.replace('syncid', 'sync_id'), /line 9: expected\.virtualRouters\.0\.sync_id/],
  ['the same key twice', GOOD.replace('vrid: 51', 'vrid: 51\n      vrid: 52'), /line 4/],
  ['a VRID beyond 255', GOOD.replace('vrid: 51', 'vrid: 256'), /line 3: expected\.virtualRouters\.0\.vrid: must be <= 255/],
  ['no family', GOOD.replace('      family: ipv4\n', ''), /line 3: expected\.virtualRouters\.0: .*family/],
  ['a family that is none', GOOD.replace('ipv4', 'ipv5'), /line 4: expected\.virtualRouters\.0\.family/],
  [
    'no address',
    GOOD.replace('10.0.0.100', '10.0.0.1000'),
    /line 8: expected\.virtualRouters\.0\.addresses\.0: 10\.0\.0\.1000 is no IP address/,
  ],
  ['an address of the other family', GOOD.replace('10.0.0.100', '"fd00::1"'), /line 8: .*fd00::1 is not of the family ipv4/],
  [
    'a preferred master that is no router of it',
    GOOD.replace('Master: 10.0.0.11', 'Master: 10.0.0.13'),
    /line 7: .*10\.0\.0\.13 is not among/,
  ],
  ['no MAC address', GOOD.replace('02:99:00:00:00:01', '"02:99"'), /line 16: expected\.trusted\.0\.mac: 02:99 is no MAC/],
  [
    'a virtual router said twice',
    GOOD.replace(
      '- vrid: 52\n      family: ipv6\n      vlan: 100\n      routers: ["fe80::b", "fe80::c"]',
      '- vrid: 51\n      family: ipv4\n      interface: eth0\n      routers: []',
    ),
    /line 10: .*VRID 51 \(ipv4\) is virtual router 1 already/,
  ],
  [
    'an address of two virtual routers',
    GOOD.replace(
      'family: ipv6\n      vlan: 100\n      routers: ["fe80::b", "fe80::c"]',
      'family: ipv4\n      interface: eth0\n      routers: []\n      addresses: [10.0.0.100]',
    ),
    /line 14: .*10\.0\.0\.100 belongs to virtual router 1 already/,
  ],
])('%s', (_, text, told) => {
  const path = written(text);
  let caught: unknown;
  try {
    readConfigFile(path);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(OperatorError);
  const { message, exitCode } = caught as OperatorError;
  expect(message).toMatch(told);
  expect(exitCode).toBe(EXIT.usage);
});

test('all that is wrong at once, in every section', () => {
  const wrong = GOOD.replace('10.0.0.100', '1, 2, 3, 4, 5, 6');
  expect(() => readConfigFile(written(`${wrong}alarms: []\nrules: []\n`))).toThrow(/line 17: alarms.*line 18: rules(.*line 8: ){6}/);
});

test('no such file', () => {
  expect(() => readConfigFile(join(folder, 'absent.yaml'))).toThrow(expect.objectContaining({ exitCode: EXIT.notFound }));
});
