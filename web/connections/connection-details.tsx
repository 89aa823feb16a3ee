/** What the columns do not say of a session, its life, and where else it plays a part. */
import type { Connection } from '../../src/contract/connection.ts';
import { curlCommand, textAt } from '../grid/exports.ts';
import { copied } from '../parts/clipboard.ts';
import { type Fact, Facts } from '../parts/facts.tsx';
import { clockText, countText, durationText, endpointText, expireText, secondsSince, secondsUntil } from '../parts/text.ts';
import { toneOf } from '../parts/tone.ts';
import { useTold } from '../parts/use-told.ts';
import type { PageState } from '../shell/page-state.ts';
import { CERTAINTIES, certaintyOf } from './certainty.ts';
import { Life } from './life.tsx';

interface DetailsProps {
  readonly page: PageState;
  readonly connection: Connection;
  /** When its sender was heard last; null: not known. */
  readonly heardMillis: number | null;
}

function Known({ page, connection: c, heardMillis }: DetailsProps) {
  const now = page.now.value;
  const certainty = certaintyOf(c, now, heardMillis);
  const seen = (at: string) => (
    <time dateTime={at} title={at}>
      {clockText(Date.parse(at), now)}, {durationText(secondsSince(at, now))} ago
    </time>
  );
  const facts: readonly Fact[] = [
    ['state', <b class={`tone-${toneOf(c.state)}`}>{c.state}</b>],
    ['expires in', `${expireText(secondsUntil(Date.parse(c.expiresAt), now))} of ${durationText(c.timeoutSeconds)}`],
    [
      'certainty',
      <>
        <b class={`tone-${CERTAINTIES[certainty].tone}`}>{certainty}</b>: {CERTAINTIES[certainty].meaning}
      </>,
    ],
    ['kind', `${c.forward}, ${c.template ? 'persistence template' : c.active ? 'active' : 'inactive'}`],
    ['first seen', seen(c.firstSeen)],
    ['last sync', seen(c.lastSync)],
    [
      'syncs',
      `${countText(c.syncCount)}, ${c.origin === 'synced' ? 'its sender had learnt it from another director' : 'of its own director'}`,
    ],
    ['flags', c.flags.join(' ')],
    ['firewall mark', c.fwmark === 0 ? '' : String(c.fwmark)],
    ['engine', c.persistenceEngine && `${c.persistenceEngine.name} ${c.persistenceEngine.data}`],
    ['seen on', [c.interface, c.vlan === null ? null : `VLAN ${c.vlan}`].filter((part) => part !== null).join(' ')],
    ['id', c.id],
  ];
  return <Facts facts={facts} />;
}

function Copies({ page, connection: c }: Pick<DetailsProps, 'page' | 'connection'>) {
  const { told, run } = useTold();
  const at = page.moment.value;
  const moment = at === null ? '' : `?at=${encodeURIComponent(at)}`;
  const same = { proto: c.proto, client: endpointText(c.client), vip: endpointText(c.virtual), dest: endpointText(c.destination) };

  async function line(): Promise<string> {
    const query = new URLSearchParams({ format: 'text', ...same, limit: '1', ...(at !== null && { at }) });
    const text = await textAt(`/api/v1/connections?${query}`);
    return text.trimEnd().split('\n').at(-1) ?? '';
  }

  return (
    <p class="copies">
      copy{' '}
      <button type="button" class="tool" onClick={() => run(async () => copied(await line(), 'the line'))}>
        ipvsadm line
      </button>
      <button type="button" class="tool" onClick={() => run(() => copied(JSON.stringify(c, null, 2), 'as JSON'))}>
        JSON
      </button>
      <button
        type="button"
        class="tool"
        onClick={() => run(() => copied(curlCommand(window.location.origin, `/api/v1/connections/${c.id}${moment}`), 'the command'))}
      >
        curl
      </button>
      <span class="dim" role="status">
        {told}
      </span>
    </p>
  );
}

function Links({ page, connection: c }: Pick<DetailsProps, 'page' | 'connection'>) {
  const parties: readonly (readonly [name: string, address: string, query: Readonly<Record<string, string>>])[] = [
    ['client', c.client.address, { client: c.client.address }],
    ['service', c.virtual.address, { vip: endpointText(c.virtual) }],
    ['real server', c.destination.address, { dest: endpointText(c.destination) }],
  ];
  return (
    <ul class="links">
      {parties.map(([name, address, query]) => (
        <li key={name}>
          {name} {address}: <a href={page.hrefOf('connections', null, query)}>sessions</a>,{' '}
          <a href={page.hrefOf('events', null, { address })}>events</a>
        </li>
      ))}
      <li>
        director: <a href={page.hrefOf('events', null, { daemon: c.daemonId })}>events</a>,{' '}
        <a href={page.hrefOf('connections', null, { daemon: c.daemonId })}>sessions</a>
      </li>
    </ul>
  );
}

export function ConnectionDetails(props: DetailsProps) {
  const { page, connection } = props;
  return (
    <>
      <h3>
        {connection.proto.toUpperCase()} {endpointText(connection.client)} <span aria-hidden="true">→</span>{' '}
        {endpointText(connection.virtual)} <span aria-hidden="true">→</span> {endpointText(connection.destination)}
      </h3>
      <Known {...props} />
      <Copies page={page} connection={connection} />
      <Life page={page} connection={connection} />
      <Links page={page} connection={connection} />
    </>
  );
}
