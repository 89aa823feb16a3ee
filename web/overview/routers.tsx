/** One strip for each virtual router: who is master, who would follow, and when. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { useTable } from '../data/use-table.ts';
import { useMedia } from '../parts/media.ts';
import { clockText, durationText } from '../parts/text.ts';
import { useFineClock } from '../parts/use-fine-clock.ts';
import { mastersOf, sinceMillis } from '../parts/virtual-router.ts';
import type { PageState } from '../shell/page-state.ts';
import {
  backupsOf,
  backupsText,
  type Deadline,
  deadlineOf,
  gapText,
  lastFailoverOf,
  lastHeardOf,
  leftOf,
  routersText,
  troubleFirst,
} from './routers.ts';
import './routers.css';

const TENTH = 100;
const SECOND = 1000;
/** Above this many, ten pictures a second are too many. */
const MOST_LIVELY = 20;

const STATES = {
  master: <span class="tone-up">● master</span>,
  lost: <b class="tone-bad">■ no master</b>,
  two_masters: <b class="tone-bad">■ two masters</b>,
} as const;

function readinessText(keeps: boolean | null) {
  if (keeps === null) return <span class="dim">? sessions unknown</span>;
  return keeps ? <span class="tone-up">✓ keeps sessions</span> : <b class="tone-bad">✗ would lose sessions</b>;
}

function Countdown({ deadline, hasBackup, clock }: { deadline: Deadline; hasBackup: boolean; clock: ReadonlySignal<number> }) {
  const { share, text } = leftOf(deadline, clock.value);
  return (
    <span class="countdown" title="time left for the next advert of the master before it is given up">
      <span class="gauge" aria-hidden="true">
        <span style={{ transform: `scaleX(${share.toFixed(3)})` }} />
      </span>
      <span class="until dim">{hasBackup ? 'takes over in' : 'given up in'}</span> <span class="left">{text}</span>
    </span>
  );
}

function LastFailover({ failover, page, nowMillis }: { failover: Failover | undefined; page: PageState; nowMillis: number }) {
  if (!failover) return <span class="failover dim">no failover seen</span>;
  return (
    <span class="failover">
      <a href={page.hrefOf('failovers', failover.id)} title={failover.conclusion}>
        <span class="dim">failover</span> {clockText(Date.parse(failover.at), nowMillis)}
      </a>{' '}
      <span class="dim">{gapText(failover.gapMs)}</span>
    </span>
  );
}

interface StripProps {
  readonly router: VirtualRouter;
  readonly failover: Failover | undefined;
  readonly page: PageState;
  readonly clock: ReadonlySignal<number>;
}

function Strip({ router, failover, page, clock }: StripProps) {
  const shows = useSignal(false);
  const reasonsId = useId();
  const { vrid, family, interface: name, vlan, state, readiness } = router;
  const now = page.now.value;
  const deadline = deadlineOf(router);
  const backups = backupsOf(router);
  const lastHeard = lastHeardOf(router);
  return (
    <li class="strip" data-router={router.id}>
      <span class="name">
        <a href={page.hrefOf('vrrp', null, { router: router.id })}>
          <b>{vrid}</b>
        </a>{' '}
        <span class="dim">
          {family === 'ipv6' ? 'IPv6' : 'IPv4'} {name} {vlan !== null && `vlan ${vlan}`}
        </span>
      </span>
      <span class="state">{STATES[state]}</span>
      <span class="masters">
        {mastersOf(router).map(({ address, priority }) => (
          <span key={address}>
            {address} <span class="dim">{priority === null ? '' : `prio ${priority}`}</span>{' '}
          </span>
        ))}
        {lastHeard !== undefined && (
          <>
            <span class="dim">last</span> {lastHeard}
          </>
        )}
      </span>
      <span class="since">
        <span class="dim">for</span> {durationText((now - sinceMillis(router)) / SECOND)}
      </span>
      <span class="backups">{backupsText(backups)}</span>
      <button
        type="button"
        class="readiness"
        title={['would a failover now keep the sessions?', ...readiness.reasons].join('\n')}
        aria-expanded={shows.value}
        aria-controls={reasonsId}
        onClick={() => {
          shows.value = !shows.value;
        }}
      >
        {readinessText(readiness.failoverKeepsSessions)}
      </button>
      {deadline ? (
        <Countdown deadline={deadline} hasBackup={backups.length > 0} clock={clock} />
      ) : (
        <span class="countdown dim">no advert to wait for</span>
      )}
      <LastFailover failover={failover} page={page} nowMillis={Math.floor(now / 60_000) * 60_000} />
      <ul id={reasonsId} class="reasons" hidden={!shows.value}>
        {readiness.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </li>
  );
}

export function Routers({ page, heard }: { page: PageState; heard: readonly VirtualRouter[] | undefined }) {
  const failovers = useTable(page, { noun: 'failovers', sort: '-at', limit: 50 }).rows.value?.items ?? [];
  const isCalm = useMedia('(prefers-reduced-motion: reduce)');
  const clock = useFineClock(page, isCalm || (heard?.length ?? 0) > MOST_LIVELY ? SECOND : TENTH);
  return (
    <section class="panel routers" aria-labelledby="routers-title">
      <h2 id="routers-title">
        <a href={page.hrefOf('vrrp')}>Virtual routers</a>{' '}
        <span class="dim" aria-live="polite">
          {heard ? routersText(heard) : 'unknown'}
        </span>
      </h2>
      {heard && heard.length > 0 && (
        <ol class="scroll">
          {troubleFirst(heard).map((router) => (
            <Strip key={router.id} router={router} failover={lastFailoverOf(router, failovers)} page={page} clock={clock} />
          ))}
        </ol>
      )}
      {heard?.length === 0 && (
        <p class="empty">
          No VRRP advert was heard: who is master is not known. They reach every port of the segment, unless the routers speak unicast or a
          switch withholds multicast; <code>lvscope doctor</code> says what this host gets.
        </p>
      )}
    </section>
  );
}
