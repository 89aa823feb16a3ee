/** The screen as lines, from top to bottom: health of the capture, virtual routers, sync senders, a table. */
import { printable } from '../printable.ts';
import { fitted, type Line, tinted } from '../styled.ts';
import { columns } from '../text.ts';
import { KEYS_HELP } from './keys.ts';
import { type Look, ORDERS, TABS, type TopState } from './state.ts';
import { tableLines } from './tables.ts';

/** Of 24 rows the table keeps at least half. */
const MOST_CAPTURES = 2;
const MOST_ROUTERS = 4;
const MOST_SENDERS = 2;
const MILLI = 1000;

/** Between two moments as the API writes them; null when one of them is not known. */
function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / MILLI;
}

function agoText(seconds: number | null): string {
  if (seconds === null) return 'never';
  return `${Math.max(0, seconds).toFixed(1)} s ago`;
}

/** The first of them, and how many more there are. */
function atMost(lines: readonly string[], most: number): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most - 1), `      ... ${lines.length - most + 1} more`];
}

function captureLines({ captures, status: { asOf }, packetsPerSecond }: Look): string[] {
  const lines = captures.map(({ id, up, dropped, lastPacket }) => {
    const rate = packetsPerSecond.get(id);
    const known = Object.values(dropped).filter((count) => count !== null);
    const lost = known.length === 0 ? 'unknown' : `${known.reduce((sum, count) => sum + count, 0)}`;
    return `${up ? 'up' : 'down'}  ${rate === undefined ? '-' : rate.toFixed(0)} packets/s  dropped ${lost}  last ${agoText(secondsBetween(lastPacket, asOf))}  ${id}`;
  });
  return atMost(lines.length === 0 ? ['nothing is captured'] : lines, MOST_CAPTURES).map((line) => `from  ${line}`);
}

/** Would a failover now keep the sessions. */
const READY = { true: 'yes', false: 'no', null: 'unknown' } as const;

function deadlineText(seconds: number | null): string {
  if (seconds === null) return '-';
  return seconds >= 0 ? `in ${seconds.toFixed(1)} s` : `${(-seconds).toFixed(1)} s late`;
}

function routerLines({ routers, status: { asOf } }: Look): string[] {
  if (routers.length === 0) return ['vrrp  no virtual router was heard'];
  const rows = routers.map((router) => [
    `vrrp  ${router.vrid}`,
    router.family,
    router.state,
    router.master?.address ?? '-',
    router.since.slice(11, 19),
    deadlineText(secondsBetween(asOf, router.masterDownAt)),
    READY[`${router.readiness.failoverKeepsSessions}`],
  ]);
  const [head, ...lines] = columns(['      VRID', 'family', 'state', 'master', 'since', 'takeover', 'keeps sessions'], rows);
  return [head, ...atMost(lines, MOST_ROUTERS)];
}

function senderLines({ daemons, status: { asOf } }: Look): string[] {
  const senders = daemons.filter(({ role }) => role === 'sender');
  if (senders.length === 0) return ['sync  nobody sends'];
  const lines = senders.map(
    (d) =>
      `sync  ${d.address}  syncid ${d.syncid ?? '-'}  ${d.recordsPerSecond ?? '-'} records/s  lost ${d.lostDatagrams ?? 'unknown'}  last ${agoText(secondsBetween(d.lastSeen, asOf))}`,
  );
  return atMost(lines, MOST_SENDERS);
}

function titleLine({ url, look, paused }: TopState): Line {
  const when = look?.status.asOf ? `${look.status.asOf.slice(0, 10)} ${look.status.asOf.slice(11, 19)}Z` : '-';
  const wrong = look ? `${look.status.anomalies.critical} critical, ${look.status.anomalies.warning} warning` : '';
  const sessions = look ? `${look.status.sessions.live} sessions` : '';
  return [
    { text: ['lvscope', when, sessions, wrong, paused ? 'PAUSED' : '', url].filter((part) => part !== '').join('  '), style: 'bold' },
  ];
}

function tabsLine({ tab, tabs }: TopState): Line {
  const { order, descending, filter } = tabs[tab];
  return [
    ...TABS.flatMap(
      (name, i): Line => [{ text: ' ' }, name === tab ? { text: `[${i + 1} ${name}]`, style: 'inverse' } : { text: ` ${i + 1} ${name} ` }],
    ),
    { text: `  by ${ORDERS[tab][order]}${descending ? '' : ', least first'}` },
    { text: filter === '' ? '' : `  filter: ${printable(filter)}`, style: 'cyan' },
  ];
}

function lastLine({ typed, problem, columns: width }: TopState): Line {
  if (typed !== null) {
    // The end is where one types.
    const room = Math.max(1, width - 4);
    return [{ text: `/ ${[...typed].slice(-room).join('')}` }, { text: ' ', style: 'inverse' }];
  }
  return problem === null ? [{ text: KEYS_HELP, style: 'dim' }] : [{ text: printable(problem), style: 'red' }];
}

/** The strips above the table; their number depends on what there is. */
function stripsOf(look: Look): Line[] {
  return [...captureLines(look), ...routerLines(look), ...senderLines(look)].map((line) => tinted(printable(line)));
}

/** How many rows of the table there is room for. */
export function tableRows(state: TopState): number {
  const strips = state.look ? stripsOf(state.look).length : 0;
  // Title, tabs, head of the table, last line.
  return Math.max(1, state.rows - strips - 4);
}

/** Exactly as many lines as the screen has, none wider than it. */
export function view(state: TopState): Line[] {
  const { look, tab, tabs, rows, columns: width } = state;
  const lines: Line[] = [titleLine(state)];
  if (look === null) lines.push([{ text: state.problem === null ? 'asking ...' : '' }]);
  else {
    lines.push(...stripsOf(look), tabsLine(state));
    if (look.table.tab === tab) {
      const [head, ...body] = tableLines(look.table, look.status.asOf ?? '', state);
      const room = tableRows(state);
      const offset = Math.min(tabs[tab].offset, Math.max(0, body.length - room));
      lines.push([{ text: head, style: 'bold' }], ...body.slice(offset, offset + room).map(tinted));
    }
  }
  const above = lines.slice(0, rows - 1);
  while (above.length < rows - 1) above.push([]);
  return [...above, lastLine(state)].map((line) => fitted(line, width));
}
