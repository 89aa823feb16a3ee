/** The top of the page: who is master, is sync flowing, is the monitor itself seeing everything, is this page up to date. */
import type { ComponentChildren } from 'preact';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { Daemon } from '../../src/contract/daemon.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { useTable } from '../data/use-table.ts';
import { countText, durationText, rateText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { totalsOf } from './shares.ts';
import './status-strip.css';

/** A sender with live sessions is seldom silent for longer; it may be idle, so this is a word of caution, no alarm. */
const QUIET_SECONDS = 10;

function Card({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  return (
    <section class={`card ${name}`} aria-label={title}>
      <h2>{title}</h2>
      <div class="scroll">{children}</div>
    </section>
  );
}

const secondsSince = (time: string, nowMillis: number): number => Math.max(0, (nowMillis - Date.parse(time)) / 1000);

const unknown = <p class="dim">unknown</p>;

/** Where two claim to be master, both are named. */
function mastersOf({ state, master, routers }: VirtualRouter): string[] {
  if (state === 'two_masters') return routers.filter(({ role }) => role === 'master').map(({ address }) => address);
  return master ? [master.address] : [];
}

function MasterLine({ router, nowMillis }: { router: VirtualRouter; nowMillis: number }) {
  const { state, master } = router;
  return (
    <p>
      <b>{router.vrid}</b>
      <span class="dim">{router.family === 'ipv6' ? ' v6' : ''}</span> {state === 'lost' && <b class="tone-bad">■ no master</b>}
      {state === 'two_masters' && <b class="tone-bad">■ two masters</b>}
      {state === 'master' && <span class="tone-up">● master</span>} <span class="value">{mastersOf(router).join(' ')}</span>{' '}
      <span class="dim">
        {state === 'master' && master && `prio ${master.priority}, `}
        {durationText(secondsSince(state === 'master' && master ? master.since : router.since, nowMillis))}
      </span>
    </p>
  );
}

/** More routers than the strip has lines for must not hide the one that matters. */
function troubleFirst(routers: readonly VirtualRouter[]): VirtualRouter[] {
  return [...routers].sort((a, b) => Number(a.state === 'master') - Number(b.state === 'master'));
}

function Masters({ page }: { page: PageState }) {
  const heard = useTable(page, { noun: 'vrrp' }).rows.value?.items;
  const routers = heard && troubleFirst(heard);
  return (
    <Card name="vrrp" title={routers?.length ? `vrrp master (${routers.length})` : 'vrrp master'}>
      {!routers && unknown}
      {routers?.length === 0 && <p class="dim">unknown: no advertisement heard</p>}
      {routers?.map((router) => (
        <MasterLine key={router.id} router={router} nowMillis={page.now.value} />
      ))}
    </Card>
  );
}

function SenderLine({ daemon, nowMillis }: { daemon: Daemon; nowMillis: number }) {
  const age = secondsSince(daemon.lastSeen, nowMillis);
  return (
    <p>
      <span class="value">{daemon.address}</span> <span class="dim">syncid</span> {daemon.syncid} <span class="dim">v{daemon.version}</span>{' '}
      <b>{rateText(daemon.recordsPerSecond ?? 0)}</b> <span class="dim">rec/s</span>{' '}
      {age < QUIET_SECONDS ? <span class="dim">{durationText(age)} ago</span> : <b class="tone-opening">▲ quiet {durationText(age)}</b>}
    </p>
  );
}

function Senders({ page }: { page: PageState }) {
  const senders = useTable(page, { noun: 'daemons' }).rows.value?.items.filter(({ role }) => role === 'sender');
  return (
    <Card name="sync" title="sync sender">
      {!senders && unknown}
      {senders?.length === 0 && <p class="dim">none heard</p>}
      {senders?.map((daemon) => (
        <SenderLine key={daemon.id} daemon={daemon} nowMillis={page.now.value} />
      ))}
    </Card>
  );
}

function Sessions({ page }: { page: PageState }) {
  const sessions = useTable(page, { noun: 'status', limit: 1 }).rows.value?.items[0]?.sessions;
  const services = useTable(page, { noun: 'services' }).rows.value?.items ?? [];
  const counts = totalsOf(services.flatMap((service) => service.destinations));
  return (
    <Card name="sessions" title="sessions">
      {!sessions && unknown}
      {sessions && (
        <>
          <p>
            <b class="large" id="sessions-live">
              {countText(sessions.live)}
            </b>
          </p>
          <p class="dim">
            {countText(counts.active)} active, {countText(counts.inactive)} inactive
          </p>
          {sessions.refused > 0 && <p class="tone-bad">■ {countText(sessions.refused)} refused: table full</p>}
        </>
      )}
    </Card>
  );
}

/** `0`, or how many and where; a source that cannot count its losses says so. */
function dropText({ dropped }: CaptureStatus): string {
  const known = Object.entries(dropped).filter(([, count]) => count !== null);
  if (known.length === 0) return 'drops unknown';
  const lossy = known.filter(([, count]) => count !== 0);
  return lossy.length === 0 ? '0 dropped' : lossy.map(([place, count]) => `${countText(count ?? 0)} dropped (${place})`).join(', ');
}

/** The interface, or a file's name without its folder. */
function sourceName({ id, kind, interface: name }: CaptureStatus): string {
  if (kind === 'stdin') return 'standard input';
  return name ?? id.slice(id.lastIndexOf('/') + 1);
}

function CaptureLine({ capture, nowMillis }: { capture: CaptureStatus; nowMillis: number }) {
  const drops = dropText(capture);
  const lossy = Object.values(capture.dropped).some((count) => count !== null && count > 0);
  return (
    <>
      <p title={[capture.id, ...capture.cannotSee].join('\n')}>
        {capture.up ? <span class="tone-up">● sees</span> : <b class="tone-bad">■ blind</b>}{' '}
        <span class="value">{sourceName(capture)}</span>{' '}
        <span class="dim">
          {capture.lastPacket ? `last packet ${durationText(secondsSince(capture.lastPacket, nowMillis))} ago` : 'no packet yet'}
        </span>
      </p>
      <p>
        {countText(capture.packets)} <span class="dim">packets</span>{' '}
        {lossy ? <b class="tone-bad">■ {drops}</b> : <span class="dim">{drops}</span>}
      </p>
    </>
  );
}

function Capture({ page }: { page: PageState }) {
  const captures = useTable(page, { noun: 'capture' }).rows.value?.items;
  return (
    <Card name="capture" title="capture">
      {!captures && unknown}
      {captures?.length === 0 && <b class="tone-bad">■ nothing is captured</b>}
      {captures?.map((capture) => (
        <CaptureLine key={capture.id} capture={capture} nowMillis={page.now.value} />
      ))}
    </Card>
  );
}

export function StatusStrip({ page }: { page: PageState }) {
  return (
    <header class="strip">
      <Masters page={page} />
      <Senders page={page} />
      <Sessions page={page} />
      <Capture page={page} />
    </header>
  );
}
