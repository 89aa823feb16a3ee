/** What happened, the latest first. */
import type { Event } from '../../src/contract/event.ts';
import type { Column } from '../grid/column.ts';
import { Grid } from '../grid/grid.tsx';
import type { PageState } from '../shell/page-state.ts';
import { NONE, severityColumn, timeColumn } from './columns.ts';
import { EventDetails } from './event-details.tsx';
import { subjectTerm, subjectText } from './subject.ts';
import './tables.css';

const COLUMNS: readonly Column<Event>[] = [
  timeColumn('at', 'when it happened', ({ at }) => at, 'when'),
  severityColumn,
  { name: 'kind', title: 'what happened', width: '24ch', text: ({ kind }) => kind, term: ({ kind }) => ['kind', kind], sort: 'kind' },
  {
    name: 'about',
    title: 'whom it is about',
    width: 'minmax(16ch, 26ch)',
    text: ({ subject }) => subjectText(subject) || NONE,
    term: ({ subject }) => subjectTerm(subject),
  },
  { name: 'text', heading: 'event', title: 'in words', width: 'minmax(30ch, 3fr)', text: ({ text }) => text },
];

export function Events({ page }: { page: PageState }) {
  return (
    <Grid
      page={page}
      noun="events"
      heading="Events"
      columns={COLUMNS}
      defaultSort="-at"
      cardHeight={64}
      example="severity >= warning && kind == vrrp.*"
      empty="Nothing has happened yet."
      details={(event) => <EventDetails page={page} event={event} />}
    />
  );
}
