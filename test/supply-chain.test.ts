/** What lvscope is made from: few packages, each with a reason, a known licence and the hash of what was looked at. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAllowed } from '../scripts/licences.js';
import { BUNDLED, shippedPackages } from '../scripts/shipped-packages.js';
import { ROOT } from './environment.ts';

interface Locked {
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: string[];
  readonly libc?: string[];
}

const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const own = JSON.parse(text('package.json'));
const locked: [string, Locked][] = Object.entries(JSON.parse(text('package-lock.json')).packages as Record<string, Locked>).filter(
  ([path]) => path !== '',
);
const direct = [own.dependencies, own.optionalDependencies, own.devDependencies].flatMap(Object.keys);

describe('ARCHITECTURE.md gives a reason', () => {
  const architecture = text('ARCHITECTURE.md');
  const rows = architecture
    .slice(architecture.indexOf('## Libraries and why'))
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const named = rows
    .flatMap((row) =>
      row
        .split('|')[1]
        .toLowerCase()
        .split(/[\s,]+|(?<=fastify)\//),
    )
    .filter(Boolean);
  /** What joins two libraries stands beside one of them. */
  const BESIDE: Readonly<Record<string, string>> = { '@fastify/type-provider-typebox': 'typebox', '@biomejs/biome': 'biome' };

  test.each(direct.filter((name) => !name.startsWith('@types/')))('for %s', (name) => {
    expect([name, name.replace('@fastify/', ''), BESIDE[name]].some((word) => word !== undefined && named.includes(word))).toBe(true);
  });

  test('for no package that is gone', () => {
    const words = new Set(direct.flatMap((name) => [name, name.split('/').at(-1) ?? name, name.split('/')[0]]));
    const libraries = named.filter((word) => !/^[\d.]+$|^\(optional\)$|^-+$|^library$/.test(word));
    expect(libraries.filter((word) => !words.has(word))).toEqual([]);
  });
});

test('the page bundles what is listed as bundled', () => {
  const sources = execFileSync('git', ['ls-files', 'web'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /(?<!config)\.tsx?$/.test(file));
  const imported = sources.flatMap((file) => [...text(file).matchAll(/from '((?:@[\w-]+\/)?[\w-]+)[^']*'/g)].map(([, name]) => name));
  expect(sources.length).toBeGreaterThan(50);
  expect([...new Set(imported)].sort()).toEqual(BUNDLED);
});

test('what reaches others has a hash, and a licence that was agreed to', () => {
  const shipped = shippedPackages();
  expect(shipped.length).toBeGreaterThan(direct.length);
  expect(shipped.filter(({ license }) => !isAllowed(license))).toEqual([]);
  expect(shipped.filter(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([]);
  for (const licence of ['GPL-3.0', '(AGPL-3.0 OR SSPL-1.0)', 'UNLICENSED', '', undefined]) expect(isAllowed(licence)).toBe(false);
  expect(spawnSync(process.execPath, ['scripts/licences.js'], { cwd: ROOT }).status).toBe(0);
});

test('without a hash are only tools for other machines than those that were looked at', () => {
  const bare = locked.filter(([, { integrity }]) => integrity === undefined);
  expect(bare.filter(([, { dev, optional, os }]) => !(dev && optional && os))).toEqual([]);
  expect(bare.filter(([path, { os, libc }]) => os?.includes('linux') && !libc?.includes('musl') && path.includes('x64'))).toEqual([]);
});

test('at installation two packages run programs of their own: the native addons', () => {
  const scripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path.replace('node_modules/', ''));
  expect(scripts.sort()).toEqual(['better-sqlite3', 'pcap']);
  expect(Object.keys(own.allowScripts).sort()).toEqual(scripts);
});

test('npm run sbom names every package that reaches others', () => {
  const sbom = JSON.parse(execFileSync(process.execPath, ['scripts/sbom.js'], { cwd: ROOT, maxBuffer: 1 << 26 }).toString());
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'lvscope', version: own.version } } });
  expect(sbom.specVersion).toMatch(/^1\.\d$/);
  const components = sbom.components as { name: string; version: string; purl: string; hashes: unknown[]; licenses: unknown[] }[];
  const name = ({ name: of, version }: { name: string; version: string }) => `${of}@${version}`;
  expect([...new Set(components.map(name))].sort()).toEqual([...new Set(shippedPackages().map(name))].sort());
  for (const component of components) {
    expect(component.purl).toBe(`pkg:npm/${name(component).replace(/^@/, '%40')}`);
    expect(component.hashes.length).toBe(1);
    expect(component.licenses.length).toBe(1);
  }
});

test('npm audit knows nothing high', ({ skip }) => {
  const { stdout } = spawnSync('npm', ['audit', '--audit-level=high', '--json'], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  const { metadata } = JSON.parse(stdout || '{}');
  if (!metadata) skip('this registry does not answer npm audit');
  expect(metadata.vulnerabilities).toMatchObject({ high: 0, critical: 0 });
});
