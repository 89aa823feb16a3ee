/** `lvscope expect`: what is seen now, as a file that the program takes back and that is content with the same segment. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfigFile } from '../../src/config-file.ts';
import { FIXTURES, LVSCOPE } from '../environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-expect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CAPTURE = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');

function lvscope(...args: string[]) {
  return spawnSync(process.execPath, [LVSCOPE, ...args], { encoding: 'utf8', timeout: 20_000 });
}

async function seenBy(capture: string): Promise<string> {
  const child = spawn(process.execPath, [LVSCOPE, 'run', '--read', capture, '--listen', '127.0.0.1:0', '--data', join(folder, 'data')]);
  try {
    const url = await new Promise<string>((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        const [, found] = /^lvscope: (http\S+)$/.exec(line) ?? [];
        if (found) resolve(found);
      });
    });
    // The capture is read as fast as it goes; then the picture stands.
    for (;;) {
      const status = (await (await fetch(new URL('/api/v1/capture', url))).json()) as { items: { up: boolean }[] };
      if (status.items.every(({ up }) => !up)) break;
    }
    const { stdout, status } = lvscope('expect', '--url', url);
    expect(status).toBe(0);
    return stdout;
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

test('what dr-v1-failover ends with', async () => {
  const text = await seenBy(CAPTURE);
  // keepalived.conf of the lab (shared/lab/lab.py): VRID 51 of .11 and .12, .11 preferred, one address, syncid 51.
  expect(parse(text)).toMatchObject({
    expected: {
      virtualRouters: [
        {
          vrid: 51,
          family: 'ipv4',
          routers: ['10.99.0.11', '10.99.0.12'],
          preferredMaster: '10.99.0.11',
          addresses: ['10.99.0.100'],
          syncid: 51,
        },
      ],
      trusted: [],
    },
  });
  const path = join(folder, 'expected.yaml');
  writeFileSync(path, text);
  expect(readConfigFile(path).expected?.routers).toHaveLength(1);

  const { stdout, status } = lvscope('replay', CAPTURE, '--config', path, '--show', 'anomalies', '--json');
  expect(status).toBe(0);
  const found = (JSON.parse(stdout) as { kind: string; check: string; endedAt: string | null }[]).filter(({ kind }) =>
    kind.startsWith('expected.'),
  );
  // lb2 was master for a while, and is no more.
  expect(found.map(({ kind, check }) => [kind, check])).toEqual([['expected.master', 'clear']]);
});

test('a mistake in the file ends the program before anything starts', () => {
  const path = join(folder, 'wrong.yaml');
  writeFileSync(path, 'expected:\n  virtualRouters:\n    - vrid: 300\n');
  for (const args of [
    ['replay', CAPTURE],
    ['run', '--read', CAPTURE],
  ]) {
    const { status, stderr } = lvscope(...args, '--config', path);
    expect(status).toBe(2);
    expect(stderr).toMatch(/line 3: expected\.virtualRouters\.0\.vrid: must be <= 255/);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
});
