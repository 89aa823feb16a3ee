/**
 * Completes package-lock.json after an `npm install`: npm leaves out the optional packages of other platforms that its registry does
 * not serve, and `npm ci` then refuses the lock file. Each gets version, system and processor, so that npm knows it and never fetches
 * it elsewhere than where it belongs. It has no integrity: nobody here has seen the package.
 *
 *   node scripts/complete-lock.js [--check]     with --check only says what is missing, and fails when something is
 */
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Whether `name`, asked for by the package at `path`, is found as Node finds it: beside it, then in each folder above. */
function isLocked(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function missing(packages) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isLocked(packages, path, name))
      .map(([name, version]) => ({ name, version, dev: packages[path].dev })),
  );
}

/** Platform packages are named for where they run: cli-linux-arm64-musl. */
function platformEntry({ name, version, dev }) {
  const words = name.split('-');
  const [os, cpu] = [SYSTEMS, PROCESSORS].map((known) => words.find((word) => known.includes(word)));
  if (!os || !cpu || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name}@${version} is not in the lock file and names no platform`);
  const libc = words.at(-1) === 'musl' ? { libc: ['musl'] } : {};
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] };
}

const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
const absent = missing(lock.packages);
for (const wanted of absent) process.stdout.write(`package-lock.json lacks ${wanted.name}@${wanted.version}\n`);
if (process.argv.includes('--check')) {
  process.exitCode = absent.length === 0 ? 0 : 1;
} else if (absent.length > 0) {
  for (const wanted of absent) lock.packages[`node_modules/${wanted.name}`] = platformEntry(wanted);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
}
