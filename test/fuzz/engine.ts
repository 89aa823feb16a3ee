/** The loop: take an input, change it, run it, keep it when it went where none went before. */
import { forgetCounts, reachedPoints, takeNews } from './coverage.ts';
import { mutatedFrames } from './frame-mutations.ts';
import { type Input, KINDS, type Kind } from './input.ts';
import { minimized } from './minimize.ts';
import { mutatedOctets } from './octet-mutations.ts';
import { createRandom, type Random } from './random.ts';
import { type Dissect, runInput } from './targets.ts';

export interface Finding {
  /** The same for all inputs that show the same mistake. */
  readonly name: string;
  readonly text: string;
  readonly input: Input;
}

export interface EngineOptions {
  readonly seed: number;
  /** In place of the real one. */
  readonly dissect?: Dissect;
  /** Of which kinds inputs are made. */
  readonly kinds: readonly Kind[];
  /** Told of every input before it runs, so that it is known when it never ends. */
  readonly begins: (input: Input) => void;
  readonly now: () => number;
}

/** How many in a hundred: what costs more comes less often. */
const SHARE: Readonly<Record<Kind, number>> = { frames: 72, monitor: 6, stream: 20, gzip: 2 };
/** One in so many is run twice and compared, besides all that are kept. */
const DEEP_ONE_IN = 32;
/** An input takes a millisecond; one that takes this long, three times in a row, is a finding. */
const MOST_MS = 1000;

export class Engine {
  readonly findings = new Map<string, Finding>();
  executions = 0;
  readonly #options: EngineOptions;
  readonly #random: Random;
  readonly #corpus: Readonly<Record<Kind, Input[]>> = { frames: [], monitor: [], stream: [], gzip: [] };
  readonly #kinds: readonly Kind[];

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#kinds = options.kinds.flatMap((kind) => new Array<Kind>(SHARE[kind]).fill(kind));
  }

  /** What has been kept, seeds among them. */
  get kept(): readonly Input[] {
    return KINDS.flatMap((kind) => this.#corpus[kind]);
  }

  /** Runs a seed, not twice; only one that is worth it is kept. */
  async plant(input: Input): Promise<void> {
    if ((await this.#run(input, false)) > 0) this.#corpus[input.kind].push(input);
  }

  async step(): Promise<void> {
    const corpus = this.#corpus[this.#random.pick(this.#kinds)];
    if (corpus.length === 0) return;
    const input = this.#mutated(this.#chosen(corpus), corpus);
    if ((await this.#run(input)) > 0) corpus.push(input);
  }

  /** Half the time one of the latest, which nobody has looked behind yet. */
  #chosen(corpus: readonly Input[]): Input {
    const latest = Math.ceil(corpus.length / 8);
    return corpus[this.#random.oneIn(2) ? corpus.length - 1 - this.#random.below(latest) : this.#random.below(corpus.length)];
  }

  #mutated(input: Input, corpus: readonly Input[]): Input {
    const random = this.#random;
    const other = random.pick(corpus);
    if ('bytes' in input) return { ...input, bytes: mutatedOctets(input.bytes, random, 'bytes' in other ? other.bytes : input.bytes) };
    return { ...input, frames: mutatedFrames(input.frames, random, 'frames' in other ? other.frames : input.frames) };
  }

  /** How much was new in where it went. */
  async #run(input: Input, twice = true): Promise<number> {
    const { now, begins } = this.#options;
    this.executions++;
    begins(input);
    forgetCounts();
    const started = now();
    const broken = await this.broken(input, twice && this.#random.oneIn(DEEP_ONE_IN));
    const news = takeNews();
    if (broken !== null) await this.#found(broken, input);
    else if (news > 0 && twice) {
      const differs = await this.broken(input, true);
      if (differs !== null) await this.#found(differs, input);
    } else if (now() - started > MOST_MS && (await this.#isSlow(input))) await this.#found(new Error('an input takes too long'), input);
    return broken === null ? news : 0;
  }

  /** What does not hold with this input; null: all is well. */
  async broken(input: Input, deep: boolean): Promise<Error | null> {
    try {
      await runInput(input, deep, this.#options.dissect);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #isSlow(input: Input): Promise<boolean> {
    for (let again = 0; again < 2; again++) {
      const started = this.#options.now();
      await this.broken(input, false);
      if (this.#options.now() - started <= MOST_MS) return false;
    }
    return true;
  }

  async #found(error: Error, input: Input): Promise<void> {
    const name = nameOf(error);
    if (this.findings.has(name)) return;
    const shows = async (smaller: Input): Promise<boolean> => {
      this.#options.begins(smaller);
      const broken = await this.broken(smaller, true);
      return broken !== null && nameOf(broken) === name;
    };
    // Its name is taken at once: while it is made smaller others like it come.
    this.findings.set(name, { name, text: error.stack ?? error.message, input });
    this.findings.set(name, { name, text: error.stack ?? error.message, input: await minimized(input, shows) });
  }

  /** Of what was kept the fewest that together go wherever all of it went, the smallest first. @param size of an input */
  async distilled(size: (input: Input) => number): Promise<Input[]> {
    const seen = new Set<number>();
    const few: Input[] = [];
    for (const input of [...this.kept].sort((a, b) => size(a) - size(b))) {
      forgetCounts();
      await this.broken(input, false);
      const points = reachedPoints().filter((point) => !seen.has(point));
      if (points.length === 0) continue;
      for (const point of points) seen.add(point);
      few.push(input);
    }
    return few;
  }
}

/** Figures differ from input to input. */
const nameOf = (error: Error): string => error.message.replaceAll(/\d+/g, 'N').slice(0, 200);
