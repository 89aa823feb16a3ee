/** The filter of the connection table: asked for while it is typed as soon as it makes sense, or as it stands on Enter. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { FILTER_FIELDS, parseFilter } from './filter.ts';
import type { PageState } from './page-state.ts';

/** Typing has come to rest. */
const REST_MILLIS = 300;

export function FilterBox({ page, input }: { page: PageState; input: RefObject<HTMLInputElement | null> }) {
  const typed = useSignal(page.filterText.peek());
  const timer = useRef(0);
  // A click on a value changes the filter behind the box.
  useSignalEffect(() => {
    if (page.filterText.value !== typed.peek().trim()) typed.value = page.filterText.value;
  });

  function apply(): void {
    clearTimeout(timer.current);
    page.filterText.value = typed.value.trim();
  }

  function type(text: string): void {
    typed.value = text;
    clearTimeout(timer.current);
    if (parseFilter(text).fault === null) timer.current = window.setTimeout(apply, REST_MILLIS);
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a search element would stand around the form for nothing
    <form
      class="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <label for="filter">filter</label>
      <input
        id="filter"
        ref={input}
        type="text"
        value={typed}
        placeholder="vip=10.0.0.1:443 client=198.51.100.0/24 state=ESTABLISHED"
        title={`fields: ${FILTER_FIELDS.join(', ')} and others; terms apart by spaces, or an expression: client == 198.51.100.0/24 && !(state == CLOSE)`}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={page.filterFault.value !== null}
        aria-describedby="filter-fault"
        onInput={(event) => type(event.currentTarget.value)}
      />
      <kbd title="the key that leads here">/</kbd>
    </form>
  );
}
