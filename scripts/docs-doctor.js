/** docs/doctor.md as text: all that `lvscope doctor` can say. */

/** @typedef {import('../src/cli/doctor/finding.ts').Kind} Kind */

const AREAS = {
  rights: 'Rights',
  place: 'Where it runs',
  interface: 'Interfaces',
  data: 'Data folder',
  page: 'Page',
  join: 'Joins',
  capture: 'Capture',
  clock: 'Clock',
  sync: 'Connection sync',
  wire: 'What else passes',
  vrrp: 'VRRP',
  arp: 'Addresses',
  group: 'Groups',
};

const INTRO = `# lvscope doctor

Made from the findings in \`src/cli/doctor/\` by \`npm run docs\`; a test holds this page to them.

\`lvscope doctor\` says what can be seen from where it is run: first what needs no listening (place, interfaces, data folder, port of the page), then what it
hears in ten seconds (\`--seconds\`), then what stays unknown. Take the options that \`lvscope run\` will have: \`-i\`, \`--sync\`, \`--no-join\`, \`--data\`, \`--listen\`.

For the first two fifths of the time it joins no group, for the rest it is a member of 224.0.0.18, ff02::12 and the sync groups, and then leaves them: what
comes only as a member is withheld by a switch that snoops. Joins and leaves (IGMP, MLD) are all that it sends; with \`--no-join\` it sends nothing. It makes no files.

Each finding has a kind, a severity, what was seen, what it means and what to do, likeliest first. \`ok\`: as it should be. \`info\`: good to know. \`unknown\`: cannot be told
from here. \`warning\`: will bite. \`critical\`: lvscope cannot do its work here. \`--json\` gives \`{findings, capture, daemons, vrrp, groups, unknown}\`; a finding has
\`kind\`, \`severity\`, \`interface\` (null: none in particular), \`text\`, \`meaning\` and \`advice\` (a list), the lists are those of the API.

Exit code 0: no critical finding; 1: a critical one; 3: no right to capture; 4: no such interface, or none is up.`;

const areaOf = ({ kind }) => kind.slice(0, kind.indexOf('.'));

/** @param {Kind} one */
function section({ kind, severity, when, meaning, advice }) {
  const steps = advice.map((step) => `- ${step}`).join('\n');
  return [`### \`${kind}\` (${severity})`, `Seen: ${when}.`, meaning, ...(steps === '' ? [] : [steps])].join('\n\n');
}

/** @param {readonly Kind[]} kinds */
export function doctorPage(kinds) {
  const areas = [...new Set(kinds.map(areaOf))];
  const sections = areas.flatMap((area) => [`## ${AREAS[area]}`, ...kinds.filter((one) => areaOf(one) === area).map(section)]);
  return `${[INTRO, ...sections].join('\n\n')}\n`;
}
