/**
 * Root is given up before anything is parsed: started by root, the program starts itself again through setpriv (util-linux) as
 * another user, without capabilities, with no way back, and with a probe service beside it that keeps CAP_NET_RAW alone. What
 * is left of the first process hands on signals and the exit code; it becomes that user too. Node itself can drop neither
 * capabilities nor the bounding set, and knows no no_new_privs.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXIT, OperatorError } from './errors.ts';

/** The first that exists. lvscope.sysusers.conf makes the users of our own; the others are on every Debian. */
const MONITOR_USERS = ['lvscope', 'nobody'];
/** Another user than the monitor's, so that the monitor may send it no signal. */
const PROBE_USERS = ['lvscope-probe', 'nobody', 'daemon'];
const STAY_ROOT = '--user root keeps everything as root';
const PROGRAM = process.argv[1];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface WithoutRootOptions {
  /** Undefined: the first of `MONITOR_USERS`. */
  readonly user: string | undefined;
  /** Made for the user when it is not there. */
  readonly data: string;
  /** What was typed, from the name of the command on. */
  readonly words: readonly string[];
  /** Options of the probe service; null: nothing is captured. */
  readonly probe: readonly string[] | null;
}

/** Whether there is root to be given up. @param user the one asked for */
export const hasRootToGiveUp = (user: string | undefined): boolean => process.getuid?.() === 0 && user !== 'root';

/** Kept when the monitor has ended: its exit code. */
export async function runWithoutRoot({ user, data, words, probe }: WithoutRootOptions): Promise<number> {
  const account = user === undefined ? firstAccount(MONITOR_USERS) : accountOf(user);
  if (!account || account.uid === 0)
    throw new OperatorError(EXIT.usage, `there is no user ${user ?? MONITOR_USERS.join(' or ')} to become`, STAY_ROOT);
  makeFor(account, data);
  checkAccess(account, data);
  const prober = probe && (await startProber(account, probe));
  const from = prober ? ['--from', prober.socketPath] : [];
  const monitor = spawnAs(account, { capabilities: '-all', groups: '--init-groups' }, [...words, '--data', data, ...from], 'inherit');
  become(account);
  for (const signal of SIGNALS) process.on(signal, () => monitor.kill(signal));
  prober?.service.once('exit', () => monitor.kill('SIGTERM'));
  const exitCode = await exitCodeOf(monitor);
  if (!prober) return exitCode;
  const isLost = prober.service.exitCode !== null || prober.service.signalCode !== null;
  if (isLost) process.stderr.write('lvscope: the probe service ended, and with it the monitor\n');
  removeFolder(prober.folder);
  // No signal: it is another user's. And its end of the pipe is closed too when we are killed.
  prober.service.stdin?.end();
  return isLost ? EXIT.fault : exitCode;
}

/** Also what no file of this machine lists (LDAP and the like). Null when there is no such user. */
function accountOf(name: string): Account | null {
  const [uid, gid] = ['-u', '-g'].map((which) => {
    const { status, stdout } = spawnSync('id', [which, '--', name], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : null;
  });
  return uid === null || gid === null ? null : { name, uid, gid };
}

function firstAccount(names: readonly string[]): Account | null {
  for (const name of names) {
    const account = accountOf(name);
    if (account) return account;
  }
  return null;
}

function makeFor({ uid, gid }: Account, folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(folder, { mode: 0o750 });
  lchownSync(folder, uid, gid);
}

/** As the user himself, since what root may read says nothing. */
function checkAccess(account: Account, data: string): void {
  const isOpen = (test: string, ...paths: string[]) => {
    const { status, error } = spawnSync('setpriv', [...identity(account), '--init-groups', 'sh', '-c', test, 'sh', ...paths], {
      stdio: 'ignore',
    });
    if (error)
      throw new OperatorError(
        EXIT.fault,
        `root cannot be given up: ${error.message}`,
        `install util-linux, or start as another user; ${STAY_ROOT}`,
      );
    return status === 0;
  };
  const { name } = account;
  if (!isOpen('test -r "$1" && test -x "$2"', PROGRAM, process.execPath))
    throw new OperatorError(
      EXIT.fault,
      `the user ${name} cannot read ${PROGRAM}`,
      `install lvscope where every user can read it; ${STAY_ROOT}`,
    );
  if (!isOpen('for f in "$1" "$1"/*; do test ! -e "$f" || test -w "$f" || exit 1; done; test -x "$1"', data))
    throw new OperatorError(
      EXIT.fault,
      `the user ${name} cannot write to the data folder ${data}, or to what lies in it`,
      `chown -R ${name}: ${data}, or name another folder with --data; ${STAY_ROOT}`,
    );
}

const identity = ({ uid, gid }: Account): string[] => ['--reuid', String(uid), '--regid', String(gid)];

interface Rights {
  /** As setpriv writes sets of them. */
  readonly capabilities: '-all' | '-all,+net_raw';
  readonly groups: '--init-groups' | '--clear-groups';
}

/** This program again, without root. */
function spawnAs(account: Account, { capabilities, groups }: Rights, words: readonly string[], piped: 'inherit' | 'pipe'): ChildProcess {
  const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'].map((set) => `${set}=${capabilities}`);
  const setpriv = [...identity(account), groups, ...sets, '--no-new-privs', '--pdeathsig', 'TERM'];
  return spawn('setpriv', [...setpriv, process.execPath, PROGRAM, ...words], {
    stdio: [piped, piped, 'inherit'],
    // systemd names this process as the one to feed its watchdog; now it is that one.
    env: { ...process.env, WATCHDOG_PID: undefined },
    // In a process group of its own, so that a Ctrl-C comes once, from us.
    detached: true,
  });
}

const PROBE_RIGHTS: Rights = { capabilities: '-all,+net_raw', groups: '--clear-groups' };

interface Prober {
  readonly service: ChildProcess;
  readonly folder: string;
  readonly socketPath: string;
}

/** Kept when it listens. Its socket lies in a folder that only it and the monitor can enter. */
async function startProber(monitor: Account, options: readonly string[]): Promise<Prober> {
  const account = firstAccount(PROBE_USERS.filter((name) => name !== monitor.name));
  if (!account) throw new OperatorError(EXIT.fault, `there is no user ${PROBE_USERS.join(' or ')} to capture as`, STAY_ROOT);
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-probe-'));
  chownSync(folder, monitor.uid, monitor.gid);
  chmodSync(folder, 0o770);
  const socketPath = join(folder, 'socket');
  const service = spawnAs(
    { ...account, gid: monitor.gid },
    PROBE_RIGHTS,
    ['probe', '--end-with-input', '--to', socketPath, ...options],
    'pipe',
  );
  await new Promise<void>((resolve, reject) => {
    service.stdout?.once('data', () => resolve());
    service.once('exit', () => reject(new OperatorError(EXIT.fault, 'the probe service does not start', STAY_ROOT)));
  });
  return { service, folder, socketPath };
}

/** For good, and in all threads: root leaves no saved id behind, and no capability. */
function become({ uid, gid }: Account): void {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Root made it where this user may remove nothing ($TMPDIR): an empty folder stays.
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? EXIT.fault));
  });
}
