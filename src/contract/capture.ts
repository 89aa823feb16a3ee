/** How one source of frames is doing: what it delivered, what it lost, when it was blind. */
import { type Static, Type } from 'typebox';
import { Nullable, Time } from './scalars.ts';

/** A count that the source may be unable to give; null is "unknown", never 0. */
const Known = Nullable(Type.Integer({ minimum: 0 }));

export const CaptureStatusSchema = Type.Object(
  {
    id: Type.String({ description: 'the interface, the file, or - for standard input' }),
    kind: Type.Enum(['pcap', 'udp', 'file', 'stdin'], { description: 'udp: plain sockets, which see the sync group only' }),
    interface: Nullable(Type.String()),
    up: Type.Boolean({ description: 'frames can come in now' }),
    packets: Type.Integer({ minimum: 0 }),
    octets: Type.Integer({ minimum: 0 }),
    dropped: Type.Object({
      kernel: Known,
      interface: Known,
      queue: Known,
    }),
    restarts: Type.Record(Type.String(), Type.Integer(), { description: 'by reason' }),
    lastPacket: Nullable(Time),
    since: Nullable(Time),
    blind: Type.Array(Type.Object({ from: Time, to: Nullable(Time), reason: Type.String() }), {
      description: 'the latest intervals without sight',
    }),
    cannotSee: Type.Array(Type.String(), { description: 'what this way of capturing cannot see' }),
  },
  { $id: 'CaptureStatus' },
);
export type CaptureStatus = Static<typeof CaptureStatusSchema>;
