/** What is wrong now, the gravest first; each opens to what it means and what to do. */
import { useComputed } from '@preact/signals';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import { useTable } from '../data/use-table.ts';
import { SEVERITIES, SEVERITY_ICONS } from '../parts/severity.ts';
import { clockText, countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import './anomalies.css';

/** Nobody reads on; the counts are of all. */
const MOST_ROWS = 100;

/** `1 critical, 3 warning`, or nothing found. */
function totalText(raised: readonly Anomaly[]): string {
  const counts = SEVERITIES.toReversed().map((of) => [raised.filter(({ severity }) => severity === of).length, of] as const);
  const some = counts.filter(([count]) => count > 0).map(([count, severity]) => `${countText(count)} ${severity}`);
  return some.join(', ') || 'nothing found';
}

function AnomalyRow({ anomaly, nowMillis }: { anomaly: Anomaly; nowMillis: number }) {
  const { severity, kind, text, firstSeen, count, meaning, advice } = anomaly;
  return (
    <li class={`anomaly ${severity}`} data-anomaly={anomaly.id}>
      <details>
        <summary>
          <span class="icon" aria-hidden="true">
            {SEVERITY_ICONS[severity]}
          </span>
          <span>
            <b>{severity}</b> {text}
          </span>
        </summary>
        <p>{meaning}</p>
        <p>
          <b>What to do:</b> {advice}
        </p>
        <p class="dim">
          {kind}, {firstSeen !== null && `since ${clockText(Date.parse(firstSeen), nowMillis)}, `}
          {countText(count)} x
        </p>
      </details>
    </li>
  );
}

export function Anomalies({ page }: { page: PageState }) {
  const raised = useTable(page, { noun: 'anomalies', filter: { check: 'raised' } }).rows.value?.items;
  // Minutes are enough to tell today from yesterday.
  const minute = useComputed(() => Math.floor(page.now.value / 60_000) * 60_000);
  return (
    <section class="panel anomalies" aria-labelledby="anomalies-title">
      <h2 id="anomalies-title">
        <a href={page.hrefOf('anomalies')}>Wrong now</a>{' '}
        <span class="dim" aria-live="polite">
          {raised ? totalText(raised) : 'unknown'}
        </span>
      </h2>
      {raised && raised.length > 0 && (
        <ol class="scroll">
          {raised.slice(0, MOST_ROWS).map((anomaly) => (
            <AnomalyRow key={anomaly.id} anomaly={anomaly} nowMillis={minute.value} />
          ))}
        </ol>
      )}
      {raised?.length === 0 && <p class="empty">✓ Nothing that is checked is wrong.</p>}
    </section>
  );
}
