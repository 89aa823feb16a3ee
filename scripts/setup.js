/**
 * Makes a fresh machine ready: Debian packages (as root), npm packages, the build. Every step looks first whether there is
 * anything to do, so that a second run takes seconds. Only what Node itself brings is used: nothing is installed yet.
 *
 *   node scripts/setup.js [--for-tests | --for-lab]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LOG = join(ROOT, 'node_modules', '.cache', 'setup.log');
const NPM_STAMP = join(ROOT, 'node_modules', '.lvscope-setup');
const BUILD_STAMP = join(ROOT, 'dist', '.build-stamp');
const PCAP_HEADER = '/usr/include/pcap/pcap.h';
/** Containers have it to keep packages from starting their services. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';
const OLDEST_NODE = [20, 19];
const FIRST_ABORTING_24 = 19;
const SHOWN_LINES = 15;
const MOST_OUTPUT = 1 << 26;

const BASE_PACKAGES = ['libpcap-dev', 'g++', 'make', 'python3'];
/** Two kernels with IPVS as processes, what runs in them, and the segment between them. */
const LAB_PACKAGES = ['user-mode-linux', 'keepalived', 'ipvsadm', 'kmod', 'iptables', 'tcpdump', 'iproute2', 'ethtool', 'procps'];
const TEST_PACKAGES = [
  ...LAB_PACKAGES,
  'tshark',
  'tcpreplay',
  'chromium',
  'fonts-dejavu-core',
  'sqlite3',
  'systemd',
  'tmux',
  'zsh',
  'fish',
  'groff-base',
  'mandoc',
];
/** Their packages start them where services are started. */
const SERVER_PACKAGES = ['prometheus', 'prometheus-alertmanager', 'frr'];
/** What the build is made from. */
const BUILD_INPUTS = ['src', 'dissectors', 'web', 'tsconfig.json', 'package-lock.json'];

function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

function fail(text, hint) {
  process.stderr.write(`setup: ${text}\nhint: ${hint}\n`);
  process.exit(1);
}

/** npm says first what is wrong, a compiler last. */
function shortened(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  if (lines.length <= 2 * SHOWN_LINES) return lines.join('\n');
  return [...lines.slice(0, SHOWN_LINES), `  ... (all of it: ${LOG})`, ...lines.slice(-SHOWN_LINES)].join('\n');
}

/** node-gyp would download the headers, though most installations of Node have them beside the program. */
function nodeHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return {};
  const found = readFileSync(header, 'utf8').match(/^#define NODE_(MAJOR|MINOR|PATCH)_VERSION (\d+)/gm) ?? [];
  const version = found.map((line) => line.split(' ').at(-1)).join('.');
  return version === process.versions.node ? { npm_config_nodedir: prefix } : {};
}

/** Runs a program, its output into the log once it has ended: npm ci empties node_modules, where the log lies. */
function run(program, args, env = {}) {
  const options = {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MOST_OUTPUT,
    env: { ...process.env, ...env },
  };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  const output = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`;
  mkdirSync(dirname(LOG), { recursive: true });
  appendFileSync(LOG, `$ ${program} ${args.join(' ')}\n${output}\n`);
  return { ok: status === 0, output };
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
  if (major === 24 && minor >= FIRST_ABORTING_24)
    fail(
      `better-sqlite3 12 compiled for Node ${process.versions.node} would abort (nodejs/node issue 65446)`,
      `use Node 20, 22, or 24 before 24.${FIRST_ABORTING_24}`,
    );
}

function wantedPackages() {
  if (process.argv.includes('--for-lab')) return [...BASE_PACKAGES, ...LAB_PACKAGES];
  if (!process.argv.includes('--for-tests')) return BASE_PACKAGES;
  const wanted = [...BASE_PACKAGES, ...TEST_PACKAGES];
  // On somebody's own machine no server is to appear for the sake of a test.
  return existsSync(SERVICE_POLICY) || process.env.CI === 'true' ? [...wanted, ...SERVER_PACKAGES] : wanted;
}

/** Null where there is no dpkg. */
function missingPackages(wanted) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's placeholders
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${Status}\n', ...wanted], { encoding: 'utf8' });
  if (asked.error) return null;
  const installed = new Set(asked.stdout.split('\n').flatMap((line) => line.match(/^(\S+) .* installed$/)?.[1] ?? []));
  return wanted.filter((name) => !installed.has(name));
}

/** Without root, or elsewhere than on Debian, the rest still works: what is missing is named, and what needs it is skipped. */
function debianPackages(wanted) {
  const missing = missingPackages(wanted);
  if (missing === null) return say('no Debian here: libpcap headers, a compiler and test tools are yours to install');
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    return say(`not root, so these Debian packages stay missing, and what needs them is skipped: ${missing.join(' ')}`);
  say(`Debian packages: ${missing.join(' ')} (the first time takes a minute or two)`);
  const apt = (...args) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { DEBIAN_FRONTEND: 'noninteractive' });
  const install = (...names) => apt('install', '-y', '--no-install-recommends', ...names);
  apt('update');
  if (install(...missing).ok) return;
  // One that cannot be had must not keep out the others.
  for (const name of missing) {
    const { ok, output } = install(name);
    if (!ok) say(`the Debian package ${name} cannot be installed; what needs it is skipped\n${shortened(output)}`);
  }
}

/** Asks in a process of its own: an addon built for another Node would end this one. */
function loads(expression) {
  return spawnSync(process.execPath, ['-e', expression], { cwd: ROOT }).status === 0;
}
const sqliteLoads = () => loads("new (require('better-sqlite3'))(':memory:')");
const pcapLoads = () => loads("require('pcap/build/Release/pcap_binding')");

/** The addons are compiled here from the sources that the lock file has the hash of; else better-sqlite3 would fetch a program made elsewhere. */
const npm = (...args) => run('npm', args, { ...nodeHeaders(), npm_config_build_from_source: 'true' });

function npmPackages() {
  const hash = hashOf(['package-lock.json']);
  if (stampSays(NPM_STAMP, hash)) return;
  say('npm packages (better-sqlite3 and pcap are compiled: one to two minutes)');
  const { ok, output } = npm('ci', '--loglevel=error');
  if (!ok)
    fail(
      `npm ci failed:\n${shortened(output)}`,
      'it needs the npm registry, and to compile better-sqlite3 g++, make, python3 and the headers of Node',
    );
  writeFileSync(NPM_STAMP, hash);
}

/** Needed again when Node has changed. */
function sqlite() {
  if (sqliteLoads()) return;
  say('compiling better-sqlite3 (about a minute)');
  const { output } = npm('rebuild', 'better-sqlite3');
  if (!sqliteLoads()) fail(`better-sqlite3 does not load:\n${shortened(output)}`, 'it needs g++, make, python3 and the headers of Node');
}

/** Optional: npm leaves it out when it cannot be compiled, and libpcap may have come later. */
function pcap() {
  if (pcapLoads()) return;
  if (existsSync(PCAP_HEADER)) {
    say('compiling pcap');
    const present = existsSync(join(ROOT, 'node_modules', 'pcap'));
    npm(...(present ? ['rebuild', 'pcap'] : ['install', '--no-save', '--include=optional', '--loglevel=error']));
    if (pcapLoads()) return;
  }
  say('without the npm module pcap (it needs libpcap-dev and a compiler): no live capture but --capture udp and --read');
}

function build() {
  const hash = hashOf(BUILD_INPUTS);
  if (stampSays(BUILD_STAMP, hash)) return;
  say('building');
  const { ok, output } = npm('run', 'build');
  if (!ok) fail(`the build failed:\n${shortened(output)}`, 'npm run build shows all of it');
  writeFileSync(BUILD_STAMP, hash);
}

checkNode();
debianPackages(wantedPackages());
npmPackages();
sqlite();
pcap();
build();
