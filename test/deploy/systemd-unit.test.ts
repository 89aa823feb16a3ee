/** The unit for systemd: what systemd says of it, that what it takes away is not needed, and that the example configuration is one. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config-file.ts';
import { createWire, exited, until } from '../capture/wire.ts';
import { LVSCOPE, needs, ROOT } from '../environment.ts';

const UNIT = join(ROOT, 'deploy', 'systemd', 'lvscope.service');
const SYSUSERS = join(ROOT, 'deploy', 'systemd', 'lvscope.sysusers.conf');
const EXAMPLE = join(ROOT, 'deploy', 'lvscope.example.yaml');
/** In tenths, as systemd-analyze wants it: its own word for up to 2.0 is OK. */
const MOST_EXPOSED = 20;

const folder = mkdtempSync(join(tmpdir(), 'lvscope-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const unit = readFileSync(UNIT, 'utf8');
const setting = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

function said({ status, stdout, stderr }: SpawnSyncReturns<string>) {
  return { status, text: stdout + stderr };
}

describe.skipIf(needs('systemd'))('systemd-analyze', () => {
  const analyze = (...args: string[]) => said(spawnSync('systemd-analyze', args, { encoding: 'utf8' }));

  test('finds nothing to say', () => {
    const here = join(folder, 'lvscope.service');
    writeFileSync(here, unit.replace('ExecStart=/usr/bin/lvscope', `ExecStart=${LVSCOPE}`));
    expect(analyze('verify', '--man=no', here)).toEqual({ status: 0, text: '' });
  });

  test('finds it little exposed', () => {
    const { status, text } = analyze('security', '--offline=true', `--threshold=${MOST_EXPOSED}`, UNIT);
    expect(text).toContain('Overall exposure level for lvscope.service');
    expect(status, text).toBe(0);
  });

  test('finds a unit that runs as root and may do everything too exposed', () => {
    const open = join(folder, 'open.service');
    writeFileSync(open, '[Service]\nExecStart=/bin/true\n');
    expect(analyze('security', '--offline=true', `--threshold=${MOST_EXPOSED}`, open).status).not.toBe(0);
  });
});

test.skipIf(needs('systemd'))('systemd-sysusers would make the user of the unit', () => {
  const { status, text } = said(spawnSync('systemd-sysusers', ['--dry-run', SYSUSERS], { encoding: 'utf8' }));
  expect(status, text).toBe(0);
  expect(readFileSync(SYSUSERS, 'utf8')).toMatch(new RegExp(`^u ${setting('User')} `, 'm'));
});

test('what is granted is CAP_NET_RAW, and no more can be had', () => {
  expect(setting('AmbientCapabilities')).toBe('CAP_NET_RAW');
  expect(setting('CapabilityBoundingSet')).toBe('CAP_NET_RAW');
  expect(setting('NoNewPrivileges')).toBe('yes');
  // V8 makes machine code.
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
});

describe.skipIf(needs('namespaces', 'pcap'))('with the capabilities of the unit', () => {
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
