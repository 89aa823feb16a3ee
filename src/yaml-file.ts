/** YAML files that people write: read whole, and everything that is wrong is told at once, each with its line. */
import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { ShapeProblem } from './contract/shape.ts';
import { EXIT, OperatorError } from './errors.ts';

export interface YamlFile {
  /** Null for an empty file. */
  readonly data: Readonly<Record<string, unknown>> | null;
  /** @throws OperatorError with exit code 2 that names file, line and key of each; not when there is none */
  refuse(problems: readonly ShapeProblem[]): void;
}

/** Line of the value at a path, or of the nearest one above it that is there. */
function lineOf(document: Document, lines: LineCounter, path: ShapeProblem['path']): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function told({ path, text }: ShapeProblem): string {
  return path.length === 0 ? text : `${path.join('.')}: ${text}`;
}

function readText(path: string, hint: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new OperatorError(EXIT.notFound, `there is no file ${path}`, hint);
    throw new OperatorError(EXIT.usage, `${path} cannot be read: ${message}`, 'may this user read it?');
  }
}

/**
 * @param hint what to do about a file that is wrong or missing
 * @throws OperatorError with exit code 2 for what is no YAML mapping, with the lines of all that is wrong; 4 when there is no such file
 */
export function readYamlFile(path: string, hint: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(path, hint), { lineCounter: lines, prettyErrors: false });
  const fail = (faults: readonly string[]): never => {
    throw new OperatorError(EXIT.usage, `${path}: ${faults.join('; ')}`, hint);
  };
  if (document.errors.length > 0) fail(document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  const data: unknown = document.toJS();
  if (data !== null && (typeof data !== 'object' || Array.isArray(data))) fail(['line 1: a mapping is wanted, as in `key: value`']);
  return {
    data: data as Readonly<Record<string, unknown>> | null,
    refuse(problems) {
      if (problems.length > 0) fail(problems.map((problem) => `line ${lineOf(document, lines, problem.path)}: ${told(problem)}`));
    },
  };
}
