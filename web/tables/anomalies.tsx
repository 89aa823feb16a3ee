/** What is wrong, what was, and what cannot be told from here; each with what it means and what to do. */
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import { Facts } from '../parts/facts.tsx';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { agoColumn, NONE, severityColumn, timeColumn } from './columns.ts';
import { subjectTerm, subjectText } from './subject.ts';
import './details.css';
import './tables.css';

const CHECKS = {
  raised: { text: '■ wrong now', tone: 'bad' },
  clear: { text: '✓ ended', tone: 'up' },
  unknown: { text: '? cannot be told', tone: 'plain' },
} as const;

const COLUMNS: readonly Column<Anomaly>[] = [
  {
    name: 'check',
    heading: 'now',
    title: 'whether it is so now',
    width: '17ch',
    text: ({ check }) => CHECKS[check].text,
    tone: ({ check }) => CHECKS[check].tone,
    term: ({ check }) => ['check', check],
    sort: 'check',
  },
  severityColumn,
  { name: 'kind', title: 'which rule', width: '24ch', text: ({ kind }) => kind, term: ({ kind }) => ['kind', kind], sort: 'kind' },
  { name: 'text', heading: 'what was seen', title: 'in words', width: 'minmax(30ch, 1fr)', text: ({ text }) => text },
  {
    name: 'about',
    title: 'whom it is about',
    width: 'minmax(14ch, 22ch)',
    text: ({ subject }) => subjectText(subject) || NONE,
    term: ({ subject }) => subjectTerm(subject),
  },
  timeColumn('firstSeen', 'when it was first found', ({ firstSeen }) => firstSeen, 'since'),
  agoColumn('lastSeen', 'when it was last found', ({ lastSeen }) => lastSeen, 'last'),
  { name: 'count', title: 'how often it was found', width: '7ch', isNumber: true, text: ({ count }) => countText(count), sort: 'count' },
];

function AnomalyDetails({ page, anomaly }: { page: PageState; anomaly: Anomaly }) {
  const { id, kind, severity, check, text, meaning, advice, subject, firstSeen, lastSeen, endedAt, count, eventId } = anomaly;
  return (
    <article>
      <h3>{kind}</h3>
      <section>
        <h4>What was seen</h4>
        <p>{text}</p>
        <h4>What it means</h4>
        <p>{meaning}</p>
        <h4>What to do</h4>
        <p>{advice}</p>
      </section>
      <p class="actions">
        <a class="tool" href={page.hrefOf('events', null, { kind })}>
          its events
        </a>
        {eventId !== null && (
          <a class="tool" href={page.hrefOf('events', null, { row: eventId })}>
            the latest of them
          </a>
        )}
        {firstSeen !== null && (
          <button type="button" class="tool" onClick={() => page.showMoment(firstSeen)}>
            show when it began
          </button>
        )}
      </p>
      <Facts
        facts={[
          ['now', CHECKS[check].text],
          ['severity', severity],
          ['about', subjectText(subject)],
          ['first found', firstSeen],
          ['last found', lastSeen],
          ['ended', endedAt],
          ['times', countText(count)],
          ['id', id],
        ]}
      />
    </article>
  );
}

export function Anomalies({ page }: { page: PageState }) {
  return (
    <Grid
      page={page}
      noun="anomalies"
      heading="Anomalies"
      columns={COLUMNS}
      defaultSort={null}
      cardHeight={64}
      example="check == raised && severity >= warning"
      empty="Nothing that is checked is wrong, and nothing was."
      details={(anomaly) => <AnomalyDetails page={page} anomaly={anomaly} />}
    />
  );
}
