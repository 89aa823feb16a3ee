/**
 * Makes a fresh machine ready: Debian packages (as root), npm packages, the build. Every step looks first whether there is
 * anything to do, so that a second run takes seconds. Only what Node itself brings is used: nothing is installed yet.
 *
 *   node scripts/setup.js [--for-tests]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOG = join(ROOT, 'node_modules', '.cache', 'setup.log');
const NPM_STAMP = join(ROOT, 'node_modules', '.lvscope-setup');
const BUILD_STAMP = join(ROOT, 'dist', '.build-stamp');
const PCAP_HEADER = '/usr/include/pcap/pcap.h';
const OLDEST_NODE = [20, 19];
const TAIL_LINES = 20;

const BASE_PACKAGES = ['libpcap-dev', 'g++', 'make', 'python3'];
const TEST_PACKAGES = [
  'tshark',
  'tcpdump',
  'tcpreplay',
  'iproute2',
  'ethtool',
  'procps',
  'chromium',
  'fonts-dejavu-core',
  'prometheus',
  'sqlite3',
];
/** What the build is made from. */
const BUILD_INPUTS = ['src', 'dissectors', 'web', 'tsconfig.json', 'package-lock.json'];

function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

function fail(text, hint) {
  process.stderr.write(`setup: ${text}\nhint: ${hint}\n`);
  process.exit(1);
}

/** Runs a program, its output into the log; true when it succeeded. */
function run(program, args, env = {}) {
  mkdirSync(dirname(LOG), { recursive: true });
  const log = openSync(LOG, 'a');
  return spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', log, log], env: { ...process.env, ...env } }).status === 0;
}

function logTail() {
  return existsSync(LOG) ? readFileSync(LOG, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n') : '';
}

function hashOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (!statSync(path).isDirectory()) {
      hash.update(path.slice(ROOT.length)).update(readFileSync(path));
      return;
    }
    for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  for (const path of paths) visit(join(ROOT, path));
  return hash.digest('hex');
}

function stampSays(file, hash) {
  return existsSync(file) && readFileSync(file, 'utf8') === hash;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    fail(`Node ${process.versions.node} is too old`, `install Node ${OLDEST_NODE.join('.')} or newer`);
}

function missingPackages(wanted) {
  return wanted.filter((name) => {
    const asked = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
    return !asked.stdout?.includes('Status: install ok installed');
  });
}

/** Without root, or elsewhere than on Debian, the rest still works: what is missing is named and skipped. */
function debianPackages(wanted) {
  if (spawnSync('dpkg', ['--version']).status !== 0)
    return say('no Debian here: libpcap headers, a compiler and test tools are yours to install');
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    return say(`not root, so these Debian packages stay missing, and what needs them is skipped: ${missing.join(' ')}`);
  say(`Debian packages: ${missing.join(' ')} (the first time takes a minute or two)`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update'], env);
  if (run('apt-get', ['install', '-y', '--no-install-recommends', ...missing], env)) return;
  // One that cannot be had must not keep out the others.
  for (const name of missing)
    if (!run('apt-get', ['install', '-y', '--no-install-recommends', name], env))
      say(`the Debian package ${name} cannot be installed; what needs it is skipped`);
}

const built = (name, file) => existsSync(join(ROOT, 'node_modules', name, 'build', 'Release', file));
const pcapBuilt = () => built('pcap', 'pcap_binding.node');
const sqliteLoads = () => spawnSync(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:')"], { cwd: ROOT }).status === 0;

function npmPackages() {
  const hash = hashOf(['package-lock.json']);
  if (!stampSays(NPM_STAMP, hash)) {
    say('npm packages (a native module is compiled: about a minute)');
    // npm ci empties node_modules, and with it an open log.
    const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: ROOT, encoding: 'utf8' });
    mkdirSync(dirname(LOG), { recursive: true });
    writeFileSync(LOG, `${result.stdout ?? ''}${result.stderr ?? ''}`);
    if (result.status !== 0)
      fail(`npm ci failed:\n${logTail()}`, 'is the npm registry reachable, and is there a compiler (g++, make, python3)?');
    writeFileSync(NPM_STAMP, hash);
  }
  if (!sqliteLoads()) {
    say('compiling better-sqlite3 (about a minute)');
    if (!run('npm', ['rebuild', 'better-sqlite3']) || !sqliteLoads())
      fail(`better-sqlite3 does not load:\n${logTail()}`, 'it needs g++, make and python3');
  }
  if (existsSync(PCAP_HEADER) && !pcapBuilt()) {
    say('compiling pcap');
    const present = existsSync(join(ROOT, 'node_modules', 'pcap'));
    run('npm', present ? ['rebuild', 'pcap'] : ['install', '--no-save', '--no-fund', '--no-audit', '--include=optional']);
  }
  if (!pcapBuilt()) say('without the npm module pcap (it needs libpcap-dev and a compiler): no live capture but --capture udp and --read');
}

function build() {
  const hash = hashOf(BUILD_INPUTS);
  if (stampSays(BUILD_STAMP, hash)) return;
  say('building');
  if (!run('npm', ['run', 'build'])) fail(`the build failed:\n${logTail()}`, 'npm run build shows all of it');
  writeFileSync(BUILD_STAMP, hash);
}

checkNode();
debianPackages(process.argv.includes('--for-tests') ? [...BASE_PACKAGES, ...TEST_PACKAGES] : BASE_PACKAGES);
npmPackages();
build();
