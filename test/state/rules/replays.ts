/** The frames of an event, replayed alone, show the same again. */
import { expect } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';

/** @param untilSeconds for events that are found out a while after their last frame */
export function expectReplays(frames: readonly Frame[], kind: string, untilSeconds: number | null = null): void {
  const event = watch(frames, untilSeconds).events.find((one) => one.kind === kind);
  expect(event, `an event of ${kind}`).toBeDefined();
  const cited = event?.frames.map((number) => frames[number - 1]) ?? [];
  expect(cited.length).toBeLessThan(40);
  const again = watch(cited, untilSeconds).events.filter((one) => one.kind === kind);
  expect(again.map(({ subject }) => subject)).toEqual([event?.subject]);
}
