/**
 * Keeps the frames that the state was made from, so that any moment can be made again by reading them. Files in a folder,
 * bounded in octets and age; passwords masked. Nothing that goes wrong here reaches the monitor: it is counted and told.
 */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import type { Dissection } from '../../dissectors/dissect.ts';
import { maskSecrets } from '../../dissectors/mask.ts';
import type { CapturedFrame } from '../capture/captured-frame.ts';
import { PcapngWriter } from '../capture/pcapng-writer.ts';
import type { HistoryBounds, JournalNumbers } from '../contract/history.ts';
import { keptFor } from '../state/evidence.ts';
import {
  FIRST_INDEX,
  findSegments,
  type HistorySegment,
  hasFrames,
  knownFromMicros,
  removeSegment,
  segmentPath,
  segmentsFor,
} from './segments.ts';

export interface JournalOptions extends HistoryBounds {
  readonly folder: string;
  /** Whether what an earlier run left is of the same time; else it is removed. */
  readonly keepsEarlier: boolean;
  /** The longest timeout of a session now, in seconds. */
  readonly longestSeconds: () => number;
}

const SEGMENT_SECONDS = 300;
const SEGMENT_OCTETS = 32 << 20;
/** Handed to the file in pieces of about this size. */
const PIECE_OCTETS = 1 << 20;
/** Waiting for a slow disk; what comes beyond is lost to the history. */
const MOST_WAITING_OCTETS = 64 << 20;
/** After a failed write nothing is kept for so long. */
const RETRY_MICROS = 10_000_000;
const SECOND = 1_000_000;
/** Read back without need, so that sessions keep the moment they were first seen: about two seconds' work. */
const EASY_OCTETS = 256 << 20;

interface OpenSegment {
  readonly segment: HistorySegment;
  readonly writer: PcapngWriter;
  readonly file: Promise<FileHandle>;
  /** Added since the writer was last emptied. */
  frames: number;
  /** A piece is missing: what would follow could not be read. */
  broken: boolean;
}

/** Owns the folder and the file that is written. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: HistorySegment[];
  #open: OpenSegment | null = null;
  /** All writes, one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #waitingOctets = 0;
  #lostFrames = 0;
  #lastError: string | null = null;
  #latestMicros: number | null = null;
  #notBeforeMicros = Number.NEGATIVE_INFINITY;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#segments = findSegments(options.folder);
    if (!options.keepsEarlier) for (const segment of this.#segments.splice(0)) removeSegment(segment);
  }

  add(frame: CapturedFrame, dissection: Dissection): void {
    if (keptFor(dissection) === null) return;
    if (this.#waitingOctets > MOST_WAITING_OCTETS || frame.atMicros < this.#notBeforeMicros) {
      this.#lostFrames++;
      return;
    }
    const current = this.#segmentFor(frame.atMicros);
    const octets = current.writer.add(frame);
    if (dissection.secrets && dissection.secrets.length > 0) maskSecrets(octets, dissection.secrets);
    current.frames++;
    this.#latestMicros = frame.atMicros;
    if (current.writer.pending >= PIECE_OCTETS) void this.flush();
  }

  /** Hands what was added to the file; resolves when it is there, or could not be written. */
  flush(): Promise<void> {
    const current = this.#open;
    if (current !== null && current.frames > 0) this.#write(current);
    return this.#writing;
  }

  status(): JournalNumbers {
    return {
      fromMicros: this.#fromMicros(),
      toMicros: this.#latestMicros,
      octets: this.#octets(),
      lostFrames: this.#lostFrames,
      lastError: this.#lastError,
    };
  }

  /** All files, oldest first. Call `flush` before. */
  get segments(): readonly HistorySegment[] {
    return this.#segments;
  }

  /** The files that make the state at a moment, oldest first; empty when it is not kept. Call `flush` before. */
  segmentsFor(atMicros: number): HistorySegment[] {
    return segmentsFor(this.#segments, atMicros, EASY_OCTETS);
  }

  #fromMicros(): number | null {
    const [first] = this.#segments;
    return first ? knownFromMicros(first) : null;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#endSegment();
    await this.#writing;
  }

  #octets(): number {
    return this.#segments.reduce((sum, { octets }) => sum + octets, 0);
  }

  #segmentFor(atMicros: number): OpenSegment {
    const current = this.#open;
    if (current !== null) {
      const { segment, writer } = current;
      const age = (atMicros - segment.startMicros) / SECOND;
      if (age < SEGMENT_SECONDS && segment.octets + writer.pending < SEGMENT_OCTETS) return current;
      void this.flush();
      this.#endSegment();
    }
    this.#open = this.#beginSegment(atMicros);
    this.#forgetOld(atMicros);
    return this.#open;
  }

  #beginSegment(startMicros: number): OpenSegment {
    const index = (this.#segments.at(-1)?.index ?? FIRST_INDEX - 1) + 1;
    const named = { index, startMicros, longestSeconds: this.#options.longestSeconds() };
    const segment: HistorySegment = { ...named, path: segmentPath(this.#options.folder, named), octets: 0 };
    this.#segments.push(segment);
    const file = this.#create(segment.path);
    // Told by the first write that waits for it.
    file.catch(() => undefined);
    return { segment, writer: new PcapngWriter(), file, frames: 0, broken: false };
  }

  async #create(path: string): Promise<FileHandle> {
    await mkdir(this.#options.folder, { recursive: true });
    return open(path, 'a', 0o640);
  }

  #endSegment(): void {
    const ended = this.#open;
    this.#open = null;
    if (ended === null) return;
    this.#writing = this.#writing.then(async () => (await ended.file).close()).catch(() => undefined);
  }

  #forgetOld(nowMicros: number): void {
    const { maxOctets, maxAgeSeconds } = this.#options;
    let octets = this.#octets();
    while (this.#segments.length > 1) {
      const isOld = this.#segments[1].startMicros < nowMicros - maxAgeSeconds * SECOND;
      if (!isOld && octets <= maxOctets) return;
      const [oldest] = this.#segments.splice(0, 1);
      octets -= oldest.octets;
      removeSegment(oldest);
    }
  }

  #write(current: OpenSegment): void {
    const { segment, writer, file, frames } = current;
    const piece = writer.take();
    current.frames = 0;
    this.#waitingOctets += piece.length;
    segment.octets += piece.length;
    this.#writing = this.#writing
      .then(async () => {
        if (current.broken) this.#lostFrames += frames;
        else {
          await (await file).appendFile(piece);
          // A file that was removed takes what it is given, and nobody can read it.
          await stat(segment.path);
          this.#lastError = null;
        }
      })
      .catch((error: unknown) => {
        current.broken = true;
        this.#lostFrames += frames;
        this.#failed(current, error);
      })
      .finally(() => {
        this.#waitingOctets -= piece.length;
      });
  }

  #failed(current: OpenSegment, error: unknown): void {
    this.#lastError = error instanceof Error ? error.message : String(error);
    this.#notBeforeMicros = (this.#latestMicros ?? 0) + RETRY_MICROS;
    if (this.#open === current) this.#endSegment();
    for (const segment of [...this.#segments]) {
      if (segment === this.#open?.segment || hasFrames(segment)) continue;
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      removeSegment(segment);
    }
  }
}
