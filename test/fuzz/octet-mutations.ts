/** Changes to octets that know nothing of what they mean. */
import type { Random } from './random.ts';

const NASTY = [0x00, 0x01, 0x02, 0x04, 0x7f, 0x80, 0xfe, 0xff];
const NASTY_WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff];
const NASTY_LONGS = [0, 1, 0xff, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff];
const LONGEST = 16_384;
const MOST_CHANGES = 5;

const spliced = (bytes: Uint8Array, at: number, drop: number, insert: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);

type Change = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

function set(bytes: Uint8Array, random: Random, octets: 1 | 2 | 4, value: (view: DataView, at: number) => number): Uint8Array {
  if (bytes.length < octets) return bytes;
  const at = random.below(bytes.length - octets + 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = random.oneIn(4);
  if (octets === 1) view.setUint8(at, value(view, at));
  else if (octets === 2) view.setUint16(at, value(view, at), little);
  else view.setUint32(at, value(view, at), little);
  return bytes;
}

/** A few octets of `other`, from anywhere. */
function piece(other: Uint8Array, random: Random): Uint8Array {
  const from = random.below(other.length + 1);
  return other.subarray(from, from + 1 + random.below(random.pick([4, 16, 80])));
}

const CHANGES: readonly Change[] = [
  (bytes, random) => set(bytes, random, 1, (view, at) => view.getUint8(at) ^ (1 << random.below(8))),
  (bytes, random) => set(bytes, random, 1, () => random.below(256)),
  (bytes, random) => set(bytes, random, 1, () => random.pick(NASTY)),
  (bytes, random) => set(bytes, random, 1, (view, at) => view.getUint8(at) + random.below(17) - 8),
  (bytes, random) => set(bytes, random, 2, () => random.pick(NASTY_WORDS)),
  (bytes, random) => set(bytes, random, 2, (view, at) => view.getUint16(at) + random.below(33) - 16),
  (bytes, random) => set(bytes, random, 2, () => bytes.length - random.below(40)),
  (bytes, random) => set(bytes, random, 4, () => random.pick(NASTY_LONGS)),
  // Cut, from the end or out of the middle.
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => spliced(bytes, random.below(bytes.length + 1), 1 + random.below(8), new Uint8Array(0)),
  // Grow: once more what is there already (an option, a record), or something of another input.
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return spliced(bytes, at, 0, bytes.subarray(at, at + random.pick([1, 2, 4, 8, 16, 24, 36])));
  },
  (bytes, random, other) => spliced(bytes, random.below(bytes.length + 1), 0, piece(other, random)),
  (bytes, random, other) => {
    const from = piece(other, random);
    return spliced(bytes, random.below(bytes.length + 1), from.length, from);
  },
  (bytes, random, other) => spliced(bytes, random.below(bytes.length + 1), bytes.length, other.subarray(random.below(other.length + 1))),
  (bytes, random) => bytes.copyWithin(random.below(bytes.length + 1), random.below(bytes.length + 1), random.below(bytes.length + 1)),
];

/** A changed copy. @param other octets to take pieces of */
export function mutatedOctets(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let out: Uint8Array = bytes.slice();
  for (let changes = 1 + random.below(MOST_CHANGES); changes > 0; changes--) out = random.pick(CHANGES)(out, random, other);
  return out.length > LONGEST ? out.slice(0, LONGEST) : out.slice();
}
