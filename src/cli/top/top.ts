/** `lvscope top`: the screen, the keyboard and the clock around the view. */
import { emitKeypressEvents } from 'node:readline';
import { type Command, Option } from 'commander';
import { EXIT, OperatorError } from '../../errors.ts';
import { addClientOptions, type ClientOptions, type MonitorAccess, monitorAccess } from '../access.ts';
import { createOutput } from '../output.ts';
import { openScreen } from '../screen.ts';
import { stopOnSignals } from '../stop.ts';
import { ansi, hasColours } from '../styled.ts';
import { type Key, press } from './keys.ts';
import { poll, type Sample } from './poll.ts';
import { firstState, TABS, type Tab, type TopState } from './state.ts';
import { view } from './view.ts';

interface TopOptions extends ClientOptions {
  readonly once?: true;
  readonly show: Tab;
}

const EVERY_MS = 1000;
const ONCE_SIZE = { columns: 160, rows: 60 } as const;

async function printOnce(access: MonitorAccess, first: TopState): Promise<void> {
  const { look } = await poll(access, first, null, new AbortController().signal);
  const output = createOutput();
  const lines = view({ ...first, look })
    .slice(0, -1)
    .map((line) => ansi(line, hasColours()));
  while (lines.at(-1) === '') lines.pop();
  for (const line of lines) await output.raw(line.trimEnd());
  await output.end();
}

/** Asks again each second, and at once when what is asked for has changed; one question at a time. */
async function live(access: MonitorAccess, first: TopState): Promise<void> {
  const { stopped, off } = stopOnSignals();
  const { signal } = stopped;
  const colours = hasColours();
  let state = first;
  let wake = () => {};
  const screen = openScreen(process.stdout, () => change({ ...state, ...screen.size() }));

  const paint = () => screen.paint(view(state).map((line) => ansi(line, colours)));
  function change(next: TopState): void {
    const asksAnew = next.tab !== state.tab || next.tabs !== state.tabs || (state.paused && !next.paused) || next.rows !== state.rows;
    state = next;
    paint();
    if (asksAnew) wake();
  }
  function onKey(text: string | undefined, key: Key): void {
    const next = press(state, { ...key, sequence: key.sequence ?? text });
    if (next === null) stopped.abort();
    else change(next);
  }
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, EVERY_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) wake();
    });
  signal.addEventListener('abort', () => wake());

  let sample: Sample | null = null;
  let asked = first;
  async function look(): Promise<void> {
    asked = state;
    try {
      const polled = await poll(access, asked, sample, signal);
      sample = polled.sample;
      state = { ...state, look: polled.look, problem: null };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperatorError)) throw error;
      state = { ...state, problem: error.message };
    }
    paint();
  }

  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on('keypress', onKey).resume();
  paint();
  try {
    while (!signal.aborted) {
      // A table or filter chosen while paused is still looked up, once.
      if (!state.paused || asked.tab !== state.tab || asked.tabs !== state.tabs) await look();
      await pause();
    }
  } finally {
    process.stdin.off('keypress', onKey).setRawMode(false).pause();
    screen.close();
    off();
  }
}

async function top(filters: readonly string[], options: TopOptions): Promise<void> {
  const access = monitorAccess(options);
  const size = options.once ? ONCE_SIZE : { columns: 80, rows: 24, ...sizeOf(process.stdout) };
  const first = firstState(access.base.origin, size.columns, size.rows, options.show, filters.join(' '));
  if (options.once) return printOnce(access, first);
  if (!process.stdout.isTTY || !process.stdin.isTTY)
    throw new OperatorError(EXIT.usage, 'top needs a terminal', 'print one look with --once, or watch a list: lvscope services --watch');
  await live(access, first);
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): { columns?: number; rows?: number } {
  return { ...(columns ? { columns } : {}), ...(rows ? { rows } : {}) };
}

export function addTop(program: Command): void {
  addClientOptions(program.command('top'))
    .description('a live view of a running monitor: capture, virtual routers, sync senders, a table to sort and filter')
    .argument('[FILTER...]', 'what to begin with, as of the lists')
    .addOption(new Option('--show <TABLE>', 'the table to begin with').choices(TABS).default(TABS[0]))
    .option('--once', 'print one look and end')
    .action((filters: string[], options: TopOptions) => top(filters, options));
}
