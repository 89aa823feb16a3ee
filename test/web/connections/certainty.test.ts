import { expect, test } from 'vitest';
import { certaintyOf } from '../../../web/connections/certainty.ts';

const SYNC = Date.parse('2026-01-01T00:00:00Z');
/** An ESTABLISHED session: 900 s, the kernel's default of that state. */
const SESSION = { lastSync: '2026-01-01T00:00:00.000000Z', expiresAt: '2026-01-01T00:15:00.000000Z', timeoutSeconds: 900 };
const after = (seconds: number): number => SYNC + seconds * 1000;

test.each([
  [0, 0, 'sure'],
  [450, 450, 'sure'],
  [451, 451, 'aging'],
  [899, 899, 'aging'],
  [900, 900, 'past'],
  // Its sender is heard, or was not for longer than 30 s.
  [40, 10, 'sure'],
  [41, 10, 'unheard'],
  [600, 10, 'unheard'],
  [900, 10, 'past'],
])('%i s after the sync, its sender last heard %i s after it: %s', (seconds, heard, expected) =>
  expect(certaintyOf(SESSION, after(seconds), after(heard))).toBe(expected),
);

test('a sender that is not known is not called silent', () => expect(certaintyOf(SESSION, after(60), null)).toBe('sure'));
