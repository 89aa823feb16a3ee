/** Alerts as REST shows them, and as they leave the house: one shape of notification for every receiver. */
import { type Static, Type } from 'typebox';
import { Nullable, Time } from './scalars.ts';
import type { NewSilence, Silence } from './silence.ts';
import { SeverityName, SubjectSchema } from './subject.ts';

export const AlertSchema = Type.Object(
  {
    id: Type.String({ description: 'fingerprint of kind and subject' }),
    kind: Type.String(),
    severity: SeverityName,
    subject: SubjectSchema,
    text: Type.String({ description: 'what was seen last' }),
    state: Type.Enum(['firing', 'resolved'], { description: 'what merely happened is resolved at once' }),
    startsAt: Time,
    endsAt: Nullable(Time),
    rule: Type.String({ description: 'the first rule that matches; it decides' }),
    receivers: Type.Array(Type.String()),
    told: Type.Enum(['nothing', 'firing', 'resolved', 'flapping'], { description: 'what the receivers were told last, or will be next' }),
    toldAt: Nullable(Time),
    flapping: Type.Boolean(),
    suppressedBy: Nullable(Type.String({ description: 'id of the silence or maintenance window that keeps it quiet' })),
  },
  { $id: 'Alert' },
);
export type Alert = Static<typeof AlertSchema>;

/** A receiver with several addresses is several of these, `name` and `name#2`. Addresses and secrets are not shown. */
export const ReceiverSchema = Type.Object(
  {
    id: Type.String(),
    receiver: Type.String(),
    kind: Type.Enum(['webhook', 'slack', 'alertmanager', 'syslog']),
    waiting: Type.Integer({ description: 'notifications not delivered yet' }),
    delivered: Type.Integer({ description: 'since the start' }),
    failed: Type.Integer({ description: 'given up since the start: refused for good, too old, or no room' }),
    lastDelivery: Nullable(Time),
    nextAttempt: Nullable(Time),
    lastError: Nullable(Type.String({ description: 'of the latest attempt; null when it went well' })),
  },
  { $id: 'Receiver' },
);
export type Receiver = Static<typeof ReceiverSchema>;

export const NOTIFICATION_STATUSES = ['firing', 'resolved', 'flapping', 'happened', 'test'] as const;

/** The body of a webhook: `type`, `timestamp` and `data`, as the Standard Webhooks specification recommends. */
export const NotificationSchema = Type.Object(
  {
    id: Type.String({ description: 'the same at every attempt' }),
    status: Type.Enum([...NOTIFICATION_STATUSES]),
    fingerprint: Type.String({ description: 'the same for all notifications of one alert' }),
    kind: Type.String(),
    severity: SeverityName,
    subject: SubjectSchema,
    summary: Type.String({ description: 'one sentence: what was seen' }),
    meaning: Nullable(Type.String()),
    advice: Nullable(Type.String()),
    startsAt: Time,
    endsAt: Nullable(Time),
    // Of what merely happened, when it did; else when lvscope learnt it, or when it was due.
    at: Time,
    rule: Type.String(),
    sensor: Type.String(),
    url: Type.String({ description: "lvscope's page" }),
  },
  { $id: 'Notification' },
);
export type Notification = Static<typeof NotificationSchema>;

/** What outlives a restart, as the store keeps it. */
export interface AlertRow {
  readonly table: 'alerts' | 'alert_deliveries' | 'silences';
  readonly id: string;
  /** Null: it is gone. */
  readonly json: string | null;
}

export interface AlertNumbers {
  readonly active: number;
  /** Notifications not made because of a silence, a maintenance window or flap damping. */
  readonly suppressed: { readonly silence: number; readonly flapping: number };
  /** News for which there was no room among the alerts. */
  readonly overflowed: number;
}

/** What the server and the metrics are handed. */
export interface AlertDesk {
  /** Those that burn first, then by begin. */
  alerts(): Alert[];
  receivers(): Receiver[];
  numbers(): AlertNumbers;
  /** Of the file and of run time, those over left out. */
  silences(): Silence[];
  /** Null: there is no room for another. */
  silence(silence: NewSilence): Silence | null;
  /** False: there is none of that id that could be ended here. */
  endSilence(id: string): boolean;
}
