/** What the server has no live channel for, asked for again and again while the page is connected. */
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Link } from './live.ts';

const EVERY_MILLIS = 2000;

/**
 * Null until the first answer, and again when the server does not answer: then it is unknown.
 * @param hint asked again at once when it changes
 */
export function poll<Body>(path: string, link: ReadonlySignal<Link>, hint?: ReadonlySignal<unknown>): ReadonlySignal<Body | null> {
  const body = signal<Body | null>(null);

  async function ask(): Promise<void> {
    const response = await fetch(path, { headers: { accept: 'application/json' } }).catch(() => null);
    body.value = response?.ok ? ((await response.json()) as Body) : null;
  }

  effect(() => {
    if (link.value.phase !== 'live') return;
    void hint?.value;
    void ask();
    const timer = window.setInterval(ask, EVERY_MILLIS);
    return () => window.clearInterval(timer);
  });
  return body;
}
