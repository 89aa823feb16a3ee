/** `npm run fuzz`: words of the command line, a worker that fuzzes, a clock that watches it, and files of what it found. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { ROOT } from '../environment.ts';
import { extensionOf, inputOf, KINDS, kindOfName, RUNNING_HEAD } from './input.ts';
import type { InputFile, LoopOptions, LoopResult } from './loop.ts';
import { CORPUS } from './seeds.ts';
import { runInput } from './targets.ts';

const USAGE = `npm run fuzz -- [--minutes N | --seconds N | --runs N] [--seed N] [--kind frames|monitor|stream|gzip]... [--keep]
npm run fuzz -- --replay FILE...
npm run fuzz:kernel -- [--datagrams N] [--seed N]`;

const FINDINGS = join(ROOT, 'test', 'output', 'fuzz');
/** An input that takes longer than this never ends. */
const MOST_INPUT_MS = 20_000;
const WATCH_MS = 1000;
const RUNNING_OCTETS = 1 << 20;
const MOST_HEAP_MB = 1500;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export async function runFuzz(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      kind: { type: 'string', multiple: true },
      keep: { type: 'boolean', default: false },
      replay: { type: 'boolean', default: false },
      'without-tcpdump': { type: 'boolean', default: false },
      'planted-defect': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  if (values.replay) return replay(positionals);
  const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
  const seconds = Number(values.seconds ?? Number(values.minutes ?? 10) * 60);
  say(`seed ${seed}`);
  const result = await fuzz({
    seed,
    seconds,
    runs: Number(values.runs ?? Number.MAX_SAFE_INTEGER),
    kinds: KINDS.filter((kind) => !values.kind || values.kind.includes(kind)),
    planted: values['planted-defect'],
    tcpdump: !values['without-tcpdump'],
    once: values['planted-defect'],
    keep: values.keep,
    running: new SharedArrayBuffer(RUNNING_HEAD + RUNNING_OCTETS),
  });
  report(result);
  if (values.keep) keepCorpus(result.kept);
  return result.findings.length === 0 ? 0 : 1;
}

/** A worker, so that an input that never ends, or takes all memory, is a finding like others. */
function fuzz(options: LoopOptions): Promise<LoopResult> {
  const worker = new Worker(new URL('fuzz-worker.js', import.meta.url), {
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
  });
  const [length, number, kind] = [0, 4, 8].map((at) => new Int32Array(options.running, at, 1));
  const started = performance.now();
  return new Promise((resolve, reject) => {
    let last = { number: 0, atMs: started };
    const lost = (text: string): void => {
      clearInterval(watch);
      const octets = Uint8Array.from(new Uint8Array(options.running, RUNNING_HEAD, Math.min(length[0], RUNNING_OCTETS)));
      const file = { name: `${KINDS[kind[0]]}-lost.${extensionOf(KINDS[kind[0]])}`, octets };
      const seconds = (performance.now() - started) / 1000;
      resolve({ executions: number[0], seconds, corpus: 0, reaches: {}, findings: [{ text, file }], kept: [] });
      void worker.terminate();
    };
    const watch = setInterval(() => {
      const now = performance.now();
      if (number[0] !== last.number || number[0] === 0) last = { number: number[0], atMs: now };
      else if (now - last.atMs > MOST_INPUT_MS) lost('an input never ends');
    }, WATCH_MS);
    worker.once('message', (result: LoopResult) => {
      clearInterval(watch);
      resolve(result);
    });
    worker.once('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return lost('an input takes all memory');
      clearInterval(watch);
      reject(error);
    });
  });
}

function report({ executions, seconds, corpus, reaches, findings }: LoopResult): void {
  say(`${executions} executions in ${seconds.toFixed(1)} s, ${Math.round(executions / seconds)}/s, ${corpus} inputs kept`);
  for (const [name, { reached, points }] of Object.entries(reaches))
    say(`reached of ${name}: ${reached} of ${points} branches, ${((100 * reached) / Math.max(1, points)).toFixed(1)} %`);
  mkdirSync(FINDINGS, { recursive: true });
  writeFileSync(
    join(FINDINGS, 'missed.txt'),
    Object.values(reaches)
      .flatMap(({ missed }) => missed)
      .join('\n'),
  );
  for (const { text, file } of findings) {
    const path = join(FINDINGS, file.name);
    writeFileSync(path, file.octets);
    say(`FOUND ${text}\n  npm run fuzz -- --replay ${relative(ROOT, path)}`);
  }
  say(`${findings.length} findings`);
}

function keepCorpus(files: readonly InputFile[]): void {
  rmSync(CORPUS, { recursive: true, force: true });
  mkdirSync(CORPUS, { recursive: true });
  for (const { name, octets } of files) writeFileSync(join(CORPUS, name), octets);
  say(`${files.length} inputs, ${files.reduce((sum, { octets }) => sum + octets.length, 0)} octets are in ${relative(ROOT, CORPUS)}`);
}

async function replay(files: readonly string[]): Promise<number> {
  let broken = 0;
  for (const file of files) {
    try {
      await runInput(inputOf(kindOfName(basename(file)), readFileSync(file)), true);
      say(`${file}: all is well`);
    } catch (error) {
      broken++;
      say(`${file}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return broken === 0 ? 0 : 1;
}
