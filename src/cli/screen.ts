/** The whole terminal for a while: only lines that changed are written, and it is left as it was, however the program ends. */

/** ECMA-48 and xterm's private modes; a terminal that lacks 2026 (updates shown at once) ignores it. */
const CSI = '\x1b[';
const ENTER = `${CSI}?1049h${CSI}?25l${CSI}2J`;
const LEAVE = `${CSI}?25h${CSI}?1049l`;
const BEGIN_UPDATE = `${CSI}?2026h`;
const END_UPDATE = `${CSI}?2026l`;
const CLEAR_TO_END = `${CSI}K`;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What to write so that a screen that shows `before` shows `after`; empty when it does already. */
export function changedLines(before: readonly string[], after: readonly string[], rows: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    const line = after[row] ?? '';
    // Attributes end with their line, so that clearing to its end paints no colour.
    if (line !== (before[row] ?? '')) text += `${CSI}${row + 1};1H${line}${CSI}0m${CLEAR_TO_END}`;
  }
  return text === '' ? '' : BEGIN_UPDATE + text + END_UPDATE;
}

export interface Screen {
  size(): Size;
  /** No line wider than the screen. */
  paint(lines: readonly string[]): void;
  close(): void;
}

/** @param onResize the screen is empty then */
export function openScreen(stream: NodeJS.WriteStream, onResize: () => void): Screen {
  let shown: readonly string[] = [];
  let open = true;
  // Some terminals, and tests, do not tell their size.
  const size = (): Size => ({ columns: stream.columns || 80, rows: stream.rows || 24 });
  function close(): void {
    if (!open) return;
    open = false;
    stream.off('resize', resized);
    process.off('exit', close);
    stream.write(LEAVE);
  }
  function resized(): void {
    shown = [];
    stream.write(`${CSI}2J`);
    onResize();
  }
  stream.on('resize', resized);
  // Also after an exception that nobody caught.
  process.once('exit', close);
  stream.write(ENTER);
  return {
    size,
    paint(lines) {
      const text = open ? changedLines(shown, lines, size().rows) : '';
      shown = lines;
      if (text !== '') stream.write(text);
    },
    close,
  };
}
