/** Repeated lines of the log, as pino writes them. */
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { foldRepeats, WINDOW_MS } from '../src/log-repeats.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function logged() {
  let written: unknown[] = [];
  const write = (line: string) => {
    written.push(JSON.parse(line));
  };
  const log = pino({ base: null, timestamp: false, hooks: { logMethod: foldRepeats() } }, { write });
  /** Since the last time. */
  const lines = (): unknown[] => {
    const taken = written;
    written = [];
    return taken;
  };
  return { log, lines };
}

test('an error that comes again and again is one line, then one a minute with how often', () => {
  const { log, lines } = logged();
  for (let i = 0; i < 500; i++) log.warn({ receiver: 'chat' }, 'cannot be reached');
  expect(lines()).toEqual([{ level: 40, receiver: 'chat', msg: 'cannot be reached' }]);
  vi.advanceTimersByTime(WINDOW_MS);
  expect(lines()).toEqual([{ level: 40, repeated: 499, msg: 'cannot be reached' }]);
  log.warn({ receiver: 'chat' }, 'cannot be reached');
  vi.advanceTimersByTime(WINDOW_MS);
  expect(lines()).toEqual([{ level: 40, repeated: 1, msg: 'cannot be reached' }]);
  // A quiet minute, and the next one is news again.
  vi.advanceTimersByTime(WINDOW_MS);
  log.warn({ receiver: 'chat' }, 'cannot be reached');
  expect(lines()).toEqual([{ level: 40, receiver: 'chat', msg: 'cannot be reached' }]);
});

test('other words, another level, and errors by their message are told apart', () => {
  const { log, lines } = logged();
  log.warn('disk full');
  log.warn('disk slow');
  log.error('disk full');
  for (const message of ['EIO', 'EIO', 'ENOSPC']) log.error(new Error(message));
  expect(lines().map((line) => (line as { msg: string }).msg)).toEqual(['disk full', 'disk slow', 'disk full', 'EIO', 'ENOSPC']);
});

test('what is no trouble, and events, are never held back', () => {
  const { log, lines } = logged();
  for (let i = 0; i < 3; i++) log.info('asked');
  for (let i = 0; i < 3; i++) log.warn({ event: `e-${i}` }, 'two masters');
  expect(lines()).toHaveLength(6);
});

test('a flood of different lines is not kept in memory, and not lost', () => {
  const { log, lines } = logged();
  for (let i = 0; i < 1500; i++) log.warn(`line ${i}`);
  expect(lines()).toHaveLength(1500);
});
