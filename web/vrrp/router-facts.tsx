/** A virtual router now: its state, when a backup would take over, what a failover would do, and what each router said last. */
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { durationText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { Members } from './members.tsx';
import { mastersOf, routerTitle } from './router-words.ts';

/** Five times a second. */
const TICK_MILLIS = 200;

/** The page's time between its steps of a second; at rest while the page shows another moment, or nobody looks. */
function useFineNow(page: PageState): number {
  const [, tick] = useReducer<number, undefined>((count) => count + 1, 0);
  const step = useRef({ millis: 0, at: 0 });
  const millis = page.now.value;
  const isStill = page.moment.value !== null || page.paused.value || page.link.value.phase !== 'live';
  if (step.current.millis !== millis) step.current = { millis, at: performance.now() };
  useEffect(() => {
    if (isStill) return;
    const timer = window.setInterval(() => {
      if (document.visibilityState === 'visible') tick(undefined);
    }, TICK_MILLIS);
    return () => window.clearInterval(timer);
  }, [isStill]);
  return isStill ? millis : millis + performance.now() - step.current.at;
}

function Deadline({ page, router }: { page: PageState; router: VirtualRouter }) {
  const nowMillis = useFineNow(page);
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
  const { state, master, since } = router;
  const sinceMillis = Date.parse(state === 'master' && master ? master.since : since);
  return (
    <p class="router-state">
      <span role="status">
        {state === 'master' && <b class="tone-up">● master</b>}
        {state === 'lost' && <b class="tone-bad">■ no master</b>}
        {state === 'two_masters' && <b class="tone-bad">■ two masters</b>}
      </span>{' '}
      <span class="value">{mastersOf(router).join(', ')}</span>{' '}
      <span class="dim">
        {state === 'master' && master && `priority ${master.priority}, `}
        for {durationText((nowMillis - sinceMillis) / 1000)}
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
