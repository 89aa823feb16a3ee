/** The units for systemd: what systemd says of them, that what they take away is not needed, and that the example configuration is one. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config-file.ts';
import { createWire, exited, until } from '../capture/wire.ts';
import { LVSCOPE, needs, ROOT } from '../environment.ts';

const UNITS = ['lvscope', 'lvscope-probe'] as const;
const fileOf = (name: string) => join(ROOT, 'deploy', 'systemd', `${name}.service`);
const SYSUSERS = join(ROOT, 'deploy', 'systemd', 'lvscope.sysusers.conf');
const EXAMPLE = join(ROOT, 'deploy', 'lvscope.example.yaml');
/** In tenths, as systemd-analyze wants it: its own word for up to 2.0 is OK. */
const MOST_EXPOSED = 20;

const folder = mkdtempSync(join(tmpdir(), 'lvscope-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const unitOf = (name: string) => readFileSync(fileOf(name), 'utf8');
const setting = (unit: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unitOf(unit))?.[1];

function said({ status, stdout, stderr }: SpawnSyncReturns<string>) {
  return { status, text: stdout + stderr };
}

describe.skipIf(needs('systemd'))('systemd-analyze', () => {
  const analyze = (...args: string[]) => said(spawnSync('systemd-analyze', args, { encoding: 'utf8' }));

  test('finds nothing to say', () => {
    for (const name of UNITS)
      writeFileSync(join(folder, `${name}.service`), unitOf(name).replace('ExecStart=/usr/bin/lvscope', `ExecStart=${LVSCOPE}`));
    const here = UNITS.map((name) => join(folder, `${name}.service`));
    expect(analyze('verify', '--man=no', ...here)).toEqual({ status: 0, text: '' });
  });

  test.each(UNITS)('finds %s little exposed', (name) => {
    const { status, text } = analyze('security', '--offline=true', `--threshold=${MOST_EXPOSED}`, fileOf(name));
    expect(text).toContain(`Overall exposure level for ${name}.service`);
    expect(status, text).toBe(0);
  });

  test('finds a unit that runs as root and may do everything too exposed', () => {
    const open = join(folder, 'open.service');
    writeFileSync(open, '[Service]\nExecStart=/bin/true\n');
    expect(analyze('security', '--offline=true', `--threshold=${MOST_EXPOSED}`, open).status).not.toBe(0);
  });
});

test.skipIf(needs('systemd'))('systemd-sysusers would make the users of the units', () => {
  const { status, text } = said(spawnSync('systemd-sysusers', ['--dry-run', SYSUSERS], { encoding: 'utf8' }));
  expect(status, text).toBe(0);
  for (const name of UNITS) expect(readFileSync(SYSUSERS, 'utf8')).toMatch(new RegExp(`^u ${setting(name, 'User')} `, 'm'));
});

test('the one that reads packets may do nothing, the other has CAP_NET_RAW and reads none', () => {
  for (const set of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
    expect(setting('lvscope', set)).toBe('');
    expect(setting('lvscope-probe', set)).toBe('CAP_NET_RAW');
  }
  expect(setting('lvscope', 'RestrictAddressFamilies')).not.toContain('AF_PACKET');
  for (const name of UNITS) {
    expect(setting(name, 'NoNewPrivileges')).toBe('yes');
    // V8 makes machine code.
    expect(unitOf(name)).not.toMatch(/^MemoryDenyWriteExecute/m);
  }
});

test('the two meet at a socket that only the group of the monitor reaches', () => {
  const socket = /--to (\S+)/.exec(setting('lvscope-probe', 'ExecStart') ?? '')?.[1];
  expect(setting('lvscope', 'ExecStart')).toContain(`--from ${socket} `);
  expect(socket).toBe(`/run/${setting('lvscope-probe', 'RuntimeDirectory')}/socket`);
  expect(setting('lvscope-probe', 'RuntimeDirectoryMode')).toBe('0750');
  expect(setting('lvscope-probe', 'Group')).toBe(setting('lvscope', 'Group'));
  expect(setting('lvscope-probe', 'User')).not.toBe(setting('lvscope', 'User'));
});

/** That the monitor needs none of them is in test/probe-service.test.ts. */
describe.skipIf(needs('namespaces', 'pcap'))('probes of its own, with the capabilities of the unit for capture', () => {
  async function start(capabilities: string) {
    const wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    const limits = ['--no-new-privs', '--inh-caps', capabilities, '--ambient-caps', capabilities, '--bounding-set', capabilities];
    const program = wire.onMonitor(
      'setpriv',
      ...limits,
      process.execPath,
      LVSCOPE,
      'run',
      '-i',
      'mon0',
      '--data',
      folder,
      '--listen',
      '127.0.0.1:0',
    );
    let output = '';
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (chunk) => {
        output += chunk;
      });
    await until('it listens or ends', () => output.includes('lvscope: http://') || program.exitCode !== null, 20_000);
    return { wire, program, output: () => output };
  }

  test('it captures', async () => {
    const { wire, program, output } = await start('-all,+net_raw');
    try {
      expect(program.exitCode, output()).toBeNull();
      program.kill('SIGTERM');
      await exited(program);
      expect(program.exitCode, output()).toBe(0);
    } finally {
      wire.remove();
    }
  });

  test('without them it does not, and says so', async () => {
    const { wire, program, output } = await start('-all');
    try {
      await exited(program);
      expect(program.exitCode, output()).toBe(3);
    } finally {
      wire.remove();
    }
  });
});

/** Lines that are commented out have no space after the `#`, or more than one. */
test.each([
  ['as it is', (text: string) => text],
  ['with all that is commented out', (text: string) => text.replace(/^#(?! \S)/gm, '')],
])('the example configuration is accepted %s', (how, change) => {
  const path = join(folder, 'lvscope.yaml');
  writeFileSync(path, change(readFileSync(EXAMPLE, 'utf8')));
  const { history, expected, alerts, access } = readConfigFile(path);
  expect(history).toMatchObject({ maxAgeSeconds: 86_400 });
  for (const section of [expected, alerts, access]) expect(section === null).toBe(how === 'as it is');
});
