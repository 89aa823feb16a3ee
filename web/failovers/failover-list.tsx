/** All failovers, the latest first; each opens to its report. */
import { useMemo } from 'preact/hooks';
import type { Failover } from '../../src/contract/failover.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import { clockText, countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { REASONS, slowestMillis, spanText } from './failover-words.ts';
import { SessionBar } from './sessions.tsx';
import './failover-list.css';

const CARD_HEIGHT = 82;

function announcedText(failover: Failover): string {
  const slowest = slowestMillis(failover);
  const missing = failover.announcements.filter(({ delayMs }) => delayMs === null).length;
  if (missing > 0) return `▲ ${missing} missing`;
  return slowest === null ? 'no address' : spanText(slowest);
}

function keptText({ sessions: { before, seenAgain, lost } }: Failover): string {
  return before === 0 ? 'none known' : `${countText(seenAgain)} of ${countText(before)}${lost > 0 ? `, ${countText(lost)} lost` : ''}`;
}

const staleCount = ({ staleNeighbors }: Failover): string => (staleNeighbors === null ? 'unknown' : String(staleNeighbors.count));
const whereText = ({ interface: name, vlan }: Failover): string => [name, vlan].filter((part) => part !== null).join('.');

const columnsOf = (hrefOf: (failover: Failover) => string): readonly Column<Failover>[] => [
  {
    name: 'at',
    heading: 'when',
    title: 'when the master changed',
    width: { characters: 8 },
    sort: 'at',
    text: ({ at }, nowMillis) => clockText(Date.parse(at), nowMillis),
    render: (failover, nowMillis) => (
      <a href={hrefOf(failover)} tabIndex={-1}>
        {clockText(Date.parse(failover.at), nowMillis)}
      </a>
    ),
  },
  {
    name: 'vrid',
    heading: 'VRID',
    title: 'virtual router, and where it was seen',
    width: { characters: 5 },
    sort: 'vrid',
    text: (failover) => [failover.vrid, whereText(failover)].filter((part) => part !== '').join(' '),
  },
  { name: 'from', title: 'the master before', width: { characters: 10 }, sort: 'from', text: ({ from }) => from ?? 'unknown' },
  { name: 'to', title: 'the new master', width: { characters: 10 }, sort: 'to', text: ({ to }) => to },
  {
    name: 'reason',
    heading: 'why',
    title: 'why the master changed',
    width: { characters: 11 },
    sort: 'reason',
    text: ({ reason }) => REASONS[reason].short,
    hint: ({ reason }) => REASONS[reason].long,
  },
  {
    name: 'gap',
    title: 'without a master',
    width: { characters: 7 },
    sort: 'gapMs',
    isNumber: true,
    text: ({ gapMs }) => (gapMs === null ? 'none' : spanText(gapMs)),
  },
  {
    name: 'kept',
    heading: 'sessions seen again',
    title: 'of the sessions known at the change, those that were synced again since',
    width: { characters: 28 },
    text: keptText,
    tone: ({ sessions }) => (sessions.lost > 0 ? 'bad' : 'plain'),
    render: (failover) => (
      <>
        {failover.sessions.before > 0 ? <SessionBar sessions={failover.sessions} /> : <span />} {keptText(failover)}
      </>
    ),
  },
  {
    name: 'announced',
    title: 'the slowest announcement of a virtual address',
    width: { characters: 10 },
    isNumber: true,
    text: announcedText,
    tone: ({ announcements }) => (announcements.some(({ delayMs }) => delayMs === null) ? 'opening' : 'plain'),
  },
  {
    name: 'stale',
    title: 'hosts that still used the old MAC address',
    width: { characters: 5 },
    isNumber: true,
    text: staleCount,
    tone: ({ staleNeighbors }) => (staleNeighbors && staleNeighbors.count > 0 ? 'bad' : 'plain'),
  },
  { name: 'conclusion', title: 'all of it in one sentence', width: 'minmax(20ch, 14fr)', text: ({ conclusion }) => conclusion },
];

export function FailoverList({ page }: { page: PageState }) {
  const hrefOf = ({ id }: Failover): string => page.hrefOf('failovers', id);
  const columns = useMemo(() => columnsOf(hrefOf), [page.moment.value]);
  return (
    <Grid
      page={page}
      noun="failovers"
      heading="Failovers"
      columns={columns}
      defaultSort="-at"
      hrefOf={hrefOf}
      cardHeight={CARD_HEIGHT}
      example="reason=no_response gapMs>=1000"
      empty="No failover was seen: nobody has taken over from a master yet."
    />
  );
}
