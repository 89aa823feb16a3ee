/** The filter of a list: asked for while it is typed as soon as it makes sense, or as it stands on Enter. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { FieldDescription } from '../../src/contract/field.ts';
import { type Completion, complete } from './completion.ts';
import { parseFilter, queryOf } from './filter.ts';
import { keepFilter, recentFilters } from './recent-filters.ts';
import './filter-box.css';

/** Typing has come to rest. */
const REST_MILLIS = 300;

interface FilterBoxProps {
  readonly input: RefObject<HTMLInputElement | null>;
  /** The filter that is asked for. */
  readonly text: string;
  /** What is wrong with it, as the server says. */
  readonly fault: string | null;
  /** What the list can be filtered by; empty until it is known. */
  readonly fields: readonly FieldDescription[];
  readonly example: string;
  onFilter(text: string): void;
}

const sameFilter = (a: string, b: string): boolean => queryOf(parseFilter(a).filter) === queryOf(parseFilter(b).filter);

export function FilterBox({ input, text, fault, fields, example, onFilter }: FilterBoxProps) {
  const typed = useSignal(text);
  const ownFault = useSignal<string | null>(null);
  const offered = useSignal<readonly Completion[]>([]);
  /** Of those offered; -1: none. */
  const active = useSignal(-1);
  const timer = useRef(0);
  const told = ownFault.value ?? fault;

  // A click on a value, and the browser's way back, change the filter behind the box.
  useEffect(() => {
    if (!sameFilter(typed.peek(), text)) typed.value = text;
    ownFault.value = null;
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function offer(completions: readonly Completion[]): void {
    offered.value = completions;
    active.value = -1;
  }

  function apply(): void {
    clearTimeout(timer.current);
    offer([]);
    ownFault.value = parseFilter(typed.value).fault;
    if (ownFault.value === null) onFilter(typed.value.trim());
  }

  function type(next: string, caret: number): void {
    typed.value = next;
    ownFault.value = null;
    clearTimeout(timer.current);
    if (parseFilter(next).fault === null) timer.current = window.setTimeout(() => onFilter(typed.value.trim()), REST_MILLIS);
    offer(next === '' ? [] : complete(next, caret, fields));
  }

  function take({ text: next, caret }: Completion): void {
    type(next, caret);
    // The box has the text only after it was drawn.
    queueMicrotask(() => input.current?.setSelectionRange(caret, caret));
    input.current?.focus();
  }

  function openList(): void {
    const caret = input.current?.selectionStart ?? typed.value.length;
    const recent =
      typed.value === '' ? recentFilters().map((kept) => ({ text: kept, caret: kept.length, label: kept, about: 'recent' })) : [];
    offer([...recent, ...complete(typed.value, caret, fields)]);
  }

  function clear(): void {
    clearTimeout(timer.current);
    typed.value = '';
    ownFault.value = null;
    onFilter('');
    input.current?.blur();
  }

  function step(by: 1 | -1): void {
    if (offered.value.length === 0) openList();
    const count = offered.value.length;
    // None is one more stop of the round.
    active.value = ((active.value + 1 + by + count + 1) % (count + 1)) - 1;
  }

  /** Whether the key was for the box. */
  function press(key: string): boolean {
    const count = offered.value.length;
    const chosen = offered.value[key === 'Tab' ? Math.max(0, active.value) : active.value];
    if (key === 'ArrowDown') step(1);
    else if (key === 'ArrowUp') step(-1);
    else if ((key === 'Enter' || key === 'Tab') && chosen) take(chosen);
    else if (key === 'Escape' && count > 0) offer([]);
    else if (key === 'Escape') clear();
    else return false;
    return true;
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a search element would stand around the form for nothing
    <form
      class="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
        if (ownFault.value === null) keepFilter(typed.value.trim());
      }}
    >
      <label for="filter">filter</label>
      <input
        id="filter"
        ref={input}
        type="text"
        value={typed}
        placeholder={example}
        title="FIELD=VALUE apart by spaces, or an expression: client == 198.51.100.0/24 && !(state == CLOSE)"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={offered.value.length > 0}
        aria-controls="filter-completions"
        aria-activedescendant={active.value < 0 ? undefined : `completion-${active.value}`}
        aria-invalid={told !== null}
        aria-describedby="filter-fault"
        onInput={(event) => type(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)}
        onKeyDown={(event) => {
          if (press(event.key)) event.preventDefault();
        }}
        onBlur={() => {
          offer([]);
          if (typed.value.trim() !== '' && told === null) keepFilter(typed.value.trim());
        }}
      />
      <kbd title="the key that leads here">/</kbd>
      <div id="filter-completions" class="completions" role="listbox" aria-label="completions" hidden={offered.value.length === 0}>
        {offered.value.map((completion, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus and the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the box names the active one
          <div
            key={completion.label}
            id={`completion-${at}`}
            role="option"
            aria-selected={at === active.value}
            ref={at === active.value ? (element) => element?.scrollIntoView({ block: 'nearest' }) : null}
            // The box keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(completion)}
          >
            <code>{completion.label}</code> <span class="dim">{completion.about}</span>
          </div>
        ))}
      </div>
      <p id="filter-fault" class="fault" role="status">
        {told}
      </p>
    </form>
  );
}
