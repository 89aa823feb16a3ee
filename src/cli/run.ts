/** `lvscope run`: the monitor. */
import { type Command, Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { DATA_FOLDERS, defaultDataFolder, type Listen, parseSpeed, syncText } from '../config.ts';
import type { ConfigFile } from '../config-file.ts';
import { DEFAULT_HISTORY } from '../contract/history.ts';
import { EXIT, OperatorError } from '../errors.ts';
import type { SourceOptions } from '../source.ts';
import { hasRootToGiveUp, runWithoutRoot } from '../without-root.ts';
import {
  type AccessWords,
  accessOf,
  addAccessOptions,
  configOption,
  listenOption,
  maxSessionsOption,
  repeated,
  syncOption,
} from './options.ts';

interface RunWords extends AccessWords {
  readonly interface?: string[];
  readonly read?: string;
  readonly speed?: number;
  readonly join: boolean;
  readonly capture: 'pcap' | 'udp';
  readonly from?: string;
  readonly user?: string;
  readonly sync: SyncChannel[];
  readonly data: string;
  readonly listen: Listen;
  readonly maxSessions: number;
  readonly history: boolean;
  readonly metricsCompat: boolean;
  readonly config?: ConfigFile;
}

function sourceOf(words: RunWords): SourceOptions {
  const { from } = words;
  if (from !== undefined && (words.read !== undefined || words.capture === 'udp'))
    throw new OperatorError(EXIT.usage, '--from goes neither with --read nor with --capture udp', 'give one of them');
  if (words.read === undefined) {
    if (words.speed !== undefined)
      throw new OperatorError(EXIT.usage, '--speed goes with --read only', 'a live interface has the pace it has');
    return { kind: 'live', interfaces: words.interface ?? null, join: words.join, capture: words.capture, from };
  }
  if (words.interface) throw new OperatorError(EXIT.usage, '--read and --interface exclude each other', 'give one of them');
  return { kind: 'read', path: words.read, speed: words.speed ?? null };
}

/** For a probe service that captures what this monitor wants; null when it wants none of its own. */
function probeWords({ read, capture, from, interface: names = [], sync }: RunWords): string[] | null {
  if (read !== undefined || capture === 'udp' || from !== undefined) return null;
  return [...names.flatMap((name) => ['-i', name]), ...sync.flatMap((channel) => ['--sync', syncText(channel)])];
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('the monitor: listen, keep the live connection table, serve page, API and metrics')
    .option('-i, --interface <IF>', 'listen here; may be repeated (default: every interface that is up, loopback excepted)', repeated)
    .option('--read <FILE>', 'read a capture instead; - for standard input, as from tcpdump -U -w -')
    .option('--speed <N>', 'with --read: N times the recorded pace (default: as fast as it goes)', parseSpeed)
    .option('--no-join', 'do not join the multicast groups: nothing at all is sent')
    .addOption(
      new Option('--capture <KIND>', 'pcap: everything, needs CAP_NET_RAW; udp: plain sockets, the sync group only, needs no right')
        .choices(['pcap', 'udp'])
        .default('pcap'),
    )
    .option('--from <SOCKET>', 'let lvscope probe --to SOCKET capture, with the same -i and --sync: this needs no right then')
    .addOption(
      new Option('--user <NAME>', 'started by root: become this user first; root: stay root (default: lvscope or else nobody)').env(
        'LVSCOPE_USER',
      ),
    )
    .addOption(syncOption())
    .addOption(new Option('--data <DIR>', 'folder of the database').default(defaultDataFolder(), DATA_FOLDERS))
    .option('--no-history', 'keep no frames for questions about other moments (at=TIME)')
    .addOption(listenOption());
  addAccessOptions(command)
    .addOption(maxSessionsOption())
    .option('--metrics-compat', "also give /metrics the names of node_exporter's ipvs collector and of keepalived_exporter", false)
    .addOption(configOption())
    .action(async (words: RunWords) => {
      const source = sourceOf(words);
      if (hasRootToGiveUp(words.user)) {
        process.exitCode = await runWithoutRoot({
          user: words.user,
          data: words.data,
          words: process.argv.slice(2),
          probe: probeWords(words),
        });
        return;
      }
      // Loaded here, so that the other commands start without a server.
      const { run } = await import('../run.ts');
      const { sync, listen, data, maxSessions, config } = words;
      process.exitCode = await run({
        source,
        sync,
        listen,
        access: accessOf(words, config?.path ?? null),
        data,
        maxSessions,
        expected: config?.expected ?? null,
        alerting: config?.alerts ?? null,
        metricsCompat: words.metricsCompat,
        history: words.history ? (config?.history ?? DEFAULT_HISTORY) : null,
      });
    });
}
