/** Keys that mean the same wherever the focus is. */
import { useEffect, useRef } from 'preact/hooks';

/** Returns whether the key was meant for it. `key` is as of `KeyboardEvent`, or two of them, as in `g c`. */
type KeyHandler = (key: string, event: KeyboardEvent) => boolean;

/** The first of two keys: `g c` leads to the connections. */
const PREFIX = 'g';
/** How long the second key may take, in milliseconds. */
const SECOND_KEY_MILLIS = 1500;

const handlers = new Set<KeyHandler>();
let prefixedAt = Number.NEGATIVE_INFINITY;

const OWN_KEYS = 'input:not([type=range]):not([type=checkbox]), textarea, select';

/** Text is written here: letters are not ours. */
export const isTyping = ({ target }: Event): boolean => target instanceof Element && target.matches(OWN_KEYS);

/** Null for the first of two, and for a letter that is written. */
function keyOf(event: KeyboardEvent): string | null {
  if (event.key.length > 1) return event.key;
  if (isTyping(event)) return null;
  const isSecond = event.timeStamp - prefixedAt < SECOND_KEY_MILLIS;
  prefixedAt = event.key === PREFIX && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY;
  if (isSecond) return `${PREFIX} ${event.key}`;
  return event.key === PREFIX ? null : event.key;
}

window.addEventListener('keydown', (event) => {
  // Keys inside a dialog are the dialog's.
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const key = keyOf(event);
  if (key !== null && [...handlers].some((handle) => handle(key, event))) event.preventDefault();
});

/** @param handle always the latest one is called; the first that takes a key has it */
export function usePageKeys(handle: KeyHandler): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const handler: KeyHandler = (key, event) => latest.current(key, event);
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }, []);
}
