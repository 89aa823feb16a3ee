/** The page of the filter language, as text: its grammar, and every field of every list. */

/** @typedef {import('../src/contract/field.ts').FieldDescription} FieldDescription */

/** A cell may hold no bar and no line break. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text) => `\`${text}\``;

/** Longer lists of values are told by their first. */
const MOST_VALUES = 16;

/** @param {FieldDescription} field */
function valuesOf({ values, expected, optional }) {
  if (!values) return expected;
  const shown = values.slice(0, MOST_VALUES).map(code).join(', ');
  const rest = values.length > MOST_VALUES ? ` and ${values.length - MOST_VALUES} more` : '';
  return shown + rest + (optional ? ', or `none`' : '');
}

/** @param {FieldDescription} field */
const fieldCells = (field) => [
  [field.name, ...field.aliases].map(code).join(', '),
  field.about,
  field.kind,
  field.operators.map(code).join(' '),
  valuesOf(field),
];

/**
 * @template {string} Noun
 * @param {readonly Noun[]} nouns
 * @param {(noun: Noun) => readonly FieldDescription[]} fieldsOf
 * @param {{ length: number, terms: number, values: number, depth: number }} most
 */
export function filtersPage(nouns, fieldsOf, most) {
  const head = ['field, other names', 'what it says', 'kind', 'operators', 'values'];
  const sections = nouns.map((noun) => `## ${noun}\n\n${table(head, fieldsOf(noun).map(fieldCells))}`);
  return `# Filters

Made from the code by \`npm run docs\`; a test holds this page to it.

Every list takes the same filters in every place: \`/api/v1/NOUN\` (pages and exports), subscriptions of the WebSocket (\`"filter": {...}\`), the filter box of the
page, and \`lvscope NOUN FILTER...\`. There are two ways to write them, over the same fields.

**Parameters**: \`FIELD=VALUE\`. Several values apart by commas mean any of them, several parameters all of them: \`state=ESTABLISHED,FIN_WAIT&client=198.51.100.0/24\`.
Of fields with an order \`FIELD>=VALUE\` and \`FIELD<=VALUE\` as well: \`age>=60\`. Connections also know \`minAge\` and \`maxAge\`.

**An expression**, as the parameter \`q\`, in Arkime's manner. It may stand beside parameters; then all must hold.

\`\`\`
client == 198.51.100.0/24 && state == ESTABLISHED && !(destination == [10.0.0.21:80, 10.0.0.22:80])
\`\`\`

\`\`\`
curl -G http://127.0.0.1:9852/api/v1/connections --data-urlencode 'q=age > 1h && virtual == :443'
lvscope connections 'client.port < 1024 || vlan EXISTS'
lvscope events 'kind == vrrp.* && severity >= warning && at > 2026-11-21T05:00:00Z'
{"type": "subscribe", "id": "a", "noun": "connections", "filter": {"q": "service == tcp-10.0.0.1:* && expires < 30"}}
\`\`\`

## Grammar

\`\`\`
expression  = all { ("||" | "or") all }
all         = one { ("&&" | "and") one }
one         = ("!" | "not") one | "(" expression ")" | comparison
comparison  = FIELD ("==" | "=" | "!=") ( value | "[" value { "," value } "]" )
            | FIELD ("<" | "<=" | ">" | ">=") value
            | FIELD "EXISTS" | FIELD ("==" | "!=") "EXISTS!"
value       = WORD | "\\"" text "\\""
\`\`\`

A word ends at a space or one of \`( ) [ ] , = < > & | "\`; any other text stands in quotes, where \`\\"\` and \`\\\\\` stand for \`"\` and \`\\\`. Names of fields are written as below, all else in any case.

- A list in brackets means any of its values. \`!=\` is true where \`==\` is not, also where the field says nothing; \`<\` and the like are true only where it says something.
- Where a field says several things (real servers of a service, flags), \`==\` asks whether any of them is meant.
- \`EXISTS\`: the field says something; \`none\` as a value: it says nothing.
- **text**: the whole of it, \`*\` stands for any part: \`state == *WAIT\`, \`interface == eth*\`. Upper and lower case are one. In quotes \`*\` and \`none\` mean themselves. There are no regular expressions.
- **number**, **seconds**, **time**: a value or a range with both ends, \`1000..2000\`. Seconds also as \`15m\`, \`2h\`, \`1d\`. A time is ISO 8601 (UTC when no zone is given) or seconds since 1970.
- **address**: one address or a network, \`198.51.100.0/24\`, \`fd00::/64\`.
- **endpoint**: an address, a network, \`10.0.0.1:443\`, \`[fd00::1]:443\`, or a port alone, \`:443\`; a port may be a range, \`:8000..8999\`.

At most ${most.length} characters, ${most.terms} comparisons, ${most.values} values, ${most.depth} parentheses and negations within each other. What is not accepted is answered with status 400 and the code \`bad_parameter\`:
\`parameter\` is \`q\` or the name of the parameter, \`column\` says where in the expression, counted from 1, and \`expected\` what would be right there.

${sections.join('\n\n')}
`;
}
