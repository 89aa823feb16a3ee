/** `lvscope demo`: the monitor beside a recorded pair of load balancers, looped and shifted to now. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { DEFAULT_MAX_SESSIONS, DEFAULT_SYNC, type Listen, parseSpeed, parseSyncChannel } from '../config.ts';
import { DEFAULT_HISTORY } from '../contract/history.ts';
import { listenOption } from './options.ts';

/** Three folders up from dist/src/cli/demo.js. */
const RECORDING = fileURLToPath(new URL('../../../demo/pair.pcap', import.meta.url));

async function demo(listen: Listen, speed: number): Promise<number> {
  const { run } = await import('../run.ts');
  const data = mkdtempSync(join(tmpdir(), 'lvscope-demo-'));
  process.stdout.write('lvscope: a recorded pair of load balancers, played again and again as if it were now; stop with Ctrl-C\n');
  try {
    const source = { kind: 'demo', path: RECORDING, speed } as const;
    return await run({
      source,
      sync: [parseSyncChannel(DEFAULT_SYNC)],
      listen,
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
  program
    .command('demo')
    .description('the monitor on a recording of a real pair: sessions, a failover, a split brain')
    .addOption(listenOption())
    .addOption(new Option('--speed <N>', 'N times the recorded pace').default(1).argParser(parseSpeed))
    .action(async ({ listen, speed }: { listen: Listen; speed: number }) => {
      process.exitCode = await demo(listen, speed);
    });
}
