/** Killed again and again under load: the bench does it, twenty times here and two hundred by itself. Times are told there; here only facts are judged. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs, ROOT } from './environment.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: number | null;
}

describe.skipIf(needs('namespaces', 'pcap'))('kill -9 of main, probe and threads at random moments', () => {
  test('loses nothing that was said a second before, and no database is damaged', () => {
    const bench = join(ROOT, 'test', 'bench', 'crash.js');
    const ran = spawnSync(process.execPath, [bench, '--kills', '20', '--json'], { encoding: 'utf8' });
    expect(ran.stdout, ran.stderr).not.toBe('');
    const figures = JSON.parse(ran.stdout) as Figure[];
    const kills = figures.filter(({ name }) => name.startsWith('kills: ')).reduce((sum, { value }) => sum + value, 0);
    expect(kills).toBeGreaterThanOrEqual(20);
    const facts = figures.filter(({ bar, unit }) => bar === 0 && unit !== 's');
    expect(facts.length).toBeGreaterThan(5);
    expect(
      facts.filter(({ value }) => value !== 0),
      ran.stderr,
    ).toEqual([]);
  }, 400_000);
});
