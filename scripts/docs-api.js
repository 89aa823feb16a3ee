/** docs/api.md: how the API is asked, and every code that it can refuse with. */

const GUIDE = `# The API

Base address: \`http://127.0.0.1:9852\`. Every route, parameter and shape is described by
[OpenAPI 3.1](openapi.json); a running monitor gives the same at \`/api/v1/openapi.json\` and shows it at \`/docs\`.
Changes as they happen come over a WebSocket: [live.md](live.md). Numbers for Prometheus: [metrics.md](metrics.md).

## Lists

\`/api/v1/\` and \`connections\`, \`services\`, \`vrrp\`, \`neighbors\`, \`groups\`, \`daemons\`, \`events\`, \`anomalies\`, \`failovers\`,
\`alerts\`, \`receivers\`, \`silences\` or \`capture\`; one item by its \`id\` below it, as in \`/api/v1/vrrp/ipv4-51-0\`.

\`\`\`json
{ "items": [ … ], "nextCursor": "WyIiLDAsMCwwLDEwMF0", "asOf": "2026-11-21T05:24:00.000000Z" }
\`\`\`

| parameter | does |
|---|---|
| \`FIELD=VALUE\` | only items that say so: \`vip=10.0.0.1:443&client=198.51.100.0/24&state=ESTABLISHED\`. Several values apart by commas mean any of them, several parameters all of them; \`none\` asks for nothing, \`*\` stands for any part of a text, \`LOW..HIGH\` for a range; \`age>=60\` and \`age<=60\` for fields that are ordered |
| \`q=EXPRESSION\` | the same fields in one expression: \`client == 198.51.100.0/24 && !(state == [CLOSE, TIME_WAIT])\`; the fields of each list and the language are in [filters.md](filters.md) |
| \`sort=NAME\`, \`sort=-NAME\` | by any scalar of the shape, with a dot for what is inside an object (\`virtual.port\`); \`-\`: the greatest first. Numbers inside text count as numbers, null comes last. \`connections\` has orders of its own |
| \`limit=N\` | 1 to 1000, 100 when not given |
| \`cursor=TEXT\` | the \`nextCursor\` of the page before, everything else unchanged; the header \`Link: <…>; rel="next"\` is the whole address |
| \`offset=N\` | in place of a cursor: the page begins after the first N rows of the order. The answer also has \`total\`, how many match in all, and its \`nextCursor\` is null. Rows that come or go shift those behind them: to read all of a list, follow cursors |
| \`fields=a,b.c\` | of each item only these; of a single item too |
| \`at=TIME\` | as it was at that moment, where history is kept: epoch seconds or ISO 8601. Not for \`alerts\`, \`receivers\`, \`silences\` and \`capture\` |

What is not a parameter of the route is refused, never ignored.

## Formats

\`Accept\` chooses, or the parameter \`format\` (\`json\`, \`text\`, \`ndjson\`, \`csv\`) where a header cannot be said, as in a link. JSON comes in pages. The others come whole, as a stream of what matches, however much that is;
\`limit\` may be any number there, \`cursor\` is refused, and \`sort\` and \`offset\` need a \`limit\` of at most 1000.

| \`Accept\` | is |
|---|---|
| \`application/json\` | a page; the default |
| \`application/x-ndjson\` | an object a line |
| \`text/csv\` | RFC 4180, a column for each scalar (\`client.address\` is \`client_address\`), lists apart by spaces, what is deeper as JSON; text that a spreadsheet would take for a formula has \`'\` before it |
| \`text/plain\` | \`connections\` as \`ipvsadm -Lnc\` prints them (\`persistentConn=true\`: as with \`--persistent-conn\`), \`services\` as \`ipvsadm -Ln --exact\` |

\`\`\`sh
curl -s -H 'Accept: text/csv' '127.0.0.1:9852/api/v1/connections?state=ESTABLISHED&fields=client,destination.address'
\`\`\`

A row of a long export is as it is when its turn comes: what comes or goes meanwhile may be there or not.

## Over time

\`/api/v1/vrrp-history\` and \`/api/v1/service-history\` are lists like the others, with the ids of \`vrrp\` and \`services\`. Figures come in
steps of ten seconds, one value a step from \`from\` on, null where nothing was heard or looked at: six hours of the adverts of each router, one
hour of the sessions of each real server. They begin when lvscope starts; \`at=TIME\` answers as it was known then.

What a router was, \`master\`, \`backup\` or \`gone\`, comes to the microsecond. A master that falls silent counts as master until its
Master_Down_Interval has run out or another takes over; then the end of its time is dated back to its last advert, and \`lost\` begins there,
as \`gapMs\` of the events does. Two masters at once overlap. 1024 routers and 8192 real servers have a history; \`overflows\` of the status
counts what found no room.

## Asking again

Pages and items have an \`ETag\`; with it in \`If-None-Match\` an answer that would be the same is \`304\` without a body. The tag of a
page is a weak one: it speaks of the items, not of \`asOf\`. Streams have none. \`HEAD\` answers wherever \`GET\` does.
\`Cache-Control: no-store\` stays: the answers name clients, and no cache on the way shall keep them.

## The life of a session

\`/api/v1/connections/ID/records\` gives each sync record that told of a session, read out of the history: when, from which daemon, with
which state, flags, timeout and real server, and the file and the number of the frame, so that Wireshark shows it. The latest 1000,
oldest first; \`total\` is how many there are. \`complete\` is false when the history does not have all that the table counted: it
begins later, or frames are missing. With \`at\`, of the session as it was then, whose \`id\` the list gives for the same \`at\`.

## What can be asked

\`/api/v1/filters\` gives, for each list, its fields with their operators and values, and the names that \`sort\` takes: what a program
needs to help somebody write a filter. It names nobody, so a browser may keep it and ask again by its \`ETag\`.

## Errors

Every refusal is a problem of RFC 9457, \`application/problem+json\`. Go by \`code\`; texts may change.

\`\`\`json
{
  "type": "urn:lvscope:problem:bad_parameter",
  "title": "A query parameter is unknown or has a value that is not accepted",
  "status": 400,
  "code": "bad_parameter",
  "detail": "limit=0 is not accepted: expected a whole number from 1 to 1000",
  "instance": "/api/v1/events",
  "parameter": "limit",
  "value": "0",
  "expected": "a whole number from 1 to 1000"
}
\`\`\`

`;

/** @param {Record<string, { status: number, title: string }>} problems */
export function apiPage(problems) {
  const rows = Object.entries(problems).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  return `${GUIDE}| code | status | means |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** @param {string} body as served at /api/v1/openapi.json */
export function openApiText(body) {
  return `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
}
