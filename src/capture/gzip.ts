/** Unpacks gzip as far as it goes: a cut file yields everything there is, a damaged one all pieces in front of the damage. */
import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';

/** gzip packs to a thousandth at best, and what one piece unpacks to is held in memory until it is read. */
const PACKED_PIECE = 16 * 1024;
const MAGIC = [0x1f, 0x8b];

type Chunks = AsyncIterable<Uint8Array>;

/** Passes plain chunks through and unpacks gzip. `damaged` is told in one clause why the unpacking stopped early. */
export async function* unpacked(chunks: Chunks, damaged: (text: string) => void): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head = await octetsAtLeast(MAGIC.length, iterator);
  const all = rejoined(head, { [Symbol.asyncIterator]: () => iterator });
  yield* MAGIC.every((octet, i) => head[i] === octet) ? gunzipped(all, damaged) : all;
}

async function octetsAtLeast(least: number, iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < least) {
    const { value, done } = await iterator.next();
    if (done) return head;
    head = head.length === 0 && value.length >= least ? value : Buffer.concat([head, value]);
  }
  return head;
}

async function* rejoined(head: Uint8Array, rest: Chunks): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzipped(chunks: Chunks, damaged: (text: string) => void): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let out: Uint8Array[] = [];
  const taken = () => {
    const ready = out;
    out = [];
    return ready;
  };
  gunzip.on('data', (octets: Uint8Array) => out.push(octets));
  const failure = once(gunzip, 'error').then(([error]) => error as Error);
  for await (const piece of piecesOf(chunks)) {
    const error = await Promise.race([written(gunzip, piece), failure]);
    yield* taken();
    if (error) return damaged(`it cannot be unpacked any further (${error.message})`);
  }
  const error = await Promise.race([ended(gunzip), failure]);
  yield* taken();
  if (error) damaged(`the gzip file is cut (${error.message})`);
}

async function* piecesOf(chunks: Chunks): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += PACKED_PIECE) yield chunk.subarray(at, Math.min(at + PACKED_PIECE, chunk.length));
}

function written(gunzip: Gunzip, piece: Uint8Array): Promise<null> {
  return new Promise((resolve) => {
    // An error comes by its own event. What the piece held in front of the damage is lost with it.
    gunzip.write(piece, (error) => {
      if (!error) resolve(null);
    });
  });
}

function ended(gunzip: Gunzip): Promise<null> {
  return new Promise((resolve) => {
    gunzip.once('end', () => resolve(null));
    gunzip.end();
  });
}
