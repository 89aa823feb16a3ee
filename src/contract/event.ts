/** An event as REST, WebSocket, `--json` and the page see it. */
import { type Static, Type } from 'typebox';
import { type MonitorEvent, STATE_EVENT_KINDS } from '../state/events.ts';
import { RULES } from '../state/rules/all.ts';
import { Nullable, Time, timeText } from './scalars.ts';
import { SeverityName, SubjectSchema } from './subject.ts';

/** What can happen: what the state logs itself, and what a rule logs when it is raised. */
export const EVENT_KINDS: readonly string[] = [
  ...STATE_EVENT_KINDS,
  ...RULES.filter(({ form }) => form !== 'silent').map(({ kind }) => kind),
].sort();

export const EventSchema = Type.Object(
  {
    id: Type.String(),
    at: Time,
    kind: Type.Enum([...EVENT_KINDS]),
    severity: SeverityName,
    text: Type.String(),
    subject: SubjectSchema,
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
