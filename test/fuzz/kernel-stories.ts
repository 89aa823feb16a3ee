/** Random stories to the pair of kernel and lvscope, batch after batch; what differs is traced to its story and made small. */
import type { Frame } from '../../dissectors/dissect.ts';
import type { KernelPair } from './kernel.ts';
import { shortened } from './minimize.ts';
import { createRandom, type Random } from './random.ts';
import { storyOf, syncFrames } from './sync-story.ts';

export interface KernelFinding {
  readonly differences: readonly string[];
  readonly frames: readonly Frame[];
}

export interface KernelResult {
  readonly datagrams: number;
  /** Of the kernel's tables, all looks together. */
  readonly rows: number;
  readonly findings: readonly KernelFinding[];
}

interface Story {
  readonly number: number;
  readonly datagrams: number;
  readonly frames: readonly Frame[];
}

const STORIES = 20;
const MOST_DATAGRAMS = 5;
/** Then the tables begin anew: every look reads all of them. */
const BATCHES = 10;
const MOST_FINDINGS = 5;

function storyTold(random: Random, number: number): Story {
  const datagrams = 1 + random.below(MOST_DATAGRAMS);
  return { number, datagrams, frames: Array.from({ length: datagrams }, () => syncFrames(random, number, 0)).flat() };
}

/** @param say told how far it is */
export async function fuzzKernel(pair: KernelPair, datagrams: number, seed: number, say: (text: string) => void): Promise<KernelResult> {
  const random = createRandom(seed);
  const findings: KernelFinding[] = [];
  let [sent, rows] = [0, 0];
  for (let batch = 0; sent < datagrams && findings.length < MOST_FINDINGS; batch = (batch + 1) % BATCHES) {
    if (batch === 0 && sent > 0) await pair.begin();
    const stories = Array.from({ length: STORIES }, (_, i) => storyTold(random, batch * STORIES + i));
    const differences = await pair.differencesAfter(stories.flatMap(({ frames }) => frames));
    sent += stories.reduce((sum, story) => sum + story.datagrams, 0);
    rows += pair.rows;
    if (differences.length > 0) {
      findings.push(...(await traced(pair, stories, differences)));
      await pair.begin();
    }
    if (batch === BATCHES - 1) say(`${sent} datagrams, ${rows} rows compared, ${findings.length} findings`);
  }
  return { datagrams: sent, rows, findings };
}

/** The stories that differ also when they are told alone; all together when none does. */
async function traced(pair: KernelPair, stories: readonly Story[], differences: readonly string[]): Promise<KernelFinding[]> {
  const numbers = new Set(differences.map(storyOf));
  const findings: KernelFinding[] = [];
  for (const { frames } of stories.filter(({ number }) => numbers.has(number))) {
    const finding = await smallest(pair, frames);
    if (finding) findings.push(finding);
  }
  return findings.length > 0
    ? findings
    : [{ differences: differences.slice(0, MOST_FINDINGS), frames: stories.flatMap(({ frames }) => frames) }];
}

async function smallest(pair: KernelPair, frames: readonly Frame[]): Promise<KernelFinding | null> {
  const differencesOf = async (some: readonly Frame[]) => {
    await pair.begin();
    return pair.differencesAfter(some);
  };
  if ((await differencesOf(frames)).length === 0) return null;
  const fewer = await shortened(frames, async (some) => (await differencesOf(some)).length > 0);
  return { frames: fewer, differences: await differencesOf(fewer) };
}
