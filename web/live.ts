/**
 * The page's connection to `/api/v1/live`: comes back by itself with back-off, and gives up a connection that has gone silent,
 * so that nothing on the page is stale without the page saying so.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveAnswer, LiveRequest } from '../src/contract/live.ts';
import { retryDelayMillis } from './model.ts';
import { createTable, type Subscriber, type Table, type TableOptions } from './table.ts';

/** The status comes each second; longer silence is a dead connection that TCP has not noticed yet. */
const SILENCE_MILLIS = 6000;

export type Link =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | { readonly phase: 'lost'; readonly retryAtMillis: number };

export interface Live {
  /** `retryAtMillis` is of `performance.now()`. */
  readonly link: ReadonlySignal<Link>;
  open<Row>(options: TableOptions<Row>): Table<Row>;
}

export function openLive(url: URL): Live {
  const link = signal<Link>({ phase: 'connecting' });
  const subscribers: Subscriber[] = [];
  let socket: WebSocket;
  let failures = 0;
  let silence = 0;

  const send = (request: LiveRequest): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
  };

  function heard(event: MessageEvent<string>): void {
    failures = 0;
    if (link.value.phase !== 'live') link.value = { phase: 'live' };
    restartSilence();
    const answer = JSON.parse(event.data) as LiveAnswer;
    for (const subscriber of subscribers) subscriber.receive(answer);
  }

  function restartSilence(): void {
    clearTimeout(silence);
    silence = window.setTimeout(lose, SILENCE_MILLIS);
  }

  /** Closing a dead connection takes the browser long; the page does not wait for it. */
  function lose(): void {
    clearTimeout(silence);
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    const delay = retryDelayMillis(failures++);
    link.value = { phase: 'lost', retryAtMillis: performance.now() + delay };
    window.setTimeout(connect, delay);
  }

  function connect(): void {
    socket = new WebSocket(url);
    socket.onopen = () => {
      for (const subscriber of subscribers) subscriber.start();
    };
    socket.onmessage = heard;
    socket.onclose = lose;
    restartSilence();
  }

  connect();
  return {
    link,
    open(options) {
      const { table, subscriber } = createTable(options, send);
      subscribers.push(subscriber);
      return table;
    },
  };
}
