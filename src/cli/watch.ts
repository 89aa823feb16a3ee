/** `--watch`: the same question every second. A monitor that goes away is told, and asked again until it is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, OperatorError } from '../errors.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { openScreen, type Screen } from './screen.ts';
import { stopOnSignals } from './stop.ts';
import { ansi, fitted, hasColours, tinted } from './styled.ts';

const WATCH_MS = 1000;

/** A fault may pass; wrong usage and missing rights do not. */
function mayPass(error: unknown): error is OperatorError {
  return error instanceof OperatorError && error.exitCode === EXIT.fault;
}

export interface Looks<Seen> {
  readonly look: (signal: AbortSignal) => Promise<Seen>;
  readonly show: (seen: Seen) => void | Promise<void>;
  /** Told once each time the monitor goes away, and with null when it is back. */
  readonly trouble: (why: string | null) => void;
}

/** Until told to stop. @throws OperatorError when the first question is refused, or a later one for good */
export async function watchEvery<Seen>({ look, show, trouble }: Looks<Seen>, signal: AbortSignal): Promise<void> {
  let answered = false;
  let away = false;
  while (!signal.aborted) {
    try {
      const seen = await look(signal);
      if (away) trouble(null);
      answered = true;
      away = false;
      await show(seen);
    } catch (error) {
      if (signal.aborted) return;
      if (!answered || !mayPass(error)) throw error;
      if (!away) trouble(error.message);
      away = true;
    }
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
  }
}

export const toldOnStderr = (why: string | null): void => {
  process.stderr.write(why === null ? 'lvscope: the monitor answers again\n' : `lvscope: ${printable(why)}; asked again every second\n`);
};

/** All signals end it without a fault. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { stopped, off } = stopOnSignals();
  try {
    await work(stopped.signal);
  } finally {
    off();
  }
}

/** In place, as many lines as fit. */
async function watchOnScreen(look: Looks<readonly string[]>['look']): Promise<void> {
  const colours = hasColours();
  let lines: readonly string[] = [];
  let problem: string | null = null;
  let screen: Screen | null = null;
  function paint(): void {
    if (!screen) return;
    const { columns: width, rows } = screen.size();
    const hidden = lines.length - (rows - 1);
    const last = problem === null ? (hidden > 0 ? `... ${hidden + 1} more lines` : null) : `${problem}; asked again every second`;
    const all = last === null ? lines : [...lines.slice(0, rows - 1), last];
    screen.paint(all.slice(0, rows).map((line) => ansi(fitted(tinted(printable(line)), width), colours)));
  }
  await untilStopped(async (signal) => {
    try {
      await watchEvery(
        {
          look,
          show(seen) {
            // Only once there is something: a first question that fails is told where one sees it.
            screen ??= openScreen(process.stdout, paint);
            lines = seen;
            paint();
          },
          trouble(why) {
            problem = why;
            paint();
          },
        },
        signal,
      );
    } finally {
      screen?.close();
    }
  });
}

/** One after the other, an empty line between; only those that differ from the one before. */
async function watchOnPipe(look: Looks<readonly string[]>['look'], output: Output, separate: boolean): Promise<void> {
  let before: string | null = null;
  async function show(lines: readonly string[]): Promise<void> {
    const text = lines.join('\n');
    if (text === before) return;
    if (before !== null && separate) await output.raw('');
    for (const line of lines) await output.raw(line);
    await output.end();
    before = text;
  }
  await untilStopped((signal) => watchEvery({ look, show, trouble: toldOnStderr }, signal));
}

/** @param json each look is one line, an array, so that nothing need stand between them */
export async function watchLines(look: Looks<readonly string[]>['look'], output: Output, json: boolean): Promise<void> {
  if (process.stdout.isTTY && !json) await watchOnScreen(look);
  else await watchOnPipe(look, output, !json);
}
