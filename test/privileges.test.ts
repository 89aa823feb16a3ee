/**
 * Started by root, lvscope parses nothing as root: the monitor has no capability and no way to one, its probes have CAP_NET_RAW
 * and nothing else. Checked where the kernel says so, in /proc.
 */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWire, exited, until, type Wire } from './capture/wire.ts';
import { FIXTURES, LVSCOPE, needs } from './environment.ts';
import { capabilitiesOf, childrenOf, commandOf, isAlive, NET_RAW, NOTHING, rightsOf } from './process-rights.ts';

const RECORDING = join(FIXTURES, 'captures', 'persistence-fwmark.pcap');
const LONG_MS = 60_000;
const idOf = (which: '-u' | '-g', name: string): number => Number(execFileSync('id', [which, name], { encoding: 'utf8' }));
const userThere = (...names: string[]): string => names.find((name) => spawnSync('id', [name]).status === 0) ?? '';

const USER = userThere('lvscope', 'nobody');
const PROBE_USER = userThere(...['lvscope-probe', 'nobody', 'daemon'].filter((name) => name !== USER));

/** Whoever starts lvscope says nothing about users. */
const AS_ROOT = ['env', '-u', 'LVSCOPE_USER', process.execPath, LVSCOPE] as const;

describe.skipIf(needs('namespaces', 'tcpreplay', 'pcap'))('started by root', () => {
  let wire: Wire;
  let folder: string;

  beforeEach(() => {
    wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    folder = mkdtempSync(join(tmpdir(), 'lvscope-root-'));
    // As /tmp is.
    chmodSync(folder, 0o1777);
  });
  afterEach(() => {
    wire.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Started {
    readonly program: ChildProcess;
    readonly first: number;
    readonly monitor: number;
    readonly service: number;
    readonly probe: number;
    readonly said: () => string;
    readonly ask: (noun: string) => unknown[];
  }

  async function start(): Promise<Started> {
    const words = ['run', '-i', 'mon0', '--data', join(folder, 'data'), '--listen', '127.0.0.1:19853'];
    const program = wire.onMonitor('env', `TMPDIR=${folder}`, ...AS_ROOT, ...words);
    let said = '';
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (chunk) => {
        said += chunk;
      });
    await until('the monitor is up', () => said.includes('lvscope: http') || program.exitCode !== null, LONG_MS);
    expect(program.exitCode, said).toBeNull();
    const first = program.pid ?? 0;
    const find = (command: string, of: number) => childrenOf(of).find((pid) => commandOf(pid).includes(command)) ?? 0;
    const service = find('lvscope.js probe', first);
    const monitor = find('lvscope.js run', first);
    await until('the probe is there', () => find('probe.js', service) !== 0, LONG_MS);
    const ask = (noun: string) => JSON.parse(wire.run(process.execPath, LVSCOPE, noun, '--json', '--url', 'http://127.0.0.1:19853'));
    return { program, first, monitor, service, probe: find('probe.js', service), said: () => said, ask };
  }

  test('monitor without any right, probe with one, before the first packet and after it; all gone at the end', async () => {
    const { program, first, monitor, service, probe, said, ask } = await start();
    const probeFolder = /--to (\S+)\/socket/.exec(commandOf(service))?.[1] ?? '';
    const four = (id: number) => Array.from({ length: 4 }, () => String(id));
    const check = () => {
      const [uid, gid] = [idOf('-u', USER), idOf('-g', USER)];
      for (const thread of readdirSync(`/proc/${monitor}/task`).map(Number)) {
        const rights = rightsOf(thread);
        expect(rights).toMatchObject({ uids: four(uid), gids: four(gid), noNewPrivileges: true });
        expect(rights.groups).not.toContain('0');
        expect(capabilitiesOf(rights)).toEqual([NOTHING, NOTHING, NOTHING, NOTHING, NOTHING]);
      }
      for (const pid of [service, probe]) {
        const rights = rightsOf(pid);
        expect(rights).toMatchObject({ uids: four(idOf('-u', PROBE_USER)), gids: four(gid), groups: [], noNewPrivileges: true });
        expect(capabilitiesOf(rights)).toEqual([NET_RAW, NET_RAW, NET_RAW, NET_RAW, NET_RAW]);
      }
      // Node cannot lower its own bounding set; this one only waits.
      expect(rightsOf(first)).toMatchObject({ uids: four(uid), gids: four(gid), groups: [], permitted: NOTHING, effective: NOTHING });
      expect(rightsOf(first)).toMatchObject({ inheritable: NOTHING, ambient: NOTHING });
    };
    check();
    await wire.replay(RECORDING, '--mbps=20');
    const expected = execFileSync(process.execPath, [LVSCOPE, 'replay', RECORDING, '--show', 'connections', '--json']).toString();
    const wanted = JSON.parse(expected).length;
    expect(wanted).toBeGreaterThan(5);
    await until('the table is there', () => ask('connections').length === wanted, LONG_MS);
    check();
    expect(statSync(join(folder, 'data'))).toMatchObject({ uid: idOf('-u', USER), mode: 0o40750 });
    expect(statSync(join(folder, 'data', 'lvscope.db')).uid).toBe(idOf('-u', USER));
    expect(existsSync(probeFolder)).toBe(true);
    program.kill('SIGTERM');
    await exited(program);
    expect(program.exitCode, said()).toBe(0);
    await until('nothing is left', () => ![monitor, service, probe].some(isAlive), LONG_MS);
    expect(existsSync(probeFolder)).toBe(false);
  });

  test('the first process killed, the others end by themselves', async () => {
    const { program, monitor, service, probe } = await start();
    program.kill('SIGKILL');
    await until('nothing is left', () => ![monitor, service, probe].some(isAlive), LONG_MS);
  });

  test('the probe killed, there is another; the service that made it killed, all ends with a sentence', async () => {
    const { program, service, probe, said, ask } = await start();
    process.kill(probe, 'SIGKILL');
    await until('there is another', () => childrenOf(service).some((pid) => pid !== probe), LONG_MS);
    await until('the interval is told', () => JSON.stringify(ask('events')).includes('sniff.blind'), LONG_MS);
    process.kill(service, 'SIGKILL');
    await exited(program);
    expect(said()).toContain('lvscope: the probe service ended, and with it the monitor');
    expect(program.exitCode).toBe(1);
  });

  test('neither the monitor nor the debugger of Node gets at a probe', async () => {
    const { monitor, service, probe } = await start();
    const as = ['--reuid', USER, '--regid', String(idOf('-g', USER)), '--init-groups', '--bounding-set=-all', '--no-new-privs'];
    for (const pid of [service, probe]) {
      expect(spawnSync('setpriv', [...as, 'kill', '-USR1', String(pid)]).status).not.toBe(0);
      process.kill(pid, 'SIGUSR1');
    }
    expect(spawnSync('setpriv', [...as, 'cat', `/proc/${service}/environ`]).status).not.toBe(0);
    expect([monitor, service, probe].every(isAlive)).toBe(true);
    // 9229 is where Node's debugger would listen.
    expect(wire.run('ss', '-Hltn', 'sport = :9229')).toBe('');
  });
});

describe.skipIf(needs('root'))('what cannot be done as another user is said', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-refused-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const run = (...options: string[]) => {
    const [program, ...words] = AS_ROOT;
    const { status, stderr } = spawnSync(
      program,
      [...words, 'run', '--read', RECORDING, '--data', data, '--listen', '127.0.0.1:0', ...options],
      {
        encoding: 'utf8',
      },
    );
    return { status, stderr };
  };

  test('a data folder of somebody else is neither used nor given away', () => {
    const { status, stderr } = run();
    expect(stderr).toContain(`the user ${USER} cannot write to the data folder ${data}`);
    expect(stderr).toContain(`chown -R ${USER}: ${data}`);
    expect(status).toBe(1);
    expect(statSync(data).uid).toBe(0);
  });

  test('root that stays root on request makes a folder that is not for everybody either', () => {
    const fresh = join(folder, 'fresh');
    const { status } = run('--user', 'root', '--data', fresh, '--read', join(folder, 'no-such.pcap'));
    expect(status).toBe(4);
    expect(statSync(fresh)).toMatchObject({ uid: 0, mode: 0o40750 });
  });

  test.each(['no-such-user', '-g', ''])('no user %j', (name) => {
    const { status, stderr } = run(`--user=${name}`);
    expect(stderr).toContain(`there is no user ${name}`);
    expect(status).toBe(2);
  });
});
