/** Who listens to which multicast group, and who asks. */
import type { Group } from '../../src/contract/group.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { momentText, NONE, whereColumn } from './columns.ts';
import './details.css';
import './tables.css';

/** What the groups are for that load balancers use (RFC 5798 section 5.1, RFC 2236, RFC 3376, kernel IP_VS_SYNC_GROUP). */
const PURPOSES: Readonly<Record<string, string>> = {
  '224.0.0.18': 'VRRP',
  'ff02::12': 'VRRP',
  '224.0.0.81': 'connection sync',
  '224.0.0.22': 'IGMPv3 reports',
  'ff02::16': 'MLDv2 reports',
};

const COLUMNS: readonly Column<Group>[] = [
  {
    name: 'group',
    title: 'multicast group',
    width: { characters: 16 },
    text: ({ group }) => group,
    term: ({ group }) => ['group', group],
    sort: 'group',
  },
  { name: 'purpose', heading: 'for', title: 'what load balancers use it for', width: '16ch', text: ({ group }) => PURPOSES[group] ?? '' },
  {
    name: 'count',
    heading: 'members',
    title: 'how many listen',
    width: '8ch',
    isNumber: true,
    text: ({ members }) => countText(members.length),
  },
  {
    name: 'members',
    heading: 'who listens',
    title: 'addresses of the members',
    width: 'minmax(24ch, 1fr)',
    text: ({ members }) => members.map(({ address }) => address).join(', ') || NONE,
    term: ({ members }) => (members.length === 1 ? ['member', members[0].address] : null),
  },
  {
    name: 'querier',
    title: 'who asks for members on this segment',
    width: 'minmax(14ch, 26ch)',
    text: ({ querier }) => querier?.address ?? 'nobody',
    term: ({ querier }) => ['querier', querier?.address ?? 'none'],
  },
  whereColumn,
];

function Members({ group, nowMillis }: { group: Group; nowMillis: number }) {
  return (
    <table class="inner">
      <thead>
        <tr>
          <th scope="col">member</th>
          <th scope="col">MAC address</th>
          <th scope="col">version</th>
          <th scope="col">since</th>
          <th scope="col">last report</th>
          <th scope="col">expires</th>
        </tr>
      </thead>
      <tbody>
        {group.members.map(({ address, mac, version, since, lastSeen, expiresAt }) => (
          <tr key={`${address} ${mac}`}>
            <td>{address}</td>
            <td>{mac ?? NONE}</td>
            <td>
              {group.family === 'ipv6' ? 'MLD' : 'IGMP'}v{version}
            </td>
            <td title={since}>{momentText(since, nowMillis)}</td>
            <td title={lastSeen}>{momentText(lastSeen, nowMillis)}</td>
            <td title={expiresAt ?? ''}>{expiresAt === null ? 'never: nobody asks' : momentText(expiresAt, nowMillis)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function GroupDetails({ page, group }: { page: PageState; group: Group }) {
  const { querier } = group;
  return (
    <article>
      <h3>
        {group.group} <span class="dim">{PURPOSES[group.group] ?? ''}</span>
      </h3>
      <p>
        {querier
          ? `${querier.address} asks who listens (version ${querier.version}), last at ${momentText(querier.lastSeen, page.now.value)}.`
          : 'Nobody asks who listens on this segment, so there may be members that were never heard, and switches that snoop may stop forwarding to those that were.'}
      </p>
      <Members group={group} nowMillis={page.now.value} />
    </article>
  );
}

export function Groups({ page }: { page: PageState }) {
  return (
    <Grid
      page={page}
      noun="groups"
      heading="Multicast groups"
      columns={COLUMNS}
      defaultSort={null}
      example="group == 224.0.0.81"
      empty="Nobody has been heard to join or leave a group yet (IGMP, MLD)."
      details={(group) => <GroupDetails page={page} group={group} />}
    />
  );
}
