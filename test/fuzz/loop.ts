/** In the worker: fuzzes until it is time, and tells its parent what it found. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { dissect } from '../../dissectors/dissect.ts';
import { type Reach, reach } from './coverage.ts';
import { Engine } from './engine.ts';
import { extensionOf, type Input, KINDS, type Kind, octetsOfInput, RUNNING_HEAD } from './input.ts';
import { withPlanted } from './planted.ts';
import { seedInputs } from './seeds.ts';

export interface LoopOptions {
  readonly seed: number;
  /** Ends at the first of these. */
  readonly seconds: number;
  readonly runs: number;
  readonly kinds: readonly Kind[];
  readonly planted: boolean;
  readonly tcpdump: boolean;
  /** Ends at the first finding. */
  readonly once: boolean;
  /** Gives back the corpus, distilled. */
  readonly keep: boolean;
  /** The input at hand, for who waits for it in vain: length, number, kind, then octets. */
  readonly running: SharedArrayBuffer;
}

export interface InputFile {
  readonly name: string;
  readonly octets: Uint8Array;
}

export interface LoopResult {
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: number;
  readonly reaches: Readonly<Record<string, Reach>>;
  readonly findings: readonly { readonly text: string; readonly file: InputFile }[];
  readonly kept: readonly InputFile[];
}

/** For the planted defect: what has to be found is behind changes, not behind seeds. */
const FEW_SEEDS = 3;
const REACHED = {
  dissectors: /^dissectors\//,
  'capture readers': /^src\/capture\/(classic|pcapng|pcap-stream|gzip)/,
  table: /^src\/state\/session/,
  state: /^src\/state\//,
};

function fileOf(input: Input): InputFile {
  const octets = octetsOfInput(input);
  const name = `${input.kind}-${createHash('sha1').update(octets).digest('hex').slice(0, 10)}.${extensionOf(input.kind)}`;
  return { name, octets };
}

async function loop(options: LoopOptions): Promise<LoopResult> {
  const { seed, seconds, runs, kinds, planted, once, running } = options;
  const state = new Int32Array(running, 0, 3);
  const room = new Uint8Array(running, RUNNING_HEAD);
  const begins = (input: Input): void => {
    const octets = octetsOfInput(input);
    room.set(octets.subarray(0, room.length));
    Atomics.store(state, 0, octets.length);
    Atomics.store(state, 2, KINDS.indexOf(input.kind));
    Atomics.add(state, 1, 1);
  };
  const all = seedInputs(options.tcpdump).filter(({ kind }) => kinds.includes(kind));
  const seeds = planted ? all.slice(0, FEW_SEEDS) : all;
  const now = () => performance.now();
  const real = planted ? { dissect: withPlanted(dissect) } : {};
  const engine = new Engine({ seed, kinds, begins, now, ...real });
  const started = now();
  const isOver = () => now() - started > seconds * 1000 || engine.executions >= runs || (once && engine.findings.size > 0);
  // On a busy machine not all of them: changes are what finds.
  const isHalf = () => now() - started > seconds * 500;
  for (const input of seeds) if (!isOver() && !isHalf()) await engine.plant(input);
  while (!isOver()) await engine.step();
  const spent = (now() - started) / 1000;
  const reaches = Object.fromEntries(Object.entries(REACHED).map(([name, pattern]) => [name, reach(pattern)]));
  const kept = options.keep ? await engine.distilled((input) => octetsOfInput(input).length) : [];
  return {
    executions: engine.executions,
    seconds: spent,
    corpus: engine.kept.length,
    reaches,
    findings: [...engine.findings.values()].map(({ text, input }) => ({ text, file: fileOf(input) })),
    kept: kept.map(fileOf),
  };
}

parentPort?.postMessage(await loop(workerData as LoopOptions));
