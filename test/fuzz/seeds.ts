/** What fuzzing begins with: the corpus that is kept, the recordings, and tcpdump's own captures where they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FIXTURES, TCPDUMP_TESTS } from '../environment.ts';
import { framesIn, type Input, inputOf, kindOfName, octetsOfInput } from './input.ts';

export const CORPUS = join(FIXTURES, 'fuzz-corpus');
const RECORDINGS = ['captures', 'captures-facts', 'keepalived', 'arp'].map((folder) => join(FIXTURES, folder));
/** Frames of one input, and how many inputs of one recording. */
const FRAMES = 4;
const MOST_PIECES = 40;
/** A monitor costs 3 ms, most of it the memory that it reserves. */
const MOST_MONITORS = 4;
const LONGEST_FRAME = 2048;
const STREAM_OCTETS = 1500;

const filesOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []).map((name) => join(folder, name));

/** In the order of their hashes, so that all kinds come soon. */
const keptInputs = (): Input[] =>
  filesOf(CORPUS)
    .map((file) => file.slice(CORPUS.length + 1))
    .sort((a, b) => (a.slice(a.indexOf('-')) < b.slice(b.indexOf('-')) ? -1 : 1))
    .map((name) => inputOf(kindOfName(name), readFileSync(join(CORPUS, name))));

/** The beginning of a capture, as frames and as a file. */
function inputsOf(octets: Uint8Array): Input[] {
  const frames = captured(octets).filter(({ bytes }) => bytes.length <= LONGEST_FRAME);
  const few = frames.slice(0, 3);
  const starts = Array.from({ length: Math.min(MOST_PIECES, Math.ceil(frames.length / FRAMES)) }, (_, i) => i * FRAMES);
  const pieces = starts.map((from) => frames.slice(from, from + FRAMES));
  const file = octets.slice(0, STREAM_OCTETS);
  const small = few.length > 0 ? octetsOfInput({ kind: 'frames', frames: few }) : file;
  return [
    ...pieces.map((piece): Input => ({ kind: 'frames', frames: piece })),
    ...pieces.slice(0, MOST_MONITORS).map((piece): Input => ({ kind: 'monitor', frames: piece })),
    { kind: 'stream', bytes: file },
    { kind: 'gzip', bytes: gzipSync(small) },
  ];
}

/** Of a damaged capture what there is; of no capture nothing. */
function captured(octets: Uint8Array): ReturnType<typeof framesIn> {
  try {
    return framesIn(octets);
  } catch {
    return [];
  }
}

/** @param all tcpdump's captures, too */
export function seedInputs(all: boolean): Input[] {
  const files = [...RECORDINGS, ...(all ? [TCPDUMP_TESTS] : [])].flatMap(filesOf).filter((file) => /\.pcap(ng)?$/.test(file));
  return [...keptInputs(), ...files.flatMap((file) => inputsOf(readFileSync(file)))];
}
