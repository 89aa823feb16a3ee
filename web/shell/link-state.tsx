/** Whether what the page shows is what the monitor knows now. */
import { useEffect, useState } from 'preact/hooks';
import { clockText } from '../parts/text.ts';
import type { PageState } from './page-state.ts';

function secondsLeft(untilMillis: number): number {
  return Math.max(0, Math.ceil((untilMillis - performance.now()) / 1000));
}

/** Redraws each second; the page's clock stands still here. */
function Retry({ atMillis }: { atMillis: number }) {
  const [left, setLeft] = useState(() => secondsLeft(atMillis));
  useEffect(() => {
    const update = () => setLeft(secondsLeft(atMillis));
    update();
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  }, [atMillis]);
  return <>{left === 0 ? 'trying again' : `next try in ${left} s`}</>;
}

export function LinkState({ page }: { page: PageState }) {
  const link = page.link.value;
  const clock = clockText(page.presentMillis.value, page.presentMillis.value);
  return (
    <p class="link" role="status" id="link" data-phase={link.phase}>
      {link.phase === 'live' && <b class="tone-up">● connected</b>}
      {link.phase === 'connecting' && <b class="tone-opening">○ connecting</b>}
      {link.phase === 'lost' && (
        <>
          <b class="tone-bad">■ not connected</b> as of {clock}, <Retry atMillis={link.retryAtMillis} />
        </>
      )}
    </p>
  );
}
