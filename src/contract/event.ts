/** An event as REST, WebSocket, `--json` and the page see it. */
import { type Static, Type } from 'typebox';
import type { MonitorEvent } from '../state/events.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

export const EventSchema = Type.Object(
  {
    id: Type.String(),
    at: Time,
    kind: Type.String(),
    severity: Type.Enum(['info', 'warning', 'critical']),
    text: Type.String(),
    subject: Type.Object({
      vrid: Type.Optional(Type.Integer()),
      family: Type.Optional(FamilyName),
      interface: Type.Optional(Type.String()),
      vlan: Type.Optional(Type.Integer()),
      address: Type.Optional(Type.String()),
      mac: Type.Optional(Type.String()),
      daemon: Type.Optional(Type.String()),
    }),
    from: Nullable(Type.String()),
    to: Nullable(Type.String()),
    reason: Nullable(Type.String()),
    gapMs: Nullable(Type.Number()),
    details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
    frames: Type.Array(Type.Integer()),
  },
  { $id: 'Event' },
);
export type Event = Static<typeof EventSchema>;

export function eventOf(event: MonitorEvent): Event {
  const { atMicros, frames, ...rest } = event;
  return { ...rest, at: timeText(atMicros), frames: [...frames] };
}
