/** A shell at the other end of a pipe: lines go in, and what each of them prints comes back. In a namespace or in a guest it is the same. */
import type { Readable, Writable } from 'node:stream';

/** What a shell runs to be one of these: it reads lines and says after each that it is done, and how it went. */
export const LINE_LOOP =
  'lines=0; while IFS= read -r line; do lines=$((lines + 1)); eval "$line" 2>&1 </dev/null; echo "LINE-DONE $lines $?"; done';

export interface Answer {
  readonly output: string;
  readonly status: number;
}

export class LineShell {
  readonly #name: string;
  readonly #input: Writable;
  #heard = '';
  #ended = false;
  #lines = 0;
  #wake: () => void = () => {};
  /** Lines run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, input: Writable, output: Readable) {
    this.#name = name;
    this.#input = input;
    input.on('error', () => this.#end());
    output.setEncoding('utf8');
    output.on('data', (text: string) => {
      this.#heard += text;
      this.#wake();
    });
    output.on('close', () => this.#end());
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Waits for a pattern in what is printed, takes it off, and gives what came before it. */
  async #until(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray & { readonly before: string }> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const found = pattern.exec(this.#heard);
      if (found) {
        const before = this.#heard.slice(0, found.index).replaceAll('\r', '');
        this.#heard = this.#heard.slice(found.index + found[0].length);
        return Object.assign(found, { before });
      }
      if (this.#ended) throw new Error(`${this.#name} has ended: ${this.#heard.slice(-800)}`);
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`${this.#name} has not said ${pattern} in ${timeoutMs} ms: ${this.#heard.slice(-800)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits until it has said a line of its own accord, as a guest does when it is up. */
  async said(line: string, timeoutMs: number): Promise<void> {
    await this.#until(new RegExp(`${line}\\r?\\n`), timeoutMs);
  }

  /** @param commands one line; in several lines, each is run when those before it went well */
  answer(commands: string, timeoutMs = 60_000): Promise<Answer> {
    const answer = this.#last.then(async () => {
      this.#input.write(`${commands.trim().replaceAll(/\s*\n\s*/g, ' && ')}\n`);
      const found = await this.#until(new RegExp(`LINE-DONE ${++this.#lines} (\\d+)\\r?\\n`), timeoutMs);
      return { output: found.before, status: Number(found[1]) };
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  /**
   * What the commands print.
   * @throws Error when they fail
   */
  async run(commands: string): Promise<string> {
    const { output, status } = await this.answer(commands);
    if (status !== 0) throw new Error(`${this.#name}: ${commands}: status ${status}: ${output}`);
    return output;
  }
}
