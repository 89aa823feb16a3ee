/** The pages of `docs/` that are made from the code, as text: what rules there are, what events there are. */

/** @typedef {import('../src/state/rule.ts').Rule} Rule */

const AREAS = {
  ipvs: 'Connection sync',
  vrrp: 'Virtual routers',
  arp: 'Addresses (ARP, neighbor discovery)',
  igmp: 'Groups (IGMP, MLD)',
  expected: 'The expected state',
  sniff: 'The capture itself',
};

const NEEDS = {
  sync: 'sync datagrams',
  network: 'IP headers',
  link: 'link-layer addresses',
  expected: 'an expected state',
  live: 'a live capture',
};

/** What the state logs itself, by kind. */
const STATE_EVENTS = {
  'vrrp.master_change':
    'Another router sends the adverts. `reason`: `first_seen`, `resigned` (priority 0), `preempted`, `no_response` (silence), `tie` (same priority, higher address), `two_masters_resolved`; `gapMs`: time without a master.',
  'vrrp.master_lost': 'No advert of any router for longer than every backup waits.',
  'vrrp.two_masters': 'Two routers go on sending adverts; the one advert by which a normal takeover overlaps is not that.',
  'vrrp.two_masters_resolved': 'One of two masters is left; `gapMs`: how long there were two.',
  'ipvs.sender_seen': 'Somebody sends connection sync who was not heard before.',
  'sniff.blind':
    'An interface gives frames again. `reason`: why it gave none (the link was down, the interface was gone or renamed, its capture ended); `gapMs` and `details`: for how long.',
};

const areaOf = (kind) => kind.slice(0, kind.indexOf('.'));

/** A cell may hold no bar and no line break. */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;

const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const code = (text) => `\`${text}\``;

/** @param {Rule} rule */
function endOf({ form, quietSeconds }) {
  if (form === 'notice') return 'an event without duration';
  return quietSeconds === null ? 'when it is so no more' : `${quietSeconds} s after it was found last`;
}

/** @param {Rule} rule */
const ruleCells = (rule) => [
  code(rule.kind),
  rule.severity,
  rule.rule,
  rule.meaning,
  rule.advice,
  rule.needs.map((need) => NEEDS[need]).join(', ') || '-',
  endOf(rule),
];

const byKind = (a, b) => (a.kind < b.kind ? -1 : 1);

/** @param {readonly Rule[]} rules */
export function anomaliesPage(rules) {
  const areas = [...new Set([...Object.keys(AREAS), ...rules.map(({ kind }) => areaOf(kind))])];
  const head = ['kind', 'severity', 'what the packets show', 'what it means', 'what to do', 'needs', 'ends'];
  const sections = areas.flatMap((area) => {
    const own = rules.filter(({ kind }) => areaOf(kind) === area).sort(byKind);
    return own.length === 0 ? [] : [`## ${AREAS[area] ?? area}`, table(head, own.map(ruleCells))];
  });
  const intro = `# Anomalies

Made from the rules in \`src/state/rules/\` by \`npm run docs\`; a test holds this page to them.

An anomaly is one rule broken by one subject: a virtual router, a sender, an address. It has a first and a last time, a count and an end, and it is
\`raised\`, \`clear\` (it was raised and has ended) or \`unknown\`: what a rule needs to see is not in this capture, or cannot be told about this subject at
present, and then the text says why. When one begins, an event of its kind is logged with the frames that show it (\`lvscope capture EVENT-ID\`); the same
one is told again after a minute at the earliest, and of one kind no more than 120 in a minute. Severity: critical, the service is down or about to be;
warning, it will bite; info, good to know.

\`lvscope anomalies\`, \`/api/v1/anomalies\`, \`replay --show anomalies\`, \`lvscope_anomalies_active\`. There are ${rules.length} rules.`;
  return `${[intro, ...sections].join('\n\n')}\n`;
}

/** @param {readonly Rule[]} rules @param {readonly string[]} stateKinds */
export function eventsPage(rules, stateKinds) {
  const own = [...stateKinds].sort().map((kind) => [code(kind), STATE_EVENTS[kind] ?? '']);
  const form = (wanted) => rules.filter(wanted).sort(byKind);
  const ofRule = ({ kind, severity, rule }) => [code(kind), severity, rule];
  const begins = form((rule) => rule.form === undefined).map(({ kind }) => code(kind));
  return `# Events

Made from the code by \`npm run docs\`; a test holds this page to it. Every event has an id that follows from the packets' time alone, a moment, a kind, a
severity, one sentence, a subject, details, and the numbers of the frames that show it. These are all the kinds there are.

## What the state logs

${table(['kind', 'when'], own)}

## What a rule notices

Something that happened and has no duration. What it means and what to do: [anomalies.md](anomalies.md).

${table(['kind', 'severity', 'when'], form((rule) => rule.form === 'notice').map(ofRule))}

## What begins

The beginning of the anomaly of that name ([anomalies.md](anomalies.md)): ${begins.join(', ')}.
`;
}
