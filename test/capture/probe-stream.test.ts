/** The stream of a probe, in pieces of every size, and what is none. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProbeMessage } from '../../src/capture/probe-messages.ts';
import { messageChunk, ProbeStream, pcapHeader } from '../../src/capture/probe-stream.ts';

type Part = Buffer | ProbeMessage;

const octets = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const message: fc.Arbitrary<ProbeMessage> = fc.oneof(
  fc.record({ type: fc.constant('open' as const), atMicros: fc.nat() }),
  fc.record({ type: fc.constant('fault' as const), fault: fc.constant('link' as const), text: fc.string(), goodMicros: fc.nat() }),
);

function written(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => (Buffer.isBuffer(part) ? [pcapHeader(part.length), part] : [messageChunk(part)])));
}

interface Heard {
  readonly pcap: Buffer;
  /** Each with the count of octets that came before it. */
  readonly messages: [number, ProbeMessage][];
  readonly broken: boolean;
}

function read(stream: Buffer, step: number): Heard {
  const pcap: Buffer[] = [];
  const messages: [number, ProbeMessage][] = [];
  let count = 0;
  const reader = new ProbeStream({
    pcap(part) {
      pcap.push(Buffer.from(part));
      count += part.length;
    },
    message: (one) => messages.push([count, one]),
  });
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  return { pcap: Buffer.concat(pcap), messages, broken: reader.broken };
}

function meant(parts: readonly Part[]): Heard {
  let count = 0;
  const messages: [number, ProbeMessage][] = [];
  for (const part of parts) {
    if (Buffer.isBuffer(part)) count += part.length;
    else messages.push([count, part]);
  }
  return { pcap: Buffer.concat(parts.filter((part) => Buffer.isBuffer(part))), messages, broken: false };
}

test('what is written is read, in order, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(octets, message), { maxLength: 20 }), fc.integer({ min: 1, max: 400 }), (parts, step) => {
      expect(read(written(parts), step)).toEqual(meant(parts));
    }),
  );
});

test.each([
  ['another kind', Buffer.from([3, 0, 0, 0, 1, 0, 0, 0, 1])],
  ['an empty piece', Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])],
  ['a message without an end', Buffer.from([2, 0, 0, 0, 1, 0, 1, 0, 1])],
  ['a message that is none', Buffer.concat([Buffer.from([2, 0, 0, 0, 2, 0, 0, 0]), Buffer.from('{}')])],
])('%s breaks it, and nothing more is read', (_, stream) => {
  expect(read(Buffer.concat([stream, written([Buffer.from('more')])]), 5)).toEqual({ pcap: Buffer.alloc(0), messages: [], broken: true });
});

test('no octets make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void read(Buffer.from(bytes), 7)));
});
