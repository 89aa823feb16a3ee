/** Is sync flowing: who sends it, how much, how old the last is, and who listens. */
import type { Daemon } from '../../src/contract/daemon.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { useTable } from '../data/use-table.ts';
import { durationText, rateText, secondsSince } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { isQuiet, type Listener, listenersOf, lossText } from './sync.ts';

const NOT_COUNTED = 'its sender does not number its datagrams one by one, so gaps in them do not tell';

function Address({ daemon: { address }, page }: { daemon: Daemon; page: PageState }) {
  return (
    <a class="value" href={page.hrefOf('daemons', null, { address })}>
      {address}
    </a>
  );
}

function SenderLine({ daemon, page }: { daemon: Daemon; page: PageState }) {
  const nowMillis = page.now.value;
  const { syncid, version, recordsPerSecond, lastSeen, lostDatagrams } = daemon;
  const age = durationText(secondsSince(lastSeen, nowMillis));
  const quiet = isQuiet(daemon, nowMillis);
  return (
    <li>
      {quiet ? <b class="tone-opening">▲ quiet</b> : <span class="tone-up">● sends</span>} <Address daemon={daemon} page={page} />{' '}
      <span class="dim">
        syncid {syncid} v{version}
      </span>{' '}
      <b class="value">{rateText(recordsPerSecond ?? 0)}</b> <span class="dim">rec/s,</span>{' '}
      <span class={quiet ? 'tone-opening' : 'dim'}>last {age} ago,</span>{' '}
      {lostDatagrams !== null && lostDatagrams > 0 ? (
        <b class="tone-bad">■ {lossText(daemon)}</b>
      ) : (
        <span class="dim" title={lostDatagrams === null ? NOT_COUNTED : 'datagrams, by gaps in their IP identifications'}>
          {lossText(daemon)}
        </span>
      )}
    </li>
  );
}

function ListenerLine({ listener: { daemon, also }, page }: { listener: Listener; page: PageState }) {
  return (
    <li>
      <span class="tone-up">○ listens</span> <Address daemon={daemon} page={page} />{' '}
      <span class="dim">
        {also !== '' && `${also}, `}last report {durationText(secondsSince(daemon.lastSeen, page.now.value))} ago
      </span>
    </li>
  );
}

function Lines({ daemons, routers, page }: { daemons: readonly Daemon[]; routers: readonly VirtualRouter[]; page: PageState }) {
  const senders = daemons.filter(({ role }) => role === 'sender');
  const listeners = listenersOf(daemons, routers);
  return (
    <ul class="lines scroll">
      {senders.map((daemon) => (
        <SenderLine key={daemon.id} daemon={daemon} page={page} />
      ))}
      {listeners.map((listener) => (
        <ListenerLine key={listener.daemon.id} listener={listener} page={page} />
      ))}
      {senders.length > 0 && listeners.length === 0 && (
        <li class="dim" title="who listens tells so by IGMP or MLD reports, when a querier on the segment asks">
          ? no listener seen: no membership report was heard
        </li>
      )}
    </ul>
  );
}

export function Sync({ page, routers }: { page: PageState; routers: readonly VirtualRouter[] }) {
  const daemons = useTable(page, { noun: 'daemons' }).rows.value?.items;
  return (
    <section class="panel sync" aria-labelledby="sync-title">
      <h2 id="sync-title">
        <a href={page.hrefOf('daemons')}>Sync</a> {!daemons && <span class="dim">unknown</span>}
      </h2>
      {daemons && daemons.length > 0 && <Lines daemons={daemons} routers={routers} page={page} />}
      {daemons?.length === 0 && (
        <p class="empty">
          No connection sync was heard. Is the sync daemon of the master started (<code>ipvsadm --start-daemon master</code>), and does its
          group reach this host? <code>lvscope doctor</code> looks.
        </p>
      )}
    </section>
  );
}
