/** What this machine has. A suite whose needs are not met is skipped by name; under CI it fails instead, except for shared captures. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const FIXTURES = join(ROOT, 'test', 'fixtures');
export const LVSCOPE = join(ROOT, 'bin', 'lvscope.js');
/** Recordings and a peer's corpus beside the checkout; absent in an outside clone. */
const SHARED = process.env.LVSCOPE_SHARED ?? resolve(ROOT, '..', 'shared', 'captures');
export const TCPDUMP_TESTS = join(SHARED, 'tcpdump-tests');
/** What the packets of each protocol say, and the anomalies to find in them. */
export const PROTOCOL_FACTS = join(SHARED, '..', 'docs', 'protocol-facts.md');
const CHROMIUM = '/usr/bin/chromium';

export interface Recording {
  readonly where: string;
  readonly name: string;
  /** The capture; what the load balancers said themselves lies beside it as `.json`. */
  readonly path: string;
}

/** Lab recordings: those in the repository, and of those beside it the ones that are no copies of them. */
export function recordings(): Recording[] {
  const ours = join(FIXTURES, 'captures');
  const isCopy = (folder: string, file: string) =>
    folder !== ours && existsSync(join(ours, file)) && readFileSync(join(ours, file)).equals(readFileSync(join(folder, file)));
  const folders = [
    { where: 'test/fixtures/captures', folder: ours },
    { where: 'shared/captures/lab', folder: join(SHARED, 'lab') },
  ];
  return folders
    .filter(({ folder }) => existsSync(folder))
    .flatMap(({ where, folder }) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.pcap') && !isCopy(folder, file))
        .map((file) => ({ where, name: file.slice(0, -'.pcap'.length), path: join(folder, file) })),
    );
}

const onPath = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function canMakeNamespaces(): boolean {
  return process.getuid?.() === 0 && onPath('ip');
}

/** Of the running kernel: its 8021q module. Not on the loopback interface, where it makes none. */
function canMakeVlans(): boolean {
  const make = 'ip link add below type veth && ip link add link below name below.2 type vlan id 2';
  return canMakeNamespaces() && spawnSync('unshare', ['--net', 'sh', '-c', make]).status === 0;
}

const CHECKS = {
  root: () => process.getuid?.() === 0,
  namespaces: canMakeNamespaces,
  'vlan-interfaces': canMakeVlans,
  tshark: () => onPath('tshark'),
  tcpdump: () => onPath('tcpdump'),
  uml: () => onPath('linux.uml'),
  keepalived: () => onPath('keepalived'),
  ipvsadm: () => onPath('ipvsadm'),
  frr: () => existsSync('/usr/lib/frr/vrrpd') && onPath('vtysh'),
  tcpreplay: () => onPath('tcpreplay'),
  ethtool: () => onPath('ethtool'),
  editcap: () => onPath('editcap'),
  promtool: () => onPath('promtool'),
  tmux: () => onPath('tmux'),
  zsh: () => onPath('zsh'),
  fish: () => onPath('fish'),
  groff: () => onPath('groff'),
  mandoc: () => onPath('mandoc'),
  prometheus: () => onPath('prometheus'),
  alertmanager: () => onPath('prometheus-alertmanager'),
  systemd: () => onPath('systemd-analyze') && onPath('systemd-notify'),
  python3: () => onPath('python3'),
  sqlite3: () => onPath('sqlite3'),
  openssl: () => onPath('openssl'),
  chromium: () => existsSync(CHROMIUM),
  pcap: () => existsSync(join(ROOT, 'node_modules', 'pcap', 'build', 'Release', 'pcap_binding.node')),
  'tcpdump-tests': () => existsSync(TCPDUMP_TESTS),
  'shared-docs': () => existsSync(PROTOCOL_FACTS),
  'shared-captures': () => existsSync(join(SHARED, 'lab')),
} as const;
export type Need = keyof typeof CHECKS;

/** Not ours to commit, so an outside clone never has them; or of the machine's kernel, which nobody installs. */
const MAY_BE_ABSENT_IN_CI: readonly Need[] = ['tcpdump-tests', 'shared-captures', 'shared-docs', 'vlan-interfaces'];

const answers = new Map<Need, boolean>();

function has(need: Need): boolean {
  const known = answers.get(need) ?? CHECKS[need]();
  answers.set(need, known);
  return known;
}

/** Which of them this machine lacks. */
export const lacking = (...all: readonly Need[]): Need[] => all.filter((need) => !has(need));

/**
 * For `describe.skipIf(needs(...))`: true, with a line that names what is missing, when the suite must be skipped here.
 * @throws Error under CI=true, where everything must be there
 */
export function needs(...all: Need[]): boolean {
  const missing = lacking(...all);
  if (missing.length === 0) return false;
  const required = missing.filter((need) => !MAY_BE_ABSENT_IN_CI.includes(need));
  if (process.env.CI === 'true' && required.length > 0) throw new Error(`this machine lacks ${required.join(', ')}`);
  process.stderr.write(`skipped here, for lack of ${missing.join(', ')}\n`);
  return true;
}
