/** Keys that mean the same wherever the focus is. */
import { useEffect, useRef } from 'preact/hooks';

/** @param handle returns whether the key was meant for it; always the latest one is called */
export function usePageKeys(handle: (event: KeyboardEvent) => boolean): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (latest.current(event)) event.preventDefault();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

export const isTyping = ({ target }: Event): boolean => target instanceof HTMLInputElement;
