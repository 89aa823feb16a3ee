/** The configuration file (`--config`): YAML, checked whole before anything starts; each mistake is told with its line. */
import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { readExpected } from './contract/expected.ts';
import { EXIT, OperatorError } from './errors.ts';
import type { Expected } from './state/expected.ts';

export interface ConfigFile {
  /** Null: the file does not say. */
  readonly expected: Expected | null;
}

const MOST_TOLD = 5;
const HINT = 'lvscope expect > FILE writes one from what is seen now';

/** Line of the value at a path, or of the nearest one above it that is there. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function refuse(path: string, problems: readonly { readonly line: number; readonly text: string }[]): never {
  const told = problems.slice(0, MOST_TOLD).map(({ line, text }) => `line ${line}: ${text}`);
  const more = problems.length > MOST_TOLD ? `; and ${problems.length - MOST_TOLD} more` : '';
  throw new OperatorError(EXIT.usage, `${path}: ${told.join('; ')}${more}`, HINT);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new OperatorError(EXIT.notFound, `there is no file ${path}`, HINT);
    throw new OperatorError(EXIT.usage, `${path} cannot be read: ${message}`, 'may this user read it?');
  }
}

/**
 * @throws OperatorError with exit code 2 and the lines of all that is wrong; 4 when there is no such file
 */
export function readConfigFile(path: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    refuse(
      path,
      document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, text: message })),
    );
  const data: unknown = document.toJS();
  if (data === null) return { expected: null };
  if (typeof data !== 'object' || Array.isArray(data)) return refuse(path, [{ line: 1, text: 'a mapping is wanted, as in `expected:`' }]);
  const strange = Object.keys(data).filter((key) => key !== 'expected');
  if (strange.length > 0)
    refuse(
      path,
      strange.map((key) => ({ line: lineOf(document, lines, [key]), text: `${key} is no key that is known here; there is: expected` })),
    );
  if (!('expected' in data)) return { expected: null };
  const read = readExpected(data.expected);
  if ('problems' in read)
    return refuse(
      path,
      read.problems.map((problem) => ({ line: lineOf(document, lines, ['expected', ...problem.path]), text: told(problem) })),
    );
  return read;
}

function told({ path, text }: { readonly path: readonly (string | number)[]; readonly text: string }): string {
  return path.length === 0 ? text : `${path.join('.')}: ${text}`;
}
