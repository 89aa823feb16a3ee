/** Warnings and errors that say the same again and again: one line, then one line a minute with how often. */
import { type LogFn, type Logger, levels } from 'pino';

export const WINDOW_MS = 60_000;
/** Different lines that are followed at once; others are written as they come. */
const MOST_LINES = 1000;

/** What the line says: its text, or that of the error that it is about. */
function wordsOf(args: readonly unknown[]): string {
  const [first, second] = args;
  return String(typeof first === 'string' ? first : (second ?? (first instanceof Error ? first.message : JSON.stringify(first))));
}

/** Events have a bound of their own, and each is another one. */
const isEvent = ([first]: readonly unknown[]): boolean => typeof first === 'object' && first !== null && 'event' in first;

/** For pino's `hooks.logMethod`. */
export function foldRepeats(): (this: Logger, args: Parameters<LogFn>, write: LogFn, level: number) => void {
  const repeats = new Map<string, number>();

  return function fold(args, write, level) {
    if (level < levels.values.warn || isEvent(args)) return write.apply(this, args);
    const line = `${level} ${wordsOf(args)}`;
    const before = repeats.get(line);
    if (before !== undefined) return void repeats.set(line, before + 1);
    if (repeats.size >= MOST_LINES) return write.apply(this, args);
    repeats.set(line, 0);
    const close = () => {
      const count = repeats.get(line) ?? 0;
      if (count === 0) return repeats.delete(line);
      repeats.set(line, 0);
      write.call(this, { repeated: count }, wordsOf(args));
      return wait();
    };
    const wait = () => setTimeout(close, WINDOW_MS).unref();
    wait();
    write.apply(this, args);
  };
}
