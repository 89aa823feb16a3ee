/** One event: what happened, to whom, the frames that show it. */
import type { Event } from '../../src/contract/event.ts';
import { EventActions } from '../parts/event-actions.tsx';
import { eventFacts } from '../parts/event-facts.ts';
import { Facts } from '../parts/facts.tsx';
import type { PageState } from '../shell/page-state.ts';
import { subjectTerm, subjectText } from './subject.ts';
import './details.css';

export function EventDetails({ page, event }: { page: PageState; event: Event }) {
  const { id, at, kind, severity, text, subject } = event;
  const term = subjectTerm(subject);
  return (
    <article>
      <h3>{text}</h3>
      <EventActions page={page} event={event}>
        {term && (
          <a class="tool" href={page.hrefOf('events', null, Object.fromEntries([term]))}>
            events of the same
          </a>
        )}
      </EventActions>
      <Facts
        facts={[
          ['when', <time dateTime={at}>{at}</time>],
          ['what', kind],
          ['severity', severity],
          ['about', subjectText(subject)],
          ...eventFacts(event),
          ['id', id],
        ]}
      />
    </article>
  );
}
