/** What is fuzzed: frames, kept as a capture that every tool can read, or the octets of a capture file. */
import type { Frame } from '../../dissectors/dissect.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { fileHeader, record } from '../../src/capture/pcap-writer.ts';

/** `frames` go to `dissect()` only, `monitor` through the whole pipeline, `stream` and `gzip` are read as files. */
export const KINDS = ['frames', 'monitor', 'stream', 'gzip'] as const;
export type Kind = (typeof KINDS)[number];

interface FramesInput {
  readonly kind: 'frames' | 'monitor';
  readonly frames: readonly Frame[];
}

interface OctetsInput {
  readonly kind: 'stream' | 'gzip';
  readonly bytes: Uint8Array;
}

export type Input = FramesInput | OctetsInput;

const SNAP_LENGTH = 262_144;

export function framesIn(capture: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const frame = (one: Frame) => {
    const { linkType, atMicros, originalLength } = one;
    frames.push({ bytes: one.bytes.slice(), linkType, atMicros, originalLength });
  };
  new PcapStream({ name: 'input', frame }).push(capture);
  return frames;
}

/** As a file. All frames of an input have one link type. */
export function octetsOfInput(input: Input): Uint8Array {
  if ('bytes' in input) return input.bytes;
  return Buffer.concat([fileHeader({ linkType: input.frames[0]?.linkType ?? 1, snapLength: SNAP_LENGTH }), ...input.frames.map(record)]);
}

export function inputOf(kind: Kind, octets: Uint8Array): Input {
  return kind === 'frames' || kind === 'monitor' ? { kind, frames: framesIn(octets) } : { kind, bytes: octets };
}

/** The kind is the first word of a file's name. */
export const kindOfName = (name: string): Kind => KINDS.find((kind) => name.startsWith(`${kind}-`)) ?? 'stream';
export const extensionOf = (kind: Kind): string => (kind === 'frames' || kind === 'monitor' ? 'pcap' : 'bin');

/** In front of an input in shared memory: its length, its number, its kind. */
export const RUNNING_HEAD = 12;
