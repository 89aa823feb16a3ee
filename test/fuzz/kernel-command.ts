/** `npm run fuzz:kernel`: so many random datagrams to a real kernel and to lvscope, and what of their tables differs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../environment.ts';
import { framesIn, octetsOfInput } from './input.ts';
import { KernelPair } from './kernel.ts';
import { fuzzKernel, type KernelFinding } from './kernel-stories.ts';

const FINDINGS = join(ROOT, 'test', 'output', 'fuzz');

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export async function runKernelFuzz(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { datagrams: { type: 'string', default: '20000' }, seed: { type: 'string' }, replay: { type: 'boolean', default: false } },
  });
  const pair = await KernelPair.open();
  try {
    if (values.replay) return await replay(pair, positionals);
    const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
    say(`seed ${seed}`);
    const started = performance.now();
    const { datagrams, rows, findings } = await fuzzKernel(pair, Number(values.datagrams), seed, say);
    findings.forEach(write);
    const seconds = (performance.now() - started) / 1000;
    say(`${datagrams} datagrams in ${seconds.toFixed(1)} s, ${rows} rows compared, ${findings.length} findings`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    await pair.close();
  }
}

function write({ frames, differences }: KernelFinding, index: number): void {
  mkdirSync(FINDINGS, { recursive: true });
  const file = join(FINDINGS, `kernel-${index}.pcap`);
  writeFileSync(file, octetsOfInput({ kind: 'frames', frames }));
  say(`FOUND ${differences.join('\n      ')}\n  npm run fuzz:kernel -- --replay ${relative(ROOT, file)}`);
}

async function replay(pair: KernelPair, files: readonly string[]): Promise<number> {
  let differing = 0;
  for (const file of files) {
    await pair.begin();
    const differences = await pair.differencesAfter(framesIn(readFileSync(file)));
    say(`${file}: ${differences.join('\n') || 'no difference'}`);
    differing += differences.length;
  }
  return differing === 0 ? 0 : 1;
}
