/** Who has which address, and who had it before. */
import type { Neighbor } from '../../src/contract/neighbor.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { addressColumn, agoColumn, macColumn, momentText, whereColumn } from './columns.ts';
import './details.css';
import './tables.css';

const latest = ({ macs }: Neighbor) => macs.at(-1);
const sum = ({ macs }: Neighbor, of: (mac: Neighbor['macs'][number]) => number): number => macs.reduce((total, mac) => total + of(mac), 0);

const COLUMNS: readonly Column<Neighbor>[] = [
  addressColumn,
  macColumn,
  {
    name: 'vip',
    heading: 'virtual',
    title: 'whether it is a virtual address of a virtual router that was heard',
    width: '8ch',
    text: ({ vip }) => (vip ? '◆ VIP' : ''),
    term: ({ vip }) => ['vip', String(vip)],
    sort: 'vip',
  },
  {
    name: 'changes',
    title: 'how often the MAC address changed',
    width: '8ch',
    isNumber: true,
    text: ({ changes }) => countText(changes),
    tone: ({ changes, vip }) => (changes > 0 && !vip ? 'opening' : 'plain'),
    sort: 'changes',
  },
  {
    name: 'claims',
    title: 'frames in which it was claimed',
    width: '8ch',
    isNumber: true,
    text: (row) => countText(sum(row, ({ claims }) => claims)),
  },
  {
    name: 'announcements',
    heading: 'gratuitous',
    title: 'gratuitous ARP and unsolicited NA among them',
    width: '10ch',
    isNumber: true,
    text: (row) => countText(sum(row, ({ announcements }) => announcements)),
  },
  agoColumn('last', 'when it was claimed last', (row: Neighbor) => latest(row)?.lastSeen ?? null, 'last claim'),
  whereColumn,
];

/** Every MAC address that claimed it, the latest on top. */
function Claims({ neighbor, nowMillis }: { neighbor: Neighbor; nowMillis: number }) {
  return (
    <table class="inner">
      <thead>
        <tr>
          <th scope="col">MAC address</th>
          <th scope="col">first claim</th>
          <th scope="col">last claim</th>
          <th scope="col" class="number">
            claims
          </th>
          <th scope="col" class="number">
            gratuitous
          </th>
        </tr>
      </thead>
      <tbody>
        {neighbor.macs.toReversed().map(({ mac, firstSeen, lastSeen, claims, announcements }) => (
          <tr key={`${mac} ${firstSeen}`}>
            <td>{mac}</td>
            <td title={firstSeen}>{momentText(firstSeen, nowMillis)}</td>
            <td title={lastSeen}>{momentText(lastSeen, nowMillis)}</td>
            <td class="number">{countText(claims)}</td>
            <td class="number">{countText(announcements)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NeighborDetails({ page, neighbor }: { page: PageState; neighbor: Neighbor }) {
  const { address, vip, changes } = neighbor;
  return (
    <article>
      <h3>
        {address} {vip && <span class="dim">virtual address</span>}
      </h3>
      <p>
        {changes === 0
          ? 'One host has claimed it all the time.'
          : `The MAC address changed ${countText(changes)} times${vip ? ': of a virtual address without a virtual MAC, each takeover is one' : ''}.`}
      </p>
      <p class="actions">
        <a class="tool" href={page.hrefOf('events', null, { address })}>
          its events
        </a>
        {vip && (
          <a class="tool" href={page.hrefOf('connections', null, { vip: address })}>
            its sessions
          </a>
        )}
      </p>
      <Claims neighbor={neighbor} nowMillis={page.now.value} />
    </article>
  );
}

export function Neighbors({ page }: { page: PageState }) {
  return (
    <Grid
      page={page}
      noun="neighbors"
      heading="Neighbors"
      columns={COLUMNS}
      defaultSort={null}
      example="vip == true || changes > 0"
      empty="No ARP or neighbor discovery has been heard yet."
      details={(neighbor) => <NeighborDetails page={page} neighbor={neighbor} />}
    />
  );
}
