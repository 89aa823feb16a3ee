import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtySlots } from '../../src/store/dirty-slots.ts';

const slot = fc.integer({ min: 1, max: 200_000 });

test('gives every marked slot once, ascending within a call, whatever is marked between calls', () => {
  const steps = fc.array(fc.record({ mark: fc.array(slot), take: fc.integer({ min: 1, max: 64 }) }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const dirty = new DirtySlots();
      const model = new Set<number>();
      for (const { mark, take } of all) {
        for (const s of mark) {
          dirty.add(s);
          model.add(s);
        }
        const taken = [...dirty.take(take).slots];
        if (model.size > 0) expect(taken.length).toBeGreaterThan(0);
        expect(taken.length).toBeLessThanOrEqual(take + 31);
        expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
        for (const s of taken) expect(model.delete(s)).toBe(true);
        expect(dirty.count).toBe(model.size);
      }
    }),
  );
});

test('a slot that waits is not passed over by others that change all the time', () => {
  const dirty = new DirtySlots();
  for (let s = 1; s < 10_000; s++) dirty.add(s);
  const seen = new Set<number>();
  for (let call = 0; call < 110; call++) {
    for (const s of dirty.take(100).slots) seen.add(s);
    for (let s = 1; s < 5000; s++) dirty.add(s);
  }
  expect(seen.size).toBe(9999);
});

test('what was marked before one "wrapped" is taken by the next', () => {
  const dirty = new DirtySlots();
  let before: Set<number> | null = null;
  let now = new Set<number>();
  for (let call = 0; call < 500; call++) {
    for (let i = 0; i < 50; i++) {
      const s = 1 + ((call * 7919 + i * 104_729) % 30_000);
      dirty.add(s);
      now.add(s);
    }
    const { slots, wrapped } = dirty.take(40);
    for (const s of slots) {
      before?.delete(s);
      now.delete(s);
    }
    if (!wrapped) continue;
    expect([...(before ?? [])]).toEqual([]);
    before = now;
    now = new Set();
  }
  expect(before).not.toBeNull();
});
