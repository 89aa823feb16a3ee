/** How many sessions live, and how many are made. */
import type { Service } from '../../src/contract/service.ts';
import { countText, rateText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import type { Rates } from './series.ts';
import { totalsOf } from './shares.ts';
import { Spark } from './spark.tsx';

interface SessionsProps {
  readonly page: PageState;
  readonly services: readonly Service[];
  readonly rates: Rates | undefined;
}

export function Sessions({ page, services, rates }: SessionsProps) {
  const sessions = page.statusThen.rows.value?.items[0]?.sessions;
  const counts = totalsOf(services.flatMap((service) => service.destinations));
  return (
    <section class="panel sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">
        <a href={page.hrefOf('connections')}>Sessions</a> {!sessions && <span class="dim">unknown</span>}
      </h2>
      {sessions && (
        <div class="figures">
          <b class="large" id="sessions-live">
            {countText(sessions.live)}
          </b>
          <p>
            <span class="value">{countText(counts.active)}</span> <span class="dim">active,</span>{' '}
            <span class="value">{countText(counts.inactive)}</span> <span class="dim">inactive</span>
          </p>
          <p class="rate">
            <span class="value">{rateText(counts.newPerSecond)}</span> <span class="dim">new/s</span>
          </p>
          <p>
            <span class="dim">room for {countText(sessions.limit)}</span>{' '}
            {sessions.refused > 0 && <b class="tone-bad">■ {countText(sessions.refused)} refused: table full</b>}
          </p>
          <Spark rates={rates} />
        </div>
      )}
    </section>
  );
}
