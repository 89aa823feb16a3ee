/** `lvscope doctor` at ports of real bridges: where load balancers speak, where nobody does, where a switch snoops, without rights. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { createWire, exited, until, type Wire } from '../capture/wire.ts';
import { FIXTURES, LVSCOPE, needs, ROOT } from '../environment.ts';
import { messageV1, recordV1 } from '../sync-message.ts';

const FILES = mkdtempSync(join(tmpdir(), 'lvscope-doctor-'));
afterAll(() => rmSync(FILES, { recursive: true }));
const DATA = ['--data', join(FILES, 'data'), '--listen', '127.0.0.1:19852'];

interface Told {
  readonly findings: readonly Finding[];
  readonly unknown: readonly string[];
  readonly code: number | null;
  readonly text: string;
}

async function told(child: ChildProcess): Promise<Told> {
  let text = '';
  let mistakes = '';
  child.stdout?.on('data', (part) => (text += part));
  child.stderr?.on('data', (part) => (mistakes += part));
  await exited(child);
  expect(mistakes).toBe('');
  return { ...(text.startsWith('{') ? JSON.parse(text) : { findings: [], unknown: [] }), code: child.exitCode, text };
}

const doctor = (on: Wire, ...words: string[]): Promise<Told> =>
  told(on.onMonitor(process.execPath, LVSCOPE, 'doctor', '--seconds', '3', '--json', ...DATA, ...words));

const of = ({ findings }: Told, kind: string): Finding[] => findings.filter((one) => one.kind === kind);
const textOf = (all: Told, kind: string): string =>
  of(all, kind)
    .map(({ text }) => text)
    .join('\n');
const kindsOf = ({ findings }: Told, severity: string): string[] =>
  findings.filter((one) => one.severity === severity).map(({ kind }) => kind);

function wireForThis({ onTestFinished }: TestContext): Wire {
  const wire = createWire();
  onTestFinished(() => wire.remove());
  wire.ip('link', 'set', 'lo', 'up');
  return wire;
}

/** The monitor's port on a bridge with a director's port, `dir0`; neither of them speaks unless told to. */
function bridged(context: TestContext, ...settings: string[]): Wire {
  const wire = wireForThis(context);
  wire.farIp('link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0', ...settings);
  wire.farIp('link', 'add', 'port0', 'type', 'veth', 'peer', 'name', 'dir0');
  for (const name of ['br0', 'port0', 'dir0']) wire.farIp('link', 'set', name, 'addrgenmode', 'none');
  for (const name of ['wire0', 'port0']) wire.farIp('link', 'set', name, 'master', 'br0');
  for (const name of ['port0', 'dir0', 'br0']) wire.farIp('link', 'set', name, 'up');
  return wire;
}

/** A bridge that asks every two seconds. Once the time to answer is over, a second here, Linux withholds groups from ports that did not join. */
async function snooping(context: TestContext): Promise<Wire> {
  const pace = ['mcast_query_response_interval', '100', 'mcast_query_interval', '200', 'mcast_startup_query_interval', '100'];
  const wire = bridged(context, 'mcast_snooping', '1', ...pace);
  wire.farIp('link', 'set', 'br0', 'type', 'bridge', 'mcast_querier', '1');
  await sleep(1500);
  return wire;
}

/** A director that says the same again and again, until the wire is removed. */
const speak = (wire: Wire, path: string, from = 'wire0'): ChildProcess =>
  wire.onFarEnd('tcpreplay', '-q', '-i', from, '--pps=100', '--loop=0', path);

/** A sync message from a host's own stack, with checksums that its receivers accept; so many at a time, 20 times a second. */
function sendSync(wire: Wire, atATime: number): void {
  wire.farIp('addr', 'add', '10.99.0.11/24', 'dev', 'wire0');
  const message = Buffer.from(messageV1([recordV1()])).toString('hex');
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(0, '10.99.0.11', () => {
      socket.setMulticastInterface('10.99.0.11');
      setInterval(() => { for (let i = 0; i < ${atATime}; i++) socket.send(Buffer.from('${message}', 'hex'), 8848, '224.0.0.81'); }, 50);
    });`;
  wire.onFarEnd(process.execPath, '-e', script);
}

const recording = (name: string): string => join(FIXTURES, 'captures', `${name}.pcap`);

function only(name: string, what: string, filter: string): string {
  const path = join(FILES, `${name}-${what}.pcap`);
  const { status, stderr } = spawnSync('tshark', ['-r', recording(name), '-Y', filter, '-F', 'pcap', '-w', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return path;
}

/** What a port sent, by tshark: protocol numbers and ICMPv6 types. */
async function emitted(wire: Wire, listening: () => Promise<unknown>): Promise<string[]> {
  const path = join(FILES, `emitted-${wire.monitorMac.replaceAll(':', '')}.pcap`);
  const dump = wire.onFarEnd('tcpdump', '-U', '-Z', 'root', '-i', 'wire0', '-w', path, 'ether', 'src', wire.monitorMac);
  let started = '';
  dump.stderr?.on('data', (part) => (started += part));
  await until('tcpdump listens', () => started.includes('listening on'));
  await listening();
  dump.kill('SIGINT');
  await exited(dump);
  const fields = ['-e', 'ip.proto', '-e', 'icmpv6.type'];
  return spawnSync('tshark', ['-r', path, '-T', 'fields', ...fields], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

describe.skipIf(needs('namespaces', 'tcpreplay', 'pcap', 'tshark', 'tcpdump', 'ethtool'))(
  'the doctor',
  { timeout: 60_000, concurrent: true },
  () => {
    test('where load balancers speak: senders, virtual router, who listens, in text', async (context) => {
      const wire = bridged(context, 'mcast_snooping', '0');
      speak(wire, recording('dr-v1-failover'), 'dir0');
      const child = wire.onMonitor(process.execPath, LVSCOPE, 'doctor', '-i', 'mon0', '--seconds', '5', ...DATA);
      const { text, code } = await told(child);
      expect(code).toBe(0);
      expect(text).toMatch(/^ok +interface\.up +mon0: up, with carrier, 192\.0\.2\.1, MTU 1500$/m);
      expect(text).toMatch(/^ok +rights\.capture +right to capture: yes \(user 0 with CAP_NET_RAW\)$/m);
      expect(text).toMatch(/^ok +join\.made +mon0: joined 224\.0\.0\.18, ff02::12, 224\.0\.0\.81$/m);
      expect(text).toMatch(/^ok +sync\.heard +10\.99\.0\.11 sends sync v1, syncid 51, to 224\.0\.0\.81 port 8848, TTL 1 on mon0: /m);
      expect(text).toMatch(/^ok +sync\.before_join /m);
      expect(text).toMatch(/^ok +vrrp\.heard +VRID 51 \(ipv4, VRRPv2\) on mon0: master 10\.99\.0\.1\d/m);
      // Somebody listens to VRRP all through the recording; to sync nobody does while the pair changes places.
      expect(text).toMatch(/^ok +group\.reports .* of 224\.0\.0\.18/m);
      expect(text).toMatch(/^info +group\.no_querier +nobody asked for memberships in 5 s$/m);
      const section = (title: string) => text.split('\n\n').find((part) => part.startsWith(`${title}\n`));
      expect(section('connection sync')).toMatch(/sender +10\.99\.0\.11 .* 51 /);
      expect(section('stays unknown')).toMatch(/scheduler, weight/);
      expect(text).toMatch(/^findings: 0 critical, 0 warning, /m);
    });

    test('a bridge that snoops and asks withholds the group until it is joined', async (context) => {
      const wire = await snooping(context);
      speak(wire, only('sync-options', 'sync', 'ip.dst == 239.1.2.3 or vrrp'), 'dir0');
      const all = await doctor(wire, '-i', 'mon0', '--sync', '239.1.2.3:9000-9003');
      expect(all.code).toBe(0);
      expect(textOf(all, 'sync.only_after_join')).toMatch(
        /^239\.1\.2\.3 on mon0: 0 datagrams in 1\.2 s before the join, [1-9]\d* in 1\.8 s after it$/,
      );
      expect(textOf(all, 'group.querier')).toMatch(/^a switch or bridge without an address asks on mon0, IGMPv\d, every \d+ s;/);
      expect(kindsOf(all, 'warning')).toEqual([]);
    });

    test('--no-join there: nothing is heard of the group, nothing is sent, and the first cause is named', async (context) => {
      const wire = await snooping(context);
      speak(wire, only('sync-options', 'no-join', 'ip.dst == 239.1.2.3 or vrrp'), 'dir0');
      let all: Told | undefined;
      const sent = await emitted(wire, async () => {
        all = await doctor(wire, '-i', 'mon0', '--no-join', '--sync', '239.1.2.3:9000-9003');
      });
      if (!all) throw new Error('no findings');
      expect(sent).toEqual([]);
      expect(kindsOf(all, 'warning')).toEqual(['sync.silent']);
      expect(of(all, 'sync.silent')[0].advice[0]).toMatch(/leave --no-join out/);
      expect(textOf(all, 'vrrp.heard')).toMatch(/VRID/);
      expect(all.unknown).toContain('what a switch withholds from ports that have not joined (--no-join)');
    });

    test('snooping, and nobody asks: heard at once, with a warning that it may end', async (context) => {
      const wire = bridged(context, 'mcast_snooping', '1');
      speak(wire, only('sync-options', 'no-querier', 'ip.dst == 239.1.2.3 or vrrp'), 'dir0');
      const all = await doctor(wire, '-i', 'mon0', '--sync', '239.1.2.3:9000-9003');
      expect(kindsOf(all, 'warning')).toEqual(['group.no_querier_needed']);
      expect(of(all, 'group.no_querier_needed')[0].meaning).toMatch(/260 s/);
      expect(textOf(all, 'sync.before_join')).toMatch(/^239\.1\.2\.3 on mon0: [1-9]/);
    });

    test('the bridge itself, on the same machine', async (context) => {
      const wire = await snooping(context);
      const all = await told(
        wire.onFarEnd(process.execPath, LVSCOPE, 'doctor', '-i', 'br0', '-i', 'port0', '--seconds', '1', '--no-join', '--json', ...DATA),
      );
      expect(of(all, 'interface.bridge_snooping').map((one) => [one.interface, one.text])).toEqual([
        ['br0', 'bridge br0 snoops and asks for memberships'],
        ['port0', 'bridge br0 snoops and asks for memberships'],
      ]);
      expect(textOf(all, 'interface.port')).toBe('port0 is a port of br0');
    });

    test('a silent wire is critical; joins and leaves of the groups are all that is sent', async (context) => {
      const wire = wireForThis(context);
      let all: Told | undefined;
      const sent = await emitted(wire, async () => {
        all = await doctor(wire, '-i', 'mon0');
      });
      if (!all) throw new Error('no findings');
      expect(all.code).toBe(1);
      expect(kindsOf(all, 'critical')).toEqual(['wire.silent']);
      expect(of(all, 'sync.silent')[0].advice[0]).toMatch(/^wrong port or VLAN/);
      // IGMP is 2; an MLDv2 report has type 143 (RFC 3810 section 5.2).
      expect([...new Set(sent)].sort()).toEqual(['143', '2']);
    });

    test('VRRP without sync: the segment is right, so the master is to be asked first', async (context) => {
      const wire = wireForThis(context);
      speak(wire, only('dr-v1-failover', 'vrrp', 'vrrp'));
      const all = await doctor(wire, '-i', 'mon0');
      expect(all.code).toBe(0);
      expect(of(all, 'sync.silent')[0].advice.slice(0, 2)).toEqual([
        expect.stringMatching(/^the VRRP master is 10\.99\.0\.1\d/),
        expect.stringMatching(/ipvsadm -L --daemon/),
      ]);
    });

    test('an interface that is down, or without carrier', async (context) => {
      const wire = wireForThis(context);
      wire.ip('link', 'set', 'mon0', 'down');
      const down = await doctor(wire, '-i', 'mon0', '--seconds', '1');
      expect(down.code).toBe(1);
      expect(textOf(down, 'interface.down')).toBe('mon0: switched off, MTU 1500');
      expect(of(down, 'join.made')).toEqual([]);
      wire.ip('link', 'set', 'mon0', 'up');
      wire.farIp('link', 'set', 'wire0', 'down');
      const dead = await doctor(wire, '-i', 'mon0', '--seconds', '1');
      expect(textOf(dead, 'interface.down')).toBe('mon0: up, without carrier, MTU 1500');
    });

    test('an interface without an IPv4 address joins what it can and says what it could not', async (context) => {
      const wire = wireForThis(context);
      wire.ip('addr', 'flush', 'dev', 'mon0');
      const all = await doctor(wire, '-i', 'mon0', '--seconds', '2');
      expect(textOf(all, 'join.refused')).toMatch(/^mon0: not joined: 224\.0\.0\.18: the interface has no IPv4 address; 224\.0\.0\.81: /);
      expect(textOf(all, 'join.made')).toBe('mon0: joined ff02::12');
    });

    test('tagged frames', async (context) => {
      const wire = wireForThis(context);
      speak(wire, recording('tunnel-udp-vlan'));
      const all = await doctor(wire, '-i', 'mon0');
      expect(textOf(all, 'wire.tagged')).toBe('VLAN tags: 100');
      expect(textOf(all, 'sync.heard')).toMatch(/ on mon0 in VLAN 100: /);
    });

    test.skipIf(needs('vlan-interfaces'))('a VLAN interface', async (context) => {
      const wire = wireForThis(context);
      wire.ip('link', 'add', 'link', 'mon0', 'name', 'mon0.100', 'type', 'vlan', 'id', '100');
      wire.ip('link', 'set', 'mon0.100', 'addrgenmode', 'none');
      wire.ip('addr', 'add', '198.51.100.1/24', 'dev', 'mon0.100');
      wire.ip('link', 'set', 'mon0.100', 'up');
      speak(wire, recording('tunnel-udp-vlan'));
      const all = await doctor(wire, '-i', 'mon0.100');
      expect(textOf(all, 'interface.vlan')).toBe('mon0.100 is VLAN 100 of mon0');
      expect(textOf(all, 'vrrp.heard')).toMatch(/ on mon0\.100: /);
      expect(of(all, 'wire.tagged')).toEqual([]);
    });

    test('an interruption: the cable is out for a while', async (context) => {
      const wire = wireForThis(context);
      const child = wire.onMonitor(process.execPath, LVSCOPE, 'doctor', '-i', 'mon0', '--seconds', '4', ...DATA);
      let began = '';
      child.stdout?.on('data', (part) => (began += part));
      const all = told(child);
      await until('it listens', () => began.includes('listening on mon0'));
      await sleep(1500);
      wire.farIp('link', 'set', 'wire0', 'down');
      await sleep(300);
      wire.farIp('link', 'set', 'wire0', 'up');
      expect((await all).text).toMatch(
        /^warning +capture\.interrupted +mon0: \d+ frames in 4 s, 1 interruptions \(the link is down\), 1 restarts$/m,
      );
    });

    test('sync datagrams that the kernel joins (GRO) are larger than the MTU, and unreadable', async (context) => {
      const wire = wireForThis(context);
      const joining = `
      echo 20000000 > /sys/class/net/mon0/gro_flush_timeout; echo 50 > /sys/class/net/mon0/napi_defer_hard_irqs
      ethtool -K mon0 gro on rx-udp-gro-forwarding on; exec "$0" "$@"`;
      const words = ['doctor', '-i', 'mon0', '--seconds', '3', '--json', ...DATA];
      const all = told(wire.onMonitor('sh', '-c', joining, process.execPath, LVSCOPE, ...words));
      sendSync(wire, 200);
      const { findings, text } = { ...(await all) };
      expect(findings.filter(({ kind }) => kind === 'wire.merged').map((one) => one.text)).toEqual([
        expect.stringMatching(/^mon0: a packet of \d{4,} octets, where the MTU is 1500$/),
      ]);
      expect(text).toMatch(/could not be read to the end: \d+ ipvs\./);
    });

    test('a small disk', async (context) => {
      const wire = wireForThis(context);
      const data = join(FILES, 'small');
      mkdirSync(data);
      // In a mount namespace of its own, as ip netns exec makes one.
      const script = `mount -t tmpfs -o size=64m small ${data} && exec "$0" "$@"`;
      const words = ['doctor', '-i', 'mon0', '--seconds', '1', '--no-join', '--json', '--data', data];
      const all = await told(wire.onMonitor('sh', '-c', script, process.execPath, LVSCOPE, ...words));
      expect(textOf(all, 'data.little_room')).toBe(`${data} can be written, 0.1 GiB are free`);
    });

    test('npm pcap that does not load', async (context) => {
      const wire = wireForThis(context);
      const addon = join(ROOT, 'node_modules', 'pcap', 'build', 'Release', 'pcap_binding.node');
      const script = `mount --bind /dev/null ${addon} && exec "$0" "$@"`;
      const words = ['doctor', '-i', 'mon0', '--seconds', '1', '--no-join', '--json', ...DATA];
      const all = await told(wire.onMonitor('sh', '-c', script, process.execPath, LVSCOPE, ...words));
      expect(textOf(all, 'rights.no_pcap')).toMatch(/npm module pcap .* with CAP_NET_RAW/);
      expect(all.code).toBe(1);
    });

    test('without the right to capture it listens to the sync group alone, and says what that hides', async () => {
      const child = spawn(process.execPath, [LVSCOPE, 'doctor', '-i', 'lo', '--seconds', '1', '--no-join', '--json', ...DATA], {
        uid: 65534,
        gid: 65534,
      });
      const all = await told(child);
      expect(all.code).toBe(3);
      expect(textOf(all, 'rights.no_capture')).toMatch(/CAP_NET_RAW/);
      expect(textOf(all, 'data.unwritable')).toMatch(/^user 65534 may not write /);
      expect(textOf(all, 'wire.hidden')).toMatch(/vrrp, arp/);
      expect(all.unknown).toContain('lo: vrrp');
      expect(all.findings.filter(({ kind }) => /^(vrrp|arp|group|capture)\./.test(kind))).toEqual([]);
    });

    test('without the right to capture, where sync comes: heard as a member of the group, and no word on switches', async (context) => {
      const wire = wireForThis(context);
      wire.ip('addr', 'add', '10.99.0.50/24', 'dev', 'mon0');
      sendSync(wire, 1);
      const words = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, LVSCOPE, 'doctor', '-i', 'mon0'];
      const all = await told(wire.onMonitor('setpriv', ...words, '--seconds', '3', '--json', ...DATA));
      expect(all.code).toBe(3);
      expect(textOf(all, 'sync.heard')).toMatch(/^10\.99\.0\.1\d sends sync v1, syncid 51, to 224\.0\.0\.81 port 8848: \d+ datagrams/m);
      expect(textOf(all, 'join.made')).toBe('mon0: joined 224.0.0.81');
      expect(all.findings.filter(({ kind }) => /^sync\..*join$/.test(kind))).toEqual([]);
    });

    test('beside a monitor that runs: its folder is held, its port taken, its groups joined', async (context) => {
      const wire = wireForThis(context);
      const data = join(FILES, 'held');
      mkdirSync(data);
      const where = ['--data', data, '--listen', '127.0.0.1:19853'];
      const monitor = wire.onMonitor(process.execPath, LVSCOPE, 'run', '-i', 'mon0', ...where);
      let said = '';
      monitor.stdout?.on('data', (part) => (said += part));
      await until('the monitor runs', () => said.includes('http://'));
      await sleep(1500);
      const all = await doctor(wire, '-i', 'mon0', '--seconds', '1', ...where);
      expect(textOf(all, 'data.held')).toBe(`another lvscope runs with ${data}`);
      expect(textOf(all, 'page.taken')).toMatch(/^cannot listen at 127\.0\.0\.1:19853: .*EADDRINUSE/);
      expect(textOf(all, 'join.held_before')).toBe('mon0: joined before by others here: 224.0.0.18, ff02::12, 224.0.0.81');
      monitor.kill('SIGTERM');
      await exited(monitor);
      chmodSync(data, 0o700);
      const after = await doctor(wire, '-i', 'mon0', '--seconds', '1', ...where);
      expect(textOf(after, 'data.ready')).toMatch(/GiB are free$/);
      expect(of(after, 'join.held_before')).toEqual([]);
    });

    test('a namespace other than that of process 1, with the /sys of yet another', async (context) => {
      const wire = wireForThis(context);
      const words = ['-i', 'lo', '--seconds', '1', '--no-join', '--json', ...DATA];
      const inside = 'ip link add only0 type veth peer name only1; exec "$0" "$@"';
      // The shell is process 1 of a process namespace; exit keeps it from becoming what it runs.
      const script = `unshare --net sh -c '${inside}' "$0" "$@"; exit $?`;
      const all = await told(
        wire.onFarEnd(
          'unshare',
          '--pid',
          '--fork',
          '--mount-proc',
          '--kill-child',
          'sh',
          '-c',
          script,
          process.execPath,
          LVSCOPE,
          'doctor',
          ...words,
        ),
      );
      expect(textOf(all, 'place.namespace')).toBe('this is a network namespace of its own');
      expect(textOf(all, 'place.other_sysfs')).toBe('/sys belongs to another network namespace');
      expect(all.code).toBe(1);
    });
  },
);
