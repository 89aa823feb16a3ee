/** docs/lvscope.1: what npm run docs writes, and what groff and mandoc think of it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manualPage } from '../../scripts/docs-man.js';
import { addClientOptions, ENVIRONMENT } from '../../src/cli/access.ts';
import { createProgram, EXAMPLES, EXIT_CODES, FILES } from '../../src/cli/program.ts';
import { needs, ROOT } from '../environment.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const PATH = join(ROOT, 'docs', 'lvscope.1');

test('docs/lvscope.1 is what npm run docs writes', () => {
  expect(readFileSync(PATH, 'utf8')).toBe(
    manualPage(version, { createProgram, EXAMPLES, EXIT_CODES, FILES }, { addClientOptions, ENVIRONMENT }),
  );
});

describe.skipIf(needs('groff'))('groff', () => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-c', '-rLL=200n', PATH], { encoding: 'utf8' });

  test('has nothing to warn of', () => {
    expect([status, stderr]).toEqual([0, '']);
  });

  test('prints every command with its options, and minus signs that can be copied', () => {
    // Bold letters are struck twice, with a backspace between.
    const text = stdout.replaceAll(/.[\b]/g, '');
    for (const command of createProgram(version).commands) {
      if (command.name() === '__complete') continue;
      expect(text).toMatch(new RegExp(`^ +lvscope ${command.name()}( |$)`, 'm'));
      for (const { long } of command.options) if (long) expect(text).toContain(long);
    }
    expect(text).not.toContain('__complete');
    expect(text).toContain('tcpdump -U -w - -i eth0 | lvscope run --read -');
  });
});

describe.skipIf(needs('mandoc'))('mandoc', () => {
  test('has nothing to say about its style', () => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-W', 'style', PATH], { encoding: 'utf8' });
    // It has the version of the program in place of a date of its own.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  });
});
