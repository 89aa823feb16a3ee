/** House rules that no linter knows. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './environment.ts';

const LONGEST_FILE = 400;
/** The table's rules and its hot loop belong together; it may not grow. */
const LONGER: Readonly<Record<string, number>> = { 'src/state/sessions.ts': 460 };
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
const code = tracked.filter((file) => /\.(ts|tsx|js|cjs|css|html|sql|sh|py)$/.test(file));
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const read = (files: readonly string[]) => files.map((file) => [file, text(file)] as const);
/** This file names what it forbids. */
const others = code.filter((file) => file !== 'test/tidy.test.ts');

function found(files: readonly string[], pattern: RegExp): string[] {
  return read(files).flatMap(([file, body]) =>
    body.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

test('nothing is left to do, switched off or singled out', () => {
  expect(found(others, /\b(TODO|FIXME|XXX)\b|\.(only|todo)\(|@ts-(ignore|nocheck|expect-error)/)).toEqual([]);
});

test('no path of a machine and no registry host', () => {
  const prose = tracked.filter((file) => /\.(md|json|yaml|yml|npmrc)$/.test(file) && !file.includes('fixtures'));
  expect(found([...others, ...prose], /\/(work|home|root|Users)\/\w|registry\.npmjs|deb\.debian\.org/)).toEqual([]);
});

test('dissectors and state know no clock, no process and no console', () => {
  const pure = code.filter((file) => /^(dissectors|src\/state)\//.test(file));
  expect(pure.length).toBeGreaterThan(20);
  expect(found(pure, /Date\.now|new Date\(|performance\.|process\.|console\.|Math\.random/)).toEqual([]);
});

test('octets are read through Reader and DataView, which check or throw', () => {
  const dissectors = code.filter((file) => file.startsWith('dissectors/') && !/\/(address|checksum)\.ts$/.test(file));
  expect(found(dissectors, /\b(bytes|buf|buffer|data|frame|octets|payload|view)\[|\.read(U?Int|Big)/)).toEqual([]);
});

test('every dissector is registered', () => {
  const registry = text('dissectors/registry.ts');
  const files = readdirSync(join(ROOT, 'dissectors')).filter(
    (file) => /: Dissector</.test(text(`dissectors/${file}`)) && file !== 'registry.ts',
  );
  expect(files.length).toBeGreaterThan(7);
  expect(files.filter((file) => !registry.includes(`'./${file}'`))).toEqual([]);
});

test('files can be read in one sitting', () => {
  const lengths = read(code.filter((file) => !file.startsWith('test/'))).map(([file, body]) => ({
    file,
    lines: body.split('\n').length - 1,
  }));
  expect(lengths.filter(({ file, lines }) => lines > (LONGER[file] ?? LONGEST_FILE))).toEqual([]);
});

test('the lock file names no registry and every package of every platform, so that npm ci takes it', () => {
  expect(text('package-lock.json')).not.toContain('"resolved"');
  const checked = spawnSync(process.execPath, ['scripts/complete-lock.js', '--check'], { cwd: ROOT, encoding: 'utf8' });
  expect(checked.stdout).toBe('');
  expect(checked.status).toBe(0);
});
