/** One failover as a page made to be sent around and printed. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { Failover } from '../../src/contract/failover.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useTable } from '../data/use-table.ts';
import { isoText } from '../parts/text.ts';
import { usePageKeys } from '../shell/keys.ts';
import type { PageState } from '../shell/page-state.ts';
import { hrefOf } from '../shell/place.ts';
import { Actions } from './actions.tsx';
import { adviceOf } from './advice.ts';
import { factsOf } from './facts.ts';
import { announcementName, millisOf, momentText, offsetText, spanText, staleText } from './failover-words.ts';
import { markdownOf } from './markdown.ts';
import { Readiness } from './readiness.tsx';
import { Sessions } from './sessions.tsx';
import { type Step, stepsOf } from './timeline.ts';
import { TimelinePicture } from './timeline-picture.tsx';
import { useRouterView } from './use-router-view.ts';
import { wrongThen } from './wrong-then.ts';
import './report.css';
import './print.css';

/** How often an open report is asked for. */
const EVERY_MILLIS = 1000;
/** In px: of the picture on a sheet or a screen, and on a telephone. */
const WIDTHS = [840, 350] as const;
const AFTER_MILLIS = 1000;
/** What `j` and `k` scroll by. */
const LINE_PX = 60;

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function StepTable({ steps }: { steps: readonly Step[] }) {
  return (
    <table class="steps">
      <thead>
        <tr>
          <th scope="col">time (UTC)</th>
          <th scope="col" class="number">
            since the change
          </th>
          <th scope="col">what</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ key, at, atMillis, text, tone, kind, eventId }) => (
          <tr key={key} class={`step-${kind}`}>
            <td>{at.slice(11, -1)}</td>
            <td class="number">{offsetText(atMillis)}</td>
            <td>
              {tone !== 'info' && <b class={`severity-${tone}`}>{tone} </b>}
              {text}{' '}
              {eventId !== null && (
                <a class="frames" href={`/api/v1/events/${encodeURIComponent(eventId)}/pcap`} download={`event-${eventId}.pcap`}>
                  frames
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Announcements({ failover }: { failover: Failover }) {
  const { announcements, family, closedAt } = failover;
  const missing = closedAt === null ? 'not seen yet' : 'not seen until the report was closed';
  return (
    <>
      {announcements.length === 0 && <p>No virtual address is known: the adverts of the new master name none.</p>}
      {announcements.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">virtual address</th>
              <th scope="col">first {announcementName(family)} after the change</th>
            </tr>
          </thead>
          <tbody>
            {announcements.map(({ address, delayMs }) => (
              <tr key={address} data-announced={address}>
                <th scope="row">{address}</th>
                <td class={delayMs === null ? 'tone-bad' : ''}>{delayMs === null ? `▲ ${missing}` : `after ${spanText(delayMs)}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p data-stale>Old MAC address: {staleText(failover)}.</p>
    </>
  );
}

function Wrong({ page, failover }: { page: PageState; failover: Failover }) {
  const all = useTable(page, { noun: 'anomalies' }).rows.value?.items;
  const found = all && wrongThen(all, failover);
  if (!found) return <p>Asking …</p>;
  if (found.length === 0) return <p>Nothing else was found on this segment.</p>;
  return (
    <ul>
      {found.map(({ id, severity, text, advice }) => (
        <li key={id}>
          <b class={`severity-${severity}`}>{severity}</b> {text}. <span class="dim">{advice}</span>
        </li>
      ))}
    </ul>
  );
}

/** Where all of the page shows what it was like. */
function Moments({ before, failover: { at } }: { before: string; failover: Failover }) {
  const moments = [
    ['just before', before],
    ['at the change', at],
    ['a second after', isoText(millisOf(at) + AFTER_MILLIS)],
  ] as const;
  return (
    <p class="actions">
      <span class="dim">All of the page</span>
      {moments.map(([title, moment]) => (
        <a key={title} class="tool" href={hrefOf({ page: 'overview', query: { at: moment } })}>
          {title}
        </a>
      ))}
    </p>
  );
}

function Foot({ page }: { page: PageState }) {
  return (
    <footer>
      <span>{window.location.href}</span> <span>as of {isoText(page.now.value).replace('T', ' ').slice(0, 19)} UTC, lvscope</span>
    </footer>
  );
}

interface FoundProps {
  readonly page: PageState;
  readonly failover: Failover;
  readonly scroller: RefObject<HTMLElement | null>;
}

function Found({ page, failover, scroller }: FoundProps) {
  const { id, at, gapMs, closedAt, conclusion, timeline } = failover;
  const before = isoText(millisOf(at) - (gapMs ?? 0) - 1);
  const kept = page.status.value?.history?.from;
  const isKept = kept !== undefined && kept !== null && Date.parse(kept) <= Date.parse(before);
  const view = useRouterView(page, failover, isKept ? before : null);
  const steps = stepsOf(failover, closedAt === null ? page.now.value : millisOf(closedAt));
  const facts = factsOf(failover, view);
  const advice = adviceOf(failover);
  return (
    <article ref={scroller} class="panel scroll report">
      <header>
        <h2>
          <a href={page.hrefOf('failovers')}>Failovers</a> / VRID {failover.vrid}, {momentText(at)}
        </h2>
        <p class="conclusion" aria-live="polite">
          {conclusion}
        </p>
        <Actions
          id={id}
          hasFrames={timeline.some((event) => event.id === id && event.frames.length > 0)}
          markdown={() => markdownOf(failover, facts, steps, window.location.href)}
        />
        {isKept && <Moments before={before} failover={failover} />}
      </header>
      <Part title="What happened">
        <dl>
          {facts.map(({ title, text }) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </Part>
      <Part title="Timeline">
        {WIDTHS.map((width) => (
          <TimelinePicture key={width} failover={failover} steps={steps} width={width} />
        ))}
        <p class="dim">Time from the change on, logarithmic: every mark on the scale is ten times as far away as the one before.</p>
        <StepTable steps={steps} />
      </Part>
      <Part title="Who was told">
        <Announcements failover={failover} />
      </Part>
      <Part title="Sessions">
        <Sessions failover={failover} before={isKept ? before : null} end={isKept ? closedAt : null} />
      </Part>
      <Part title="What was to be expected">
        <Readiness view={view} />
      </Part>
      <Part title="What else was wrong">
        <Wrong page={page} failover={failover} />
      </Part>
      <Part title="What to do">
        {advice.length === 0 && <p>Nothing that this report shows.</p>}
        <ul>
          {advice.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </Part>
      <Foot page={page} />
    </article>
  );
}

export function Report({ page, id }: { page: PageState; id: string }) {
  const scroller = useRef<HTMLElement>(null);
  const isClosed = useSignal(false);
  const answer = useAnswer<Failover>(page, `/api/v1/failovers/${encodeURIComponent(id)}`, isClosed.value ? null : EVERY_MILLIS);
  const failover = answer.body.value;
  useSignalEffect(() => {
    isClosed.value = (answer.body.value?.closedAt ?? null) !== null;
  });
  usePageKeys((key) => {
    if (key === 'Escape') page.follow(page.hrefOf('failovers'));
    else if (key === 'j' || key === 'k') scroller.current?.scrollBy(0, key === 'j' ? LINE_PX : -LINE_PX);
    else return false;
    return true;
  });
  if (failover) return <Found page={page} failover={failover} scroller={scroller} />;
  return (
    <section class="panel">
      <p class="empty" role="status">
        {answer.fault.value ?? 'asking …'} <a href={page.hrefOf('failovers')}>All failovers</a>
      </p>
    </section>
  );
}
