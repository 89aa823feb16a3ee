/** What has no live subscription, as a hook: asked for when it is shown, at the moment that the page shows, and now and then again. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PageState } from '../shell/page-state.ts';
import { askPast, askServer } from './ask-server.ts';

export interface Answer<Body> {
  /** Null until the first answer; the last good one while there is a fault. */
  readonly body: ReadonlySignal<Body | null>;
  readonly fault: ReadonlySignal<string | null>;
  readonly isAsking: ReadonlySignal<boolean>;
}

/**
 * @param path with its query; null: nothing is asked
 * @param everyMillis asked again so often while the page is live; null: once
 */
export function useAnswer<Body>(page: PageState, path: string | null, everyMillis: number | null = null): Answer<Body> {
  const body = useSignal<Body | null>(null);
  const fault = useSignal<string | null>(null);
  const isAsking = useSignal(false);
  const at = page.moment.value;
  const isStill = at !== null || page.paused.value || page.link.value.phase !== 'live';

  useEffect(() => {
    body.value = null;
    fault.value = null;
  }, [path, at]);

  useEffect(() => {
    if (path === null) return;
    const stopped = new AbortController();
    const ask = async (): Promise<void> => {
      isAsking.value = true;
      const answer = await (at === null ? askServer(path, stopped.signal) : askPast(path, at, stopped.signal));
      if (stopped.signal.aborted) return;
      isAsking.value = false;
      fault.value = answer.fault;
      if (answer.fault === null) body.value = answer.body as Body;
    };
    void ask();
    const timer = everyMillis === null || isStill ? 0 : window.setInterval(ask, everyMillis);
    return () => {
      window.clearInterval(timer);
      stopped.abort();
    };
  }, [path, at, everyMillis, isStill]);
  return { body, fault, isAsking };
}
