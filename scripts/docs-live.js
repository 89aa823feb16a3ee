/** docs/live.md: the messages of the live WebSocket, from their schemas. */

/** @typedef {import('typebox').TSchema & Record<string, any>} Schema */

/** A cell may hold no bar and no line break. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function rangeOf({ minimum, maximum, minLength, maxLength }) {
  const [least, most] = [minimum ?? minLength, maximum ?? maxLength];
  const unit = minLength !== undefined || maxLength !== undefined ? ' characters' : '';
  if (least !== undefined && most !== undefined) return ` (${least} to ${most}${unit})`;
  if (most !== undefined) return ` (at most ${most}${unit})`;
  return least === undefined || least === 0 ? '' : ` (at least ${least}${unit})`;
}

/** @param {Schema} schema */
function typeOf(schema) {
  if (schema.const !== undefined) return `\`"${schema.const}"\``;
  if (schema.enum) return 'one of the nouns';
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return schema.items.type === 'string' ? 'array of strings' : 'array of rows';
  return `${schema.type}${rangeOf(schema)}`;
}

/** @param {Schema} schema */
function fieldsOf(schema, before = '') {
  return Object.entries(schema.properties).flatMap(([name, field]) => {
    const needed = schema.required?.includes(name) ? 'always' : 'optional';
    const own = [`\`${before}${name}\``, typeOf(field), needed, field.description ?? ''];
    return [own, ...(field.properties ? fieldsOf(field, `${before}${name}.`) : [])];
  });
}

const message = (title, text, schema) => `### ${title}\n\n${text}\n\n${table(['field', 'type', 'present', 'meaning'], fieldsOf(schema))}`;

const seconds = (ms) => `${ms / 1000} s`;

/**
 * @param {typeof import('../src/contract/live.ts')} live
 * @param {import('../src/http/live-hub.ts').LiveTiming} timing
 * @param {string} example the text of docs/live-client.js
 */
export function livePage(live, timing, example) {
  const { LIVE_NOUNS, LIVE_PROTOCOL, LIVE_LIMITS, EVERY_MS, CLOSE } = live;
  return `<!-- Made from the code: npm run docs -->
# Live: WebSocket \`/api/v1/live\`

One JSON object a message, text frames, both ways. The client subscribes to lists with the filters of REST; the server answers each
subscription with a snapshot, then with deltas. Offering the subprotocol \`${LIVE_PROTOCOL}\` is optional. Who may connect is decided
at the upgrade, by the rules that hold for REST. Messages are not compressed.

Nouns: ${LIVE_NOUNS.map((noun) => `\`${noun}\``).join(', ')}. Rows have the shapes of REST; \`status\` is a list of one.

## An example that runs

\`node docs/live-client.js ws://127.0.0.1:9852/api/v1/live\` keeps the connection table through cuts and restarts; a test runs it.

\`\`\`js
${example.trimEnd()}
\`\`\`

## Rules

- **Order.** \`seq\` of every message of a subscription is one above that of the message before, over cuts too. A snapshot replaces
  all rows, and may come instead of a delta at any time.
- **Window.** A subscription shows the first \`limit\` rows that match, in the order of REST; of events the latest. \`total\` counts all that match.
- **Places.** With \`sort\` or \`offset\` the window is the \`limit\` rows from there on in that order, as of REST, and every delta has \`order\`: the
  ids of all its rows, to be shown so. Rows that change are told as always; which rows of a sorted connection table stand in the window is looked up
  at most once a second, and rarer when all such windows together would cost the server more than a twentieth of its time. A session that ended, or matches no more,
  leaves at once, and until the next look the window is so much shorter.
- **Changes.** A message comes at most every \`everyMs\` (${1000 / EVERY_MS.least} a second unless asked for less); of a row that changed several
  times meanwhile, the last value. Connections and events are looked at every ${EVERY_MS.least} ms, other lists every ${seconds(timing.beatMs)}, and VRRP, anomalies and failovers
  with every event. \`expiresInSeconds\` counts down without a message: use \`expiresAt\`.
- **Resume.** A client that was cut subscribes again within ${seconds(timing.parkMs)} with \`since\`: the \`epoch\` and \`resume\` of its last snapshot and the
  \`seq\` of the last message it took. With the same noun, filter, limit, sort and offset the answer is one delta of what it missed, empty if that was
  nothing. If the server has been restarted, the time is over or too much has gone by, the answer is a snapshot. \`resume\` is a secret of 128 bits: whoever has it
  takes the subscription over, also from a connection that the server still believes alive. After a close with ${CLOSE.normal} or ${CLOSE.goingAway} nothing is kept.
- **Slow clients.** While more than ${timing.mostBuffered / 1024} kB wait to be sent, nothing is added; what was missed comes in one message when there is room. A client
  that stays behind for ${seconds(timing.slowMs)} is closed with ${CLOSE.tooSlow}.
- **Pings** go out every ${seconds(timing.pingMs)}; a client that leaves two unanswered is cut.
- **Bounds.** ${LIVE_LIMITS.clients} clients, ${LIVE_LIMITS.subscriptions} subscriptions each, ${LIVE_LIMITS.views} different ones in all, ${LIVE_LIMITS.parked} kept for clients that were cut; ${timing.mostRequests} requests a minute
  and client; 64 kB a request.

## Client to server

${message('subscribe', 'Begins a subscription, or goes on with one.', live.SubscribeSchema)}

${message('unsubscribe', 'Ends it; there is no answer.', live.UnsubscribeSchema)}

## Server to client

${message('snapshot', 'All rows of the window.', live.SnapshotSchema)}

${message('delta', 'What is different since the message before: first take away, then put in.', live.DeltaSchema)}

${message('error', 'A request was refused, with the codes of REST; the connection and other subscriptions go on.', live.LiveErrorSchema)}

## Why the server closes

${table(
  ['code', 'why'],
  [
    [`${CLOSE.goingAway}`, 'the monitor stops'],
    [`${CLOSE.tooManyRequests}`, 'too many requests in a minute'],
    ['1009', 'a request of more than 64 kB'],
    [`${CLOSE.tooSlow}`, 'the client did not read for too long'],
  ],
)}
`;
}
