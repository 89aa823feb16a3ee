/** Changes to a list of frames: to their octets, lengths, times and order, and what only a sender that knows the protocols would do. */
import type { Frame } from '../../dissectors/dissect.ts';
import { mutatedOctets } from './octet-mutations.ts';
import type { Random } from './random.ts';
import { repair, sumOf } from './repair.ts';
import { syncFrames } from './sync-story.ts';

const MOST_FRAMES = 24;
const LINK_TYPES = [1, 1, 1, 1, 12, 101, 113, 228, 229, 276, 147, 0];
/** Seconds: within a second, a timer, a day, past 32 bits of milliseconds, and back. */
const STEPS = [0, 0.001, 1, 3, 31, 900, 86_400, 4_300_000, -1, -61, -86_400];
const MOST_MICROS = (2 ** 32 - 1) * 1e6;
const ETHERNET = 14;

type Change = (frames: Frame[], at: number, random: Random, others: readonly Frame[]) => Frame[];

const withOctets = (frame: Frame, bytes: Uint8Array): Frame => ({ ...frame, bytes, originalLength: bytes.length });

const octets: Change = (frames, at, random, others) => {
  const changed = withOctets(frames[at], mutatedOctets(frames[at].bytes, random, random.pick(others).bytes));
  return frames.with(at, random.oneIn(4) ? changed : repair(changed));
};

/** Two fragments of what was one IPv4 packet in an Ethernet frame, either first; others stay as they are. */
const fragmented: Change = (frames, at, random) => {
  const { bytes } = frames[at];
  const whole = bytes.length - ETHERNET - 20;
  if (frames[at].linkType !== 1 || bytes[12] !== 8 || bytes[13] !== 0 || bytes[ETHERNET] !== 0x45 || whole < 16) return frames;
  const cut = 8 * (1 + random.below(Math.floor(whole / 8)));
  const overlap = random.oneIn(4) ? 8 : 0;
  const fragments = [fragmentOf(frames[at], 0, cut, true), fragmentOf(frames[at], Math.max(0, cut - overlap), whole, random.oneIn(8))];
  return frames.toSpliced(at, 1, ...(random.oneIn(2) ? fragments : fragments.reverse()));
};

function fragmentOf(frame: Frame, from: number, to: number, more: boolean): Frame {
  const payload = frame.bytes.subarray(ETHERNET + 20);
  const bytes = new Uint8Array(Buffer.concat([frame.bytes.subarray(0, ETHERNET + 20), payload.subarray(from, to)]));
  const view = new DataView(bytes.buffer);
  view.setUint16(ETHERNET + 2, bytes.length - ETHERNET);
  view.setUint16(ETHERNET + 6, (more ? 0x2000 : 0) | (from >> 3));
  view.setUint16(ETHERNET + 10, 0);
  view.setUint16(ETHERNET + 10, ~sumOf(view, ETHERNET, ETHERNET + 20) & 0xffff);
  return withOctets(frame, bytes);
}

/** All frames from this one on, that much later. */
const later: Change = (frames, at, random) => {
  const step = random.pick(STEPS) * 1e6;
  return frames.map((frame, i) => (i < at ? frame : { ...frame, atMicros: Math.min(MOST_MICROS, Math.max(0, frame.atMicros + step)) }));
};

const relinked: Change = (frames, _, random) => {
  const linkType = random.pick(LINK_TYPES);
  return frames.map((frame) => ({ ...frame, linkType }));
};

const cut: Change = (frames, at, random) => {
  const { bytes } = frames[at];
  return frames.with(at, { ...frames[at], bytes: bytes.slice(0, random.below(bytes.length + 1)), originalLength: bytes.length });
};

const crafted: Change = (frames, at, random) =>
  frames.toSpliced(at, random.below(2), ...syncFrames(random, random.below(4), frames[at].atMicros));

const CHANGES: readonly Change[] = [
  ...new Array<Change>(8).fill(octets),
  fragmented,
  later,
  later,
  relinked,
  cut,
  crafted,
  (frames, at) => frames.toSpliced(at, 0, frames[at]),
  (frames, at, random) => frames.with(at, frames[random.below(frames.length)]),
  (frames, at) => (frames.length > 1 ? frames.toSpliced(at, 1) : frames),
  (frames, at, random, others) => frames.toSpliced(at, 0, ...others.slice(0, 1 + random.below(4))),
];

/** A changed copy of the list, all of one link type. @param others frames to take from */
export function mutatedFrames(frames: readonly Frame[], random: Random, others: readonly Frame[]): Frame[] {
  let out = [...frames];
  for (let changes = 1 + random.below(3); changes > 0; changes--) out = random.pick(CHANGES)(out, random.below(out.length), random, others);
  const { linkType } = out[0];
  return out.slice(0, MOST_FRAMES).map((frame) => (frame.linkType === linkType ? frame : { ...frame, linkType }));
}
