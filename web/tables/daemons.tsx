/** Who sends connection sync, and who listens to it. */
import type { Daemon } from '../../src/contract/daemon.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import { Facts } from '../parts/facts.tsx';
import { countText, rateText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { addressColumn, agoColumn, macColumn, NONE, whereColumn, whereText } from './columns.ts';
import './details.css';
import './tables.css';

const countOr = (count: number | null, unknown: string): string => (count === null ? unknown : countText(count));
const portsText = ({ ports: [from, to = from] }: Daemon): string => (from === undefined ? '' : from === to ? `:${from}` : `:${from}-${to}`);

const COLUMNS: readonly Column<Daemon>[] = [
  {
    name: 'role',
    title: 'sends or listens',
    width: '10ch',
    text: ({ role }) => (role === 'sender' ? '▶ sender' : '◁ listener'),
    term: ({ role }) => ['role', role],
    sort: 'role',
  },
  addressColumn,
  macColumn,
  {
    name: 'syncid',
    title: 'sync id; a listener sends none',
    width: '7ch',
    isNumber: true,
    text: ({ syncid }) => countOr(syncid, NONE),
    term: ({ syncid }) => (syncid === null ? null : ['syncid', String(syncid)]),
    sort: 'syncid',
  },
  {
    name: 'version',
    title: 'of the sync protocol',
    width: '8ch',
    isNumber: true,
    text: ({ version }) => (version === null ? NONE : `v${version}`),
    sort: 'version',
  },
  {
    name: 'group',
    title: 'multicast group and ports',
    width: 'minmax(18ch, 1fr)',
    text: (row) => `${row.group}${portsText(row)}`,
    term: ({ group }) => ['group', group],
    sort: 'group',
  },
  {
    name: 'rate',
    heading: 'records/s',
    title: 'sync records a second',
    width: '10ch',
    isNumber: true,
    text: ({ recordsPerSecond }) => (recordsPerSecond === null ? NONE : rateText(recordsPerSecond)),
    sort: 'recordsPerSecond',
  },
  {
    name: 'records',
    title: 'sync records so far',
    width: '12ch',
    isNumber: true,
    text: ({ records }) => countOr(records, NONE),
    sort: 'records',
  },
  {
    name: 'lost',
    title: 'datagrams lost, by gaps in the IP identifications',
    width: '12ch',
    isNumber: true,
    text: ({ role, lostDatagrams }) => (role === 'sender' ? countOr(lostDatagrams, 'not counted') : NONE),
    tone: ({ lostDatagrams }) => (lostDatagrams !== null && lostDatagrams > 0 ? 'bad' : 'plain'),
    sort: 'lostDatagrams',
  },
  agoColumn('lastSeen', 'when it was heard last', ({ lastSeen }) => lastSeen, 'heard'),
  whereColumn,
];

function DaemonDetails({ page, daemon }: { page: PageState; daemon: Daemon }) {
  const { id, role, address, mac, syncid, group, version, ttl, datagrams, records, octets, firstSeen, lastSeen, lostDatagrams } = daemon;
  const isSender = role === 'sender';
  return (
    <article>
      <h3>
        {address} <span class="dim">{role}</span>
      </h3>
      <p class="actions">
        {isSender && (
          <a class="tool" href={page.hrefOf('connections', null, { daemon: id })}>
            sessions that it sent last
          </a>
        )}
        <a class="tool" href={page.hrefOf('events', null, { address })}>
          its events
        </a>
      </p>
      <Facts
        facts={[
          ['MAC address', mac],
          ['sync id', syncid],
          ['group', `${group}${portsText(daemon)}`],
          ['version', version],
          ['TTL', ttl],
          ['datagrams', isSender ? countOr(datagrams, '') : null],
          ['records', isSender ? countOr(records, '') : null],
          ['octets', isSender ? countOr(octets, '') : null],
          ['lost datagrams', isSender ? countOr(lostDatagrams, 'not counted: its kernel does not number them one by one') : null],
          ['first heard', firstSeen],
          ['last heard', lastSeen],
          ['where', whereText(daemon)],
        ]}
      />
    </article>
  );
}

export function Daemons({ page }: { page: PageState }) {
  return (
    <Grid
      page={page}
      noun="daemons"
      heading="Sync daemons"
      columns={COLUMNS}
      defaultSort={null}
      example="role == sender && syncid == 51"
      empty="No connection sync has been heard yet, and nobody who listens to it. lvscope doctor says what may be the matter."
      details={(daemon) => <DaemonDetails page={page} daemon={daemon} />}
    />
  );
}
