/**
 * The kernel agrees: `lvscope replay` prints the connection table and the services that `ipvsadm` printed on a real backup
 * director at the same moment. The recordings and what `ipvsadm` said (the oracle) come from shared/lab/lab.py.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CapturedFrame } from '../src/capture/captured-frame.ts';
import { readCapture } from '../src/capture/file.ts';
import { showView, type ViewName } from '../src/cli/views.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../src/config.ts';
import { createPipeline } from '../src/pipeline.ts';
import { createMonitor, type Monitor } from '../src/state/monitor.ts';
import { FIXTURES, LVSCOPE, recordings } from './environment.ts';
import { differences, tableOf } from './ipvsadm-table.ts';

const run = promisify(execFile);

interface Look {
  readonly t: number;
  readonly host: string;
  readonly command: string;
  readonly output: string;
}

/** Recordings whose backup learnt everything by sync, and how many of its looks before it became master itself. */
const BACKUP_LOOKS: Readonly<Record<string, number>> = {
  'nat-v0': Number.POSITIVE_INFINITY,
  'ipv6-v1': 1,
  'persistence-fwmark': Number.POSITIVE_INFINITY,
  'sip-pe-and-ftp': Number.POSITIVE_INFINITY,
  'sync-options': Number.POSITIVE_INFINITY,
  'tunnel-udp-vlan': Number.POSITIVE_INFINITY,
  'sync-over-ipv6': Number.POSITIVE_INFINITY,
  'short-timeouts-and-expiry': Number.POSITIVE_INFINITY,
  'dr-v1-failover': 1,
  churn: 1,
  crafted: Number.POSITIVE_INFINITY,
  random: Number.POSITIVE_INFINITY,
};
const SYNC: Readonly<Record<string, string>> = { 'sync-options': '239.1.2.3:9000-9003', 'sync-over-ipv6': '[ff02::81]:8848' };
/** Real servers with sessions: service, server, Forward, ActiveConn, InActConn. Weights and idle servers are not on the wire. */
function busyServers(text: string): string[] {
  let service = '';
  const busy: string[] = [];
  for (const line of text.trim().split('\n').slice(3)) {
    const [first, ...rest] = line.trim().split(/\s+/);
    if (first !== '->') service = `${first} ${rest[0]}`;
    else if (rest[3] !== '0' || rest[4] !== '0') busy.push([service, rest[0], rest[1], rest[3], rest[4]].join(' '));
  }
  return busy.sort();
}

/** What the program prints of the moment of a look. */
async function replay(path: string, name: string, look: Look, view: string[]): Promise<string> {
  const sync = SYNC[name] ? ['--sync', SYNC[name]] : [];
  const { stdout } = await run(process.execPath, [LVSCOPE, 'replay', path, '--until', String(look.t), ...sync, '--show', ...view], {
    maxBuffer: 1 << 26,
  });
  return stdout;
}

const isPersistent = ({ command }: Look): boolean => command.includes('--persistent-conn');

async function shown(view: ViewName, monitor: Monitor, look: Look): Promise<string> {
  const lines: string[] = [];
  const raw = async (line: string) => void lines.push(line);
  const output = { line: raw, raw, json: async () => expect.unreachable(), end: async () => undefined };
  await showView(view, monitor, look.t * 1e6, { json: false, persistentConn: isPersistent(look) }, output);
  return `${lines.join('\n')}\n`;
}

/** A monitor that goes through the recording and stands still at each look, as a live one would be asked. */
async function* atEach(looks: readonly Look[], path: string, name: string, view: ViewName): AsyncGenerator<[Look, string]> {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: false });
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(SYNC[name] ?? DEFAULT_SYNC)], headersSeen: true });
  const frames: CapturedFrame[] = [];
  await readCapture(path, { frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) });
  let next = 0;
  for (const look of looks) {
    while (next < frames.length && frames[next].atMicros <= look.t * 1e6) enter(frames[next++]);
    monitor.advance(Math.round(look.t * 1e6));
    yield [look, await shown(view, monitor, look)];
  }
}

function backupLooks(path: string, name: string, command: RegExp): Look[] {
  const { looks } = JSON.parse(readFileSync(path.replace(/pcap$/, 'json'), 'utf8')) as { looks: Look[] };
  return looks.filter((look) => look.host === 'lb2' && command.test(look.command)).slice(0, BACKUP_LOOKS[name]);
}

const compared = recordings().filter(({ name }) => name in BACKUP_LOOKS);

test.each(compared)('$where/$name: the connection table', async ({ name, path }) => {
  const looks = backupLooks(path, name, /^ipvsadm -Lnc/);
  expect(looks.length).toBeGreaterThan(0);
  for await (const [look, text] of atEach(looks, path, name, 'connections')) {
    expect(differences(tableOf(text), tableOf(look.output)), `at ${look.t}`).toEqual([]);
    // All it takes to start the program a hundred times is not needed to see that it prints the same.
    if (look !== looks[0] && look !== looks.at(-1)) continue;
    const persistent = isPersistent(look) ? ['--persistent-conn'] : [];
    expect(await replay(path, name, look, ['connections', ...persistent])).toBe(text);
  }
});

test.each(compared.filter(({ name }) => name !== 'crafted' && name !== 'random'))(
  '$where/$name: active and inactive connections per real server',
  async ({ name, path }) => {
    const looks = backupLooks(path, name, /^ipvsadm -Ln --exact/);
    for await (const [look, text] of atEach(looks, path, name, 'services')) {
      expect(busyServers(text), `at ${look.t}`).toEqual(busyServers(look.output));
      expect(await replay(path, name, look, ['services'])).toBe(text);
    }
  },
);

test('the comparison itself sees a wrong row, a missing row and a wrong expiry', () => {
  const { looks } = JSON.parse(readFileSync(join(FIXTURES, 'captures', 'nat-v0.json'), 'utf8')) as { looks: Look[] };
  const kernel = looks.find((look) => look.host === 'lb2' && look.command === 'ipvsadm -Lnc')?.output ?? '';
  const lines = kernel.trimEnd().split('\n');
  const late = lines.map((line, i) => (i === 2 ? line.replace(/\d\d:\d\d/, '99:00') : line));
  expect(differences(tableOf(kernel), tableOf(kernel))).toEqual([]);
  expect(differences(tableOf(lines.slice(0, -1).join('\n')), tableOf(kernel))).toHaveLength(1);
  expect(differences(tableOf(kernel), tableOf(lines.slice(0, -1).join('\n')))).toHaveLength(1);
  expect(differences(tableOf(late.join('\n')), tableOf(kernel))).toHaveLength(1);
});
