/**
 * Messages of the WebSocket `/api/v1/live`. A client subscribes; it gets a snapshot, then deltas, each one `seq` above the
 * message before. A snapshot may come again at any time and replaces everything. A client that was cut subscribes again with
 * `since` and goes on where it was. `epoch` is one run of the server: `seq` of another epoch means nothing.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Refusal } from './problem.ts';
import { MOST_LIMIT, MOST_OFFSET } from './query.ts';

export const LIVE_NOUNS = [
  'connections',
  'services',
  'daemons',
  'vrrp',
  'neighbors',
  'groups',
  'events',
  'anomalies',
  'failovers',
  'capture',
  'status',
] as const;
export type LiveNoun = (typeof LIVE_NOUNS)[number];

/** WebSocket subprotocol, with the version of these messages; a client need not offer it. */
export const LIVE_PROTOCOL = 'lvscope.live.v1';
/** Milliseconds between two messages of one subscription: what is least and the default, and what is most. */
export const EVERY_MS = { least: 50, most: 60_000 } as const;
/** How many there may be: clients, subscriptions of one client, different subscriptions, those kept for clients that were cut. */
export const LIVE_LIMITS = { clients: 1000, subscriptions: 16, views: 256, parked: 1000 } as const;

const SubscriptionId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'chosen by the client; a second subscription of that id replaces the first',
});

export const SubscribeSchema = Type.Object(
  {
    type: Type.Literal('subscribe'),
    id: SubscriptionId,
    noun: Type.Enum([...LIVE_NOUNS]),
    filter: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'parameters as of the REST list' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_LIMIT, description: 'rows of the window; default 100' })),
    sort: Type.Optional(Type.String({ maxLength: 64, description: 'as of the REST list; the window is rows of that order' })),
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MOST_OFFSET,
        description: 'rows before the window, in the order of `sort` or the own order of the list; with either, each delta has `order`',
      }),
    ),
    everyMs: Type.Optional(
      Type.Integer({
        minimum: EVERY_MS.least,
        maximum: EVERY_MS.most,
        description: `least milliseconds between two messages; of a row that changes meanwhile the last value is sent; default ${EVERY_MS.least}`,
      }),
    ),
    since: Type.Optional(
      Type.Object(
        {
          epoch: Type.String({ maxLength: 64 }),
          seq: Type.Integer({ minimum: 0, maximum: 2 ** 48, description: 'of the last message that was taken' }),
          resume: Type.String({ maxLength: 64, description: 'of the last snapshot' }),
        },
        {
          additionalProperties: false,
          description:
            'what a client that was cut holds; with the same noun, filter, limit, sort and offset the answer is one delta of what it missed, or a snapshot when that is not known any more',
        },
      ),
    ),
  },
  { $id: 'LiveSubscribe', additionalProperties: false },
);
export type Subscribe = Static<typeof SubscribeSchema>;

export const UnsubscribeSchema = Type.Object(
  { type: Type.Literal('unsubscribe'), id: SubscriptionId },
  { $id: 'LiveUnsubscribe', additionalProperties: false },
);

export type LiveRequest = Subscribe | Static<typeof UnsubscribeSchema>;

const subscribe = Compile(SubscribeSchema);
const unsubscribe = Compile(UnsubscribeSchema);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('bad_request', 'the message is no JSON');
  }
}

/** @throws Refusal for anything but a request */
export function parseLiveRequest(text: string): LiveRequest {
  const message = parsed(text);
  if (subscribe.Check(message) || unsubscribe.Check(message)) return message;
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
  if (type !== 'subscribe' && type !== 'unsubscribe') throw new Refusal('bad_request', 'the type of a message is subscribe or unsubscribe');
  const [first] = (type === 'subscribe' ? subscribe : unsubscribe).Errors(message);
  throw new Refusal('bad_request', `${first.instancePath || 'the message'} ${first.message}`);
}

/** The subscription that a message is about, however wrong the rest of it is; null when it names none. */
export function subscriptionIdOf(text: string): string | null {
  const [, id] = /"id"\s*:\s*"([^"\\]{1,64})"/.exec(text) ?? [];
  return id ?? null;
}

const Count = Type.Integer({ minimum: 0 });

export const SnapshotSchema = Type.Object(
  {
    type: Type.Literal('snapshot'),
    id: SubscriptionId,
    epoch: Type.String({ description: 'this run of the server' }),
    seq: Count,
    resume: Type.String({ description: 'a secret that names the subscription: whoever has it can take the subscription over' }),
    items: Type.Array(Type.Unknown(), {
      description:
        'the first `limit` rows that match; events: the latest, oldest first; with `sort` or `offset` the rows from there on, in that order',
    }),
    total: Type.Integer({ minimum: 0, description: 'rows that match, in the window or not' }),
  },
  { $id: 'LiveSnapshot' },
);
export type Snapshot = Static<typeof SnapshotSchema>;

export const DeltaSchema = Type.Object(
  {
    type: Type.Literal('delta'),
    id: SubscriptionId,
    seq: Type.Integer({ minimum: 0, description: 'one above that of the message before' }),
    upsert: Type.Array(Type.Unknown(), { description: 'rows that came into the window or changed in it' }),
    remove: Type.Array(Type.String(), { description: 'ids of rows that left the window' }),
    order: Type.Optional(
      Type.Array(Type.String(), { description: 'only with `sort` or `offset`: ids of all rows of the window as it is now, in order' }),
    ),
    total: Count,
  },
  { $id: 'LiveDelta' },
);
export type Delta = Static<typeof DeltaSchema>;

export const LiveErrorSchema = Type.Object(
  {
    type: Type.Literal('error'),
    id: Type.Union([Type.String(), Type.Null()], {
      description: 'of the subscription that was refused; null when the message could not be read',
    }),
    code: Type.String({ description: 'stable, as of REST' }),
    detail: Type.String({ description: 'for people' }),
    parameter: Type.Optional(Type.String({ description: 'the filter that was refused' })),
    value: Type.Optional(Type.String()),
    expected: Type.Optional(Type.String({ description: 'what it takes' })),
  },
  { $id: 'LiveError' },
);
export type LiveError = Static<typeof LiveErrorSchema>;
export type LiveAnswer = Snapshot | Delta | LiveError;

/** Why the server closes: RFC 6455 section 7.4.1, and codes of our own. */
export const CLOSE = { normal: 1000, goingAway: 1001, tooManyRequests: 1008, tooSlow: 4008 } as const;
