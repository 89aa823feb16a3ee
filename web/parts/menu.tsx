/** A button that shows a few more: closed by Esc, by taking one, and by going elsewhere. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import './menu.css';

export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const menu = useRef<HTMLDetailsElement>(null);

  function close(): void {
    if (menu.current) menu.current.open = false;
  }

  return (
    <details
      ref={menu}
      class="menu"
      onClick={({ target }) => target instanceof Element && target.closest('.menu-items button, .menu-items a') && close()}
      onFocusOut={({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && menu.current?.contains(relatedTarget))) close();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !menu.current?.open) return;
        event.preventDefault();
        close();
        menu.current.querySelector('summary')?.focus();
      }}
    >
      <summary class="tool">{label}</summary>
      <div class="menu-items">{children}</div>
    </details>
  );
}
