/**
 * The page's connection to `/api/v1/live`: comes back by itself with back-off, and gives up a connection that has gone silent,
 * so that nothing on the page is stale without the page saying so.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveAnswer, LiveNoun, LiveRequest } from '../../src/contract/live.ts';
import { createLiveTable, type Subscriber, type TableEnd } from './live-table.ts';
import type { Window } from './window.ts';

/** The status comes each second; longer silence is a dead connection that TCP has not noticed yet. */
const SILENCE_MILLIS = 6000;

export type Link =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | { readonly phase: 'lost'; readonly retryAtMillis: number };

export interface Live {
  /** `retryAtMillis` is of `performance.now()`. */
  readonly link: ReadonlySignal<Link>;
  open<Noun extends LiveNoun>(window: Window<Noun>): TableEnd<Noun>;
}

/** Wait before the next attempt to connect: 0.5 s doubled each time, 10 s at most. */
export function retryDelayMillis(failures: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(failures, 10));
}

export function openLive(url: URL): Live {
  const link = signal<Link>({ phase: 'connecting' });
  const subscribers = new Set<Subscriber>();
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
    open(window) {
      const { subscriber, ...table } = createLiveTable(window, send);
      subscribers.add(subscriber);
      // Also before the server's first word: who was there when it opened was started then.
      if (socket.readyState === WebSocket.OPEN) subscriber.start();
      return {
        ...table,
        close() {
          table.close();
          subscribers.delete(subscriber);
        },
      };
    },
  };
}
