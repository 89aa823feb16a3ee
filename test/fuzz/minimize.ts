/** Makes an input smaller as long as it still shows what it showed. */
import type { Input } from './input.ts';

const MOST_TRIES = 3000;

/** @param shows whether a smaller input still shows it */
export async function minimized(input: Input, shows: (input: Input) => Promise<boolean>): Promise<Input> {
  let tries = 0;
  const still = async (smaller: Input): Promise<boolean> => tries++ < MOST_TRIES && shows(smaller);
  if ('bytes' in input) return { ...input, bytes: await shortened(input.bytes, (bytes) => still({ ...input, bytes })) };
  let frames = await shortened(input.frames, (fewer) => still({ ...input, frames: fewer }));
  for (const [i, frame] of frames.entries()) {
    const withBytes = (bytes: Uint8Array) => frames.with(i, { ...frame, bytes, originalLength: bytes.length });
    const bytes = await shortened(frame.bytes, (fewer) => still({ ...input, frames: withBytes(fewer) }));
    if (bytes.length < frame.bytes.length) frames = withBytes(bytes);
  }
  return { ...input, frames };
}

interface List {
  readonly length: number;
}

/** Takes out halves, quarters and so on down to single items. */
export async function shortened<Items extends List & { slice(from: number, to?: number): Items }>(
  items: Items,
  still: (fewer: Items) => Promise<boolean>,
): Promise<Items> {
  let kept = items;
  for (let size = kept.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < kept.length && kept.length > 1; ) {
      const fewer = without(kept, at, size);
      if (fewer.length > 0 && (await still(fewer))) kept = fewer;
      else at += size;
    }
  }
  return kept;
}

function without<Items extends List & { slice(from: number, to?: number): Items }>(items: Items, at: number, size: number): Items {
  const [before, after] = [items.slice(0, at), items.slice(at + size)];
  if (Array.isArray(before) && Array.isArray(after)) return [...before, ...after] as unknown as Items;
  return new Uint8Array(Buffer.concat([before as unknown as Uint8Array, after as unknown as Uint8Array])) as unknown as Items;
}
