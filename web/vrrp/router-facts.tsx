/** A virtual router now: its state, when a backup would take over, what a failover would do, and what each router said last. */
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { durationText } from '../parts/text.ts';
import { useFineClock } from '../parts/use-fine-clock.ts';
import { mastersOf, sinceMillis } from '../parts/virtual-router.ts';
import type { PageState } from '../shell/page-state.ts';
import { Members } from './members.tsx';
import { routerTitle } from './router-words.ts';

/** Five times a second. */
const TICK_MILLIS = 200;

function Deadline({ page, router }: { page: PageState; router: VirtualRouter }) {
  const nowMillis = useFineClock(page, TICK_MILLIS).value;
  if (router.masterDownAt === null) return null;
  const left = (Date.parse(router.masterDownAt) - nowMillis) / 1000;
  const wholes = router.routers.flatMap(({ masterDownCentiseconds }) => masterDownCentiseconds ?? []);
  const most = Math.max(1, ...wholes) / 100;
  return (
    <p class="router-deadline">
      {left >= 0 ? (
        <>
          A backup takes over in <b class="value">{left.toFixed(1)} s</b> unless the master is heard.
        </>
      ) : (
        <b class="tone-bad">■ The deadline passed {durationText(-left)} ago.</b>
      )}
      <span class="time-left" aria-hidden="true">
        <span style={{ transform: `scaleX(${Math.max(0, Math.min(1, left / most))})` }} />
      </span>
    </p>
  );
}

function StateLine({ router, nowMillis }: { router: VirtualRouter; nowMillis: number }) {
  const { state, master } = router;
  return (
    <p class="router-state">
      <span role="status">
        {state === 'master' && <b class="tone-up">● master</b>}
        {state === 'lost' && <b class="tone-bad">■ no master</b>}
        {state === 'two_masters' && <b class="tone-bad">■ two masters</b>}
      </span>{' '}
      <span class="value">
        {mastersOf(router)
          .map(({ address }) => address)
          .join(', ')}
      </span>{' '}
      <span class="dim">
        {state === 'master' && master && `priority ${master.priority}, `}
        for {durationText((nowMillis - sinceMillis(router)) / 1000)}
      </span>
    </p>
  );
}

function Readiness({ readiness }: Pick<VirtualRouter, 'readiness'>) {
  const { failoverKeepsSessions: keeps, reasons } = readiness;
  return (
    <section class="router-ready" aria-label="readiness">
      <p>
        {keeps === true && <b class="tone-up">● ready: a failover now would keep the sessions</b>}
        {keeps === false && <b class="tone-bad">■ not ready: a failover now would lose sessions</b>}
        {keeps === null && <b class="tone-opening">▲ unknown: whether a failover keeps the sessions cannot be told</b>}
      </p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </section>
  );
}

export function RouterFacts({ page, router }: { page: PageState; router: VirtualRouter }) {
  const { id, query } = page.place.value;
  const { from, to, span } = query;
  const kept = Object.fromEntries(Object.entries({ from, to, span }).filter(([, value]) => value !== undefined));
  const nowMillis = page.now.value;
  return (
    <section class="panel router-facts" aria-labelledby="router-title">
      <header>
        <h2 id="router-title">{routerTitle(router)}</h2>
        <span class="dim">
          version {router.version}, {router.group === null ? 'unicast' : `to ${router.group}`}
        </span>
        {id === null ? (
          <a href={page.hrefOf('vrrp', router.id, kept)}>only this one</a>
        ) : (
          <a href={page.hrefOf('vrrp', null, kept)}>all virtual routers</a>
        )}
      </header>
      <div class="router-now">
        <StateLine router={router} nowMillis={nowMillis} />
        <p>
          <span class="dim">addresses</span> <span class="value">{router.addresses.join(', ') || '–'}</span>
        </p>
        <Deadline page={page} router={router} />
        <Readiness readiness={router.readiness} />
      </div>
      <Members router={router} nowMillis={nowMillis} />
    </section>
  );
}
