/** Captures from a file or from standard input, plain or gzip. */
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, OperatorError } from '../errors.ts';
import type { CapturedFrame, CaptureFault, FrameCounter } from './captured-frame.ts';
import { unpacked } from './gzip.ts';
import { PcapStream } from './pcap-stream.ts';

/** Small enough that one chunk of the smallest frames keeps nobody waiting long: the event loop turns between chunks. */
const CHUNK = 256 * 1024;
export interface ReadProgress {
  /** Octets of the file (packed, if it is) read so far. */
  readonly octets: number;
  /** The file's size; null where it has none (standard input, a pipe). */
  readonly total: number | null;
}

export interface ReadCaptureOptions {
  readonly frame: (frame: CapturedFrame) => void;
  /** See `PcapStreamOptions`: a promise holds back the frame of this time, as `--speed` needs it. */
  readonly pace?: (atMicros: number) => Promise<void> | undefined;
  readonly progress?: (progress: ReadProgress) => void;
  /** Stops the reading, at once while waiting, else at the end of a chunk. */
  readonly signal?: AbortSignal;
  /** To number the frames of several files together. */
  readonly counter?: FrameCounter;
}

/**
 * Reads a whole capture.
 * @param path a file, or `-` for standard input
 * @returns how it was cut or damaged; null when it was read to a good end, or stopped
 * @throws OperatorError (exit code 4) when there is no such file, it cannot be read, or it is no capture
 */
export async function readCapture(path: string, options: ReadCaptureOptions): Promise<CaptureFault | null> {
  const source = await openSource(path, options.signal);
  try {
    return await readSource(source, options);
  } catch (error) {
    if (options.signal?.aborted) return null;
    throw unreadable(source.name, error);
  } finally {
    await source.close();
  }
}

interface Source {
  readonly name: string;
  readonly total: number | null;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly close: () => Promise<void>;
}

async function openSource(path: string, signal: AbortSignal | undefined): Promise<Source> {
  if (path === '-') return standardInput(signal);
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const stat = await file.stat();
  return { name: path, total: stat.isFile() ? stat.size : null, chunks: chunksOf(file), close: () => file.close() };
}

function standardInput(signal: AbortSignal | undefined): Source {
  const stop = () => process.stdin.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const close = async () => signal?.removeEventListener('abort', stop);
  return { name: 'standard input', total: null, chunks: process.stdin, close };
}

/** The same buffer each time: a chunk is valid until the next is asked for. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readSource(source: Source, options: ReadCaptureOptions): Promise<CaptureFault | null> {
  const { signal, progress } = options;
  const stream = new PcapStream({ name: source.name, ...options });
  let damage: string | null = null;
  const chunks = unpacked(counted(source, progress), (text) => {
    damage = text;
  });
  for await (const chunk of chunks) {
    const waiting = stream.push(chunk);
    if (waiting) await untilKept(waiting, signal);
    if (signal?.aborted) return stop(stream);
    if (stream.fault) return stream.fault;
  }
  return damage === null ? stream.end() : { code: 'gzip', at: stream.offset, text: damage };
}

/** A frame that waits for its time must not come any more. */
function stop(stream: PcapStream): null {
  stream.stop();
  return null;
}

async function* counted(source: Source, progress: ReadCaptureOptions['progress']): AsyncGenerator<Uint8Array> {
  let octets = 0;
  for await (const chunk of source.chunks) {
    octets += chunk.length;
    yield chunk;
    progress?.({ octets, total: source.total });
  }
}

async function untilKept(waiting: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return waiting;
  if (signal.aborted) return;
  const kept = new AbortController();
  const aborted = once(signal, 'abort', { signal: kept.signal }).catch(() => undefined);
  await Promise.race([waiting, aborted]);
  kept.abort();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
};

/** An error of the operating system as something the operator can act on; anything else is our own mistake and stays as it is. */
function unreadable(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null || error instanceof OperatorError) return error;
  const reason = REASONS[code] ?? code;
  return new OperatorError(EXIT.notFound, `cannot read ${name}: ${reason}`, 'Give the path of a capture file, or - for standard input.');
}
