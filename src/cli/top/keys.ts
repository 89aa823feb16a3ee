/** What a key does. */
import { ORDERS, TABS, type TopState, withTab } from './state.ts';

/** As node:readline tells them. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  /** What was typed, as text. */
  readonly sequence?: string | undefined;
}

/** For the last line of the screen. */
export const KEYS_HELP = 'q quit  1-3 Tab table  < > sort  r reverse  / filter  space pause  arrows scroll';
const LONGEST_FILTER = 500;

function typing(state: TopState, typed: string, { name, ctrl, meta, sequence = '' }: Key): TopState {
  switch (name) {
    case 'return':
    case 'enter':
      return { ...withTab(state, { filter: typed.trim(), offset: 0 }), typed: null };
    case 'escape':
      return { ...state, typed: null };
    case 'backspace':
      return { ...state, typed: [...typed].slice(0, -1).join('') };
  }
  if (ctrl && name === 'u') return { ...state, typed: '' };
  if (ctrl || meta || !/^[\x20-\x7e]+$/.test(sequence)) return state;
  return { ...state, typed: (typed + sequence).slice(0, LONGEST_FILTER) };
}

function sorted(state: TopState, by: number): TopState {
  const most = ORDERS[state.tab].length - 1;
  const order = Math.min(most, Math.max(0, state.tabs[state.tab].order + by));
  return withTab(state, { order, offset: 0 });
}

function scrolled(state: TopState, by: number): TopState {
  return withTab(state, { offset: Math.max(0, state.tabs[state.tab].offset + by) });
}

function nextTab(state: TopState, by: number): TopState {
  const next = (TABS.indexOf(state.tab) + by + TABS.length) % TABS.length;
  return { ...state, tab: TABS[next], problem: null };
}

/** Null: it is over. */
export function press(state: TopState, key: Key): TopState | null {
  const { name, ctrl, sequence = '' } = key;
  if (ctrl && name === 'c') return null;
  if (state.typed !== null) return typing(state, state.typed, key);
  const page = Math.max(1, state.rows >> 1);
  switch (name) {
    case 'q':
      return null;
    case 'tab':
      return nextTab(state, sequence === '\x1b[Z' ? -1 : 1);
    case 'space':
      return { ...state, paused: !state.paused };
    case 'r':
      return withTab(state, { descending: !state.tabs[state.tab].descending, offset: 0 });
    case 'up':
    case 'k':
      return scrolled(state, -1);
    case 'down':
    case 'j':
      return scrolled(state, 1);
    case 'pageup':
      return scrolled(state, -page);
    case 'pagedown':
      return scrolled(state, page);
    case 'home':
      return withTab(state, { offset: 0 });
    case 'escape':
      return withTab(state, { filter: '', offset: 0 });
  }
  if (sequence === '<' || sequence === '>') return sorted(state, sequence === '<' ? -1 : 1);
  if (sequence === '/') return { ...state, typed: state.tabs[state.tab].filter };
  if (/^[1-9]$/.test(sequence) && Number(sequence) <= TABS.length) return { ...state, tab: TABS[Number(sequence) - 1], problem: null };
  return state;
}
