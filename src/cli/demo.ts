/** `lvscope demo`: the monitor beside a recorded pair of load balancers, looped and shifted to now. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { DEFAULT_MAX_SESSIONS, DEFAULT_SYNC, type Listen, parseSpeed, parseSyncChannel } from '../config.ts';
import { DEFAULT_HISTORY } from '../contract/history.ts';
import { type AccessWords, accessOf, addAccessOptions, listenOption } from './options.ts';

/** Three folders up from dist/src/cli/demo.js. */
const RECORDING = fileURLToPath(new URL('../../../demo/pair.pcap', import.meta.url));

interface DemoWords extends AccessWords {
  readonly listen: Listen;
  readonly speed: number;
}

async function demo({ listen, speed, ...access }: DemoWords): Promise<number> {
  const { run } = await import('../run.ts');
  const data = mkdtempSync(join(tmpdir(), 'lvscope-demo-'));
  process.stdout.write('lvscope: a recorded pair of load balancers, played again and again as if it were now; stop with Ctrl-C\n');
  try {
    const source = { kind: 'demo', path: RECORDING, speed } as const;
    return await run({
      source,
      sync: [parseSyncChannel(DEFAULT_SYNC)],
      listen,
      access: accessOf(access, null),
      data,
      maxSessions: DEFAULT_MAX_SESSIONS,
      expected: null,
      alerting: null,
      metricsCompat: false,
      history: DEFAULT_HISTORY,
    });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('the monitor on a recording of a real pair: sessions, a failover, a split brain')
    .addOption(listenOption());
  addAccessOptions(command)
    .addOption(new Option('--speed <N>', 'N times the recorded pace').default(1).argParser(parseSpeed))
    .action(async (words: DemoWords) => {
      process.exitCode = await demo(words);
    });
}
