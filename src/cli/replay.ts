/** `lvscope replay FILE...`: through captures as fast as it goes, then one view as of a moment. */
import { type Command, Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import type { CapturedFrame, CaptureFault } from '../capture/captured-frame.ts';
import { readCapture } from '../capture/file.ts';
import { parseUntil, type Until } from '../config.ts';
import type { ConfigFile } from '../config-file.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import { createPipeline } from '../pipeline.ts';
import { createMonitor, type Monitor } from '../state/monitor.ts';
import { configOption, maxSessionsOption, syncOption } from './options.ts';
import { createOutput } from './output.ts';
import { createProgress } from './progress.ts';
import { showView, VIEWS, type ViewName } from './views.ts';

interface ReplayOptions {
  readonly until?: Until;
  readonly sync: SyncChannel[];
  readonly show: ViewName;
  readonly json?: true;
  readonly persistentConn?: true;
  readonly db?: string;
  readonly maxSessions: number;
  readonly config?: ConfigFile;
}

/** The same for every replay, so that two of them write the same database. */
const SENSOR = 'replay';
/** Frames a little out of order may still come behind the moment asked for. */
const DISORDER_MICROS = 60_000_000;

interface Reading {
  readonly monitor: Monitor;
  readonly until: Until | undefined;
  /** The moment shown: what was asked for, or the last frame's. */
  asOfMicros(): number;
  frame(frame: CapturedFrame): void;
  readonly done: AbortController;
}

function startReading(options: ReplayOptions): Reading {
  const monitor = createMonitor({
    maxSessions: options.maxSessions,
    trackChanges: options.db !== undefined,
    expected: options.config?.expected ?? null,
  });
  const enter = createPipeline({ monitor, syncChannels: options.sync, headersSeen: true });
  const done = new AbortController();
  const { until } = options;
  let untilMicros = until && 'atMicros' in until ? until.atMicros : Number.POSITIVE_INFINITY;
  return {
    monitor,
    until,
    done,
    asOfMicros: () => (Number.isFinite(untilMicros) ? untilMicros : (monitor.clock.nowMicros ?? 0)),
    frame(frame) {
      if (until && 'afterFirstMicros' in until && !Number.isFinite(untilMicros)) untilMicros = frame.atMicros + until.afterFirstMicros;
      if (frame.atMicros <= untilMicros) enter(frame);
      else if (frame.atMicros > untilMicros + DISORDER_MICROS) done.abort();
    },
  };
}

async function readFiles(files: readonly string[], reading: Reading, flush: () => void): Promise<CaptureFault[]> {
  const faults: CaptureFault[] = [];
  const counter = { frames: 0 };
  for (const path of files) {
    const progress = createProgress(path);
    const fault = await readCapture(path, {
      frame: reading.frame,
      progress: ({ octets, total }) => {
        progress.update(octets, total);
        flush();
      },
      signal: reading.done.signal,
      counter,
    }).finally(() => progress.stop());
    if (fault) {
      faults.push(fault);
      process.stderr.write(`lvscope: ${path} is cut at byte ${fault.at}: ${fault.text}\n`);
    }
    if (reading.done.signal.aborted) break;
  }
  return faults;
}

async function replay(files: string[], options: ReplayOptions): Promise<ExitCode> {
  const reading = startReading(options);
  const { monitor } = reading;
  // Loaded only where wanted: the native module takes longer than a small capture.
  const store = options.db === undefined ? null : (await import('../store/store.ts')).openStore({ path: options.db, sensor: SENSOR });
  const flush = () => {
    store?.note(monitor.sessions.takeChanges(), monitor.events.takeFresh());
    store?.flush(monitor);
  };
  const faults = await readFiles(files, reading, flush);
  const asOf = reading.asOfMicros();
  monitor.advance(asOf);
  flush();
  await store?.close(monitor);
  const notWritten = store?.status().lastError ?? null;
  if (notWritten !== null)
    throw new OperatorError(
      EXIT.fault,
      `${options.db} could not be written to the end: ${notWritten}`,
      'is there room, and may this user write there?',
    );
  const output = createOutput();
  await showView(options.show, monitor, asOf, { json: options.json === true, persistentConn: options.persistentConn === true }, output);
  return faults.length > 0 ? EXIT.cut : EXIT.done;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('read captures as fast as possible, print a view as of a moment, exit')
    .argument('<FILE...>', 'pcap or pcapng, plain or gzip; - for standard input')
    .option('--until <T>', 'stop at this moment: epoch seconds, ISO 8601, or +seconds from the first packet', parseUntil)
    .addOption(syncOption())
    .addOption(new Option('--show <VIEW>', 'what to print').choices(VIEWS).default('status'))
    .option('--json', 'JSON instead of text')
    .option('--persistent-conn', 'connections: with persistence engine, as ipvsadm -Lnc --persistent-conn')
    .option('--db <FILE>', 'write the result to this SQLite database')
    .addOption(maxSessionsOption())
    .addOption(configOption())
    .action(async (files: string[], options: ReplayOptions) => {
      process.exitCode = await replay(files, options);
    });
}
