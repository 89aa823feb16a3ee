/** A report as Markdown, for a ticket or a chat. Pure. */
import type { Failover } from '../../src/contract/failover.ts';
import { adviceOf } from './advice.ts';
import { FATES, type Fact, momentText, offsetText, spanText, staleText } from './failover-words.ts';
import type { Step } from './timeline.ts';

/** Text from the wire is text: nothing in it is a mark-up, and it does not leave its line. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&');

const row = (...cells: readonly string[]): string => `| ${cells.map(plain).join(' | ')} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(...heads),
  `|${heads.map(() => ' --- |').join('')}`,
  ...rows.map((cells) => row(...cells)),
];

function sessionLines({ sessions }: Failover): string[] {
  const rows = FATES.map(({ key, title, meaning }) => [title, String(sessions[key]), meaning]);
  return [
    '## Sessions',
    '',
    ...table(['what', 'sessions', 'meaning'], [['before', String(sessions.before), 'alive at the change'], ...rows]),
  ];
}

function addressLines(failover: Failover): string[] {
  const rows = failover.announcements.map(({ address, delayMs }) => [
    address,
    delayMs === null ? 'not seen' : `after ${spanText(delayMs)}`,
  ]);
  const announced = rows.length === 0 ? ['No virtual address is known.'] : table(['address', 'announced'], rows);
  return ['## Announcements', '', ...announced, '', `Old MAC address: ${plain(staleText(failover))}.`];
}

/** @param href where the report is */
export function markdownOf(failover: Failover, facts: readonly Fact[], steps: readonly Step[], href: string): string {
  const advice = adviceOf(failover);
  const lines = [
    `# Failover of VRID ${failover.vrid}, ${momentText(failover.at)}`,
    '',
    `**${plain(failover.conclusion)}**`,
    '',
    ...table(
      ['', ''],
      facts.map(({ title, text }) => [title, text]),
    ),
    '',
    ...addressLines(failover),
    '',
    ...sessionLines(failover),
    '',
    '## Timeline',
    '',
    ...table(
      ['time', 'since the change', 'what'],
      steps.map(({ at, atMillis, text }) => [momentText(at), offsetText(atMillis), text]),
    ),
    '',
    ...(advice.length === 0 ? [] : ['## What to do', '', ...advice.map((text) => `- ${plain(text)}`), '']),
    `<${href}>`,
    '',
  ];
  return lines.join('\n');
}
