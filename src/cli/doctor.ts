/** `lvscope doctor`: what can be seen from here, by listening for a while; what cannot, and why. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { defaultInterfaces, listInterfaces, type NetworkInterface } from '../capture/interfaces.ts';
import { parseCount } from '../config.ts';
import type { CaptureStatus } from '../contract/capture.ts';
import { daemonsOf } from '../contract/daemon.ts';
import { groupsOf } from '../contract/group.ts';
import { statusOf } from '../contract/status.ts';
import { virtualRoutersOf } from '../contract/vrrp.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import { createPipeline } from '../pipeline.ts';
import { createMonitor, type Monitor } from '../state/monitor.ts';
import { repeated, syncOption } from './options.ts';
import { createOutput, type Output } from './output.ts';
import { captureLines, daemonLines, groupLines, vrrpLines } from './tables.ts';
import { columns } from './text.ts';

interface DoctorOptions {
  readonly interface?: string[];
  readonly sync: SyncChannel[];
  readonly join: boolean;
  readonly seconds: number;
}

const MOST_SESSIONS = 100_000;

interface Heard {
  readonly monitor: Monitor;
  readonly captures: readonly CaptureStatus[];
}

async function listen({ interface: names, sync, join, seconds }: DoctorOptions, capture: 'pcap' | 'udp'): Promise<Heard> {
  // Loaded here, so that the other commands start without them.
  const { startLiveSource } = await import('../live-source.ts');
  const { createLog } = await import('../log.ts');
  const monitor = createMonitor({ maxSessions: MOST_SESSIONS, trackChanges: false });
  const frame = createPipeline({ monitor, syncChannels: sync, headersSeen: capture === 'pcap' });
  const source = await startLiveSource(
    { kind: 'live', interfaces: names ?? null, join, capture },
    { sync, monitor, frame, log: createLog() },
  );
  try {
    await sleep(seconds * 1000);
    return { monitor, captures: source.status() };
  } finally {
    await source.stop();
  }
}

function interfaceLines(chosen: readonly string[] | undefined): string[] {
  const all = listInterfaces();
  const listened = chosen ?? defaultInterfaces(all).map(({ name }) => name);
  const why = (one: NetworkInterface): string => {
    if (listened.includes(one.name)) return 'listened to';
    if (one.loopback) return 'no: the loopback interface';
    return one.shadowed ? 'no: another one shows the same frames' : 'no';
  };
  const addresses = ({ ipv4, ipv6 }: NetworkInterface) => [...ipv4, ...ipv6].join(',') || '-';
  return columns(
    ['interface', 'state', 'listened to', 'addresses'],
    all.map((one) => [one.name, one.up ? 'up' : 'down', why(one), addresses(one)]),
  );
}

/** A list that has nothing in it says what that may mean. */
function section<Item>(title: string, items: readonly Item[], lines: (items: readonly Item[]) => string[], nothing: string): string[] {
  return ['', title, ...(items.length === 0 ? [`  ${nothing}`] : lines(items).map((line) => `  ${line}`))];
}

function heardLines({ monitor, captures }: Heard, { sync, join, seconds }: DoctorOptions): string[] {
  const nowMicros = monitor.clock.nowMicros ?? 0;
  const { faults, unknown } = statusOf(
    monitor,
    nowMicros,
    captures.flatMap(({ id, cannotSee }) => cannotSee.map((what) => `${id}: ${what}`)),
  );
  const ports = [...new Set(sync.map(({ fromPort, toPort }) => (fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`)))].join(
    ', ',
  );
  // What cannot be seen is unknown, not absent.
  const unless = (what: string, nothing: string) =>
    captures.some(({ cannotSee }) => cannotSee.includes(what)) ? 'cannot be seen without the right to capture' : nothing;
  const joined = join ? '' : ', or a switch withholds it because nothing was joined (--no-join)';
  return [
    ...section(`captured in ${seconds} s`, captures, captureLines, 'nothing'),
    ...section(
      'connection sync',
      daemonsOf(monitor, nowMicros),
      daemonLines,
      `none to port ${ports}: no session changed, the daemon sends to another group or interface (ipvsadm -L --daemon)${joined}`,
    ),
    ...section(
      'VRRP',
      virtualRoutersOf(monitor),
      vrrpLines,
      unless('vrrp', `no advert: keepalived advertises each second, so none passes here${joined}`),
    ),
    ...section(
      'multicast groups',
      groupsOf(monitor),
      groupLines,
      unless('igmp', 'no report was heard: without a querier, or behind a switch that snoops, none may come'),
    ),
    ...section('could not be read to the end', Object.entries(faults), (all) => all.map(([code, count]) => `${count}  ${code}`), 'nothing'),
    ...section('stays unknown', unknown, (all) => [...all], 'nothing'),
  ];
}

async function print(output: Output, lines: readonly string[]): Promise<void> {
  for (const line of lines) await output.line(line);
  await output.end();
}

/** Without the right to capture the sync group is still to be heard by plain sockets. */
async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const output = createOutput();
  await print(output, [...interfaceLines(options.interface), '']);
  try {
    const heard = await listen(options, 'pcap');
    await print(output, ['right to capture: yes', ...heardLines(heard, options)]);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof OperatorError) || error.exitCode !== EXIT.noPermission) throw error;
    await print(output, [`right to capture: no. ${error.hint}`]);
  }
  await print(output, heardLines(await listen(options, 'udp'), options));
  return EXIT.noPermission;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what can be seen from here: rights, interfaces, joins, what is heard, what stays unknown and why')
    .option('-i, --interface <IF>', 'listen here; may be repeated (default: every interface that is up, loopback excepted)', repeated)
    .addOption(syncOption())
    .option('--no-join', 'do not join the multicast groups: nothing at all is sent')
    .addOption(new Option('--seconds <N>', 'how long to listen').default(10).argParser((text) => parseCount('--seconds', text)))
    .action(async (options: DoctorOptions) => {
      process.exitCode = await doctor(options);
    });
}
