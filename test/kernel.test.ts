/**
 * The kernel agrees: `lvscope replay` prints the connection table and the services that `ipvsadm` printed on a real backup
 * director at the same moment. The recordings and what `ipvsadm` said (the oracle) come from shared/lab/lab.py.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
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

async function replay(file: string, name: string, look: Look, view: string[]): Promise<string> {
  const sync = SYNC[name] ? ['--sync', SYNC[name]] : [];
  const { stdout } = await run(process.execPath, [LVSCOPE, 'replay', file, '--until', String(look.t), ...sync, '--show', ...view], {
    maxBuffer: 1 << 26,
  });
  return stdout;
}

function backupLooks(oracle: string, name: string, command: RegExp): Look[] {
  const { looks } = JSON.parse(readFileSync(oracle, 'utf8')) as { looks: Look[] };
  return looks.filter((look) => look.host === 'lb2' && command.test(look.command)).slice(0, BACKUP_LOOKS[name]);
}

describe.each(recordings())('$where', ({ folder }) => {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => name in BACKUP_LOOKS);

  test.each(names)('%s: the connection table', async (name) => {
    const looks = backupLooks(join(folder, `${name}.json`), name, /^ipvsadm -Lnc/);
    expect(looks.length).toBeGreaterThan(0);
    for (const look of looks) {
      const persistent = look.command.includes('--persistent-conn') ? ['--persistent-conn'] : [];
      const text = await replay(join(folder, `${name}.pcap`), name, look, ['connections', ...persistent]);
      expect(differences(tableOf(text), tableOf(look.output)), `at ${look.t}`).toEqual([]);
    }
  });

  test.each(names.filter((name) => name !== 'crafted' && name !== 'random'))(
    '%s: active and inactive connections per real server',
    async (name) => {
      const looks = backupLooks(join(folder, `${name}.json`), name, /^ipvsadm -Ln --exact/);
      for (const look of looks) {
        const text = await replay(join(folder, `${name}.pcap`), name, look, ['services']);
        expect(busyServers(text), `at ${look.t}`).toEqual(busyServers(look.output));
      }
    },
  );
});

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
