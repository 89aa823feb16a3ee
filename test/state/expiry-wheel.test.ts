/** The expiry wheel against the plainest model: a list of due times looked through every second. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiryWheel } from '../../src/state/expiry-wheel.ts';
import { WORD, WORDS } from '../../src/state/session-layout.ts';

const SLOTS = 40;
const START = 1_795_000_000;
const timeout = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 3_000_000 }),
  fc.constant(0xffffffff),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('confirm' as const), slot: fc.integer({ min: 1, max: SLOTS }), timeout }),
  fc.record({ kind: fc.constant('remove' as const), slot: fc.integer({ min: 1, max: SLOTS }) }),
  fc.record({
    kind: fc.constant('advance' as const),
    seconds: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 1024 })),
  }),
);

test('expires exactly what is due, in whatever order sessions are confirmed, removed and time moves', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const words = new Uint32Array((SLOTS + 1) * WORDS);
      const wheel = new ExpiryWheel();
      wheel.reset(START);
      const due = new Map<number, number>();
      let now = START;
      for (const s of steps) {
        if (s.kind === 'advance') {
          now += s.seconds;
          const expired: number[] = [];
          expect(wheel.advance(words, now, (slot) => expired.push(slot))).toBe(true);
          const expected = [...due].filter(([, at]) => at < now).map(([slot]) => slot);
          expect(expired.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
          for (const slot of expected) due.delete(slot);
        } else if (s.kind === 'remove') {
          if (due.delete(s.slot)) wheel.unfile(words, s.slot);
        } else {
          words[s.slot * WORDS + WORD.lastSeconds] = now;
          words[s.slot * WORDS + WORD.timeout] = s.timeout;
          if (due.has(s.slot)) wheel.refile(words, s.slot);
          else wheel.file(words, s.slot);
          due.set(s.slot, now + s.timeout);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a step back, or one too wide to walk, is left to the caller', () => {
  const wheel = new ExpiryWheel();
  const words = new Uint32Array(WORDS);
  const nothing = () => undefined;
  expect(wheel.advance(words, START, nothing)).toBe(false);
  wheel.reset(START);
  expect(wheel.advance(words, START + 1024, nothing)).toBe(true);
  expect(wheel.advance(words, START + 1023, nothing)).toBe(false);
  expect(wheel.advance(words, START + 5000, nothing)).toBe(false);
});
