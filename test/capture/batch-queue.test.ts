import { describe, expect, it } from 'vitest';
import { BatchQueue } from '../../src/capture/batch-queue.ts';

const HEADER = Buffer.alloc(16, 0x11);
const BATCH = 256 * 1024;

/** A queue whose writes are done when told to. */
function slowQueue(batches: number) {
  const written: Buffer[] = [];
  const pending: (() => void)[] = [];
  const queue = new BatchQueue({
    batches,
    write: (octets, done) => {
      written.push(Buffer.from(octets));
      pending.push(done);
    },
  });
  return { queue, written, finishOne: () => pending.shift()?.() };
}

describe('a queue of batches', () => {
  it('gathers header and frame of each into one write', () => {
    const { queue, written } = slowQueue(2);
    queue.append(HEADER, Buffer.from('first'), 5);
    queue.append(HEADER, Buffer.from('second'), 3);
    expect(written).toEqual([]);
    queue.flush();
    queue.flush();
    expect(written).toEqual([Buffer.concat([HEADER, Buffer.from('first'), HEADER, Buffer.from('sec')])]);
  });

  it('writes a full batch by itself, and never splits a frame', () => {
    const { queue, written } = slowQueue(2);
    const frame = Buffer.alloc(1500);
    for (let i = 0; i < 200; i++) queue.append(HEADER, frame, 1500);
    expect(written.map((w) => w.length)).toEqual([Math.floor(BATCH / 1516) * 1516]);
  });

  it('drops and counts what finds no buffer, and goes on when one comes back', () => {
    const { queue, written, finishOne } = slowQueue(2);
    const frame = Buffer.alloc(BATCH - 16);
    for (let i = 0; i < 5; i++) queue.append(HEADER, frame, frame.length);
    expect(queue.dropped).toBe(3);
    queue.flush();
    expect(written.length).toBe(2);
    queue.append(HEADER, frame, 10);
    expect(queue.dropped).toBe(4);
    finishOne();
    queue.append(HEADER, Buffer.from('0123456789'), 10);
    queue.flush();
    expect(queue.dropped).toBe(4);
    expect(written[2]).toEqual(Buffer.concat([HEADER, Buffer.from('0123456789')]));
  });

  it('drops and counts a frame larger than a batch', () => {
    const { queue, written } = slowQueue(2);
    queue.append(HEADER, Buffer.alloc(BATCH), BATCH);
    queue.append(HEADER, Buffer.from('x'), 1);
    queue.flush();
    expect(queue.dropped).toBe(1);
    expect(written).toEqual([Buffer.concat([HEADER, Buffer.from('x')])]);
  });
});
