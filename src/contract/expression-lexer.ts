/** Words, quoted text and signs of a filter expression, and where they stand. */
import { parseEndpointRange } from './endpoint-range.ts';
import { Refusal } from './problem.ts';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  /** Of quoted text what stands between the quotes, without escapes. */
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

export const MOST_LENGTH = 4096;
const LONGEST_ECHO = 200;

/** @throws Refusal always */
export function refuseExpression(expression: string, column: number, found: string, expected: string): never {
  const value = expression.length > LONGEST_ECHO ? `${expression.slice(0, LONGEST_ECHO)}…` : expression;
  const detail = `q is not accepted: column ${column}: ${found}; expected ${expected}`;
  throw new Refusal('bad_parameter', detail, { parameter: 'q', value, expected, column });
}

const SPACE = /\s*/y;
const SIGN = /==|!=|<=|>=|&&|\|\||[=<>!()[\],]/y;
const QUOTED = /"((?:[^"\\]|\\["\\])*)"/y;
/** Brackets belong to a word as they do in an IPv6 endpoint: `[fd00::1]:443`, `tcp-[fd00::1]:443`. */
const BRACKETED = /\[[\da-f:.]+\](?::[\d.]+)?/iy;
const WORD = /[^\s()[\],=!<>&|"](?:[^\s()[\],=!<>&|"]|!(?!=)|\[[\da-f:.]+\])*/iy;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** `[fd00::1]` could be a list of one, which means the same. */
function bracketed(text: string, at: number): string | null {
  const found = match(BRACKETED, text, at)?.[0] ?? null;
  return found !== null && parseEndpointRange(found) !== null ? found : null;
}

function tokenAt(expression: string, at: number): { token: Token; length: number } {
  const column = at + 1;
  if (at === expression.length) return { token: { kind: 'end', text: '', column }, length: 0 };
  const word = bracketed(expression, at) ?? match(WORD, expression, at)?.[0];
  if (word !== undefined) return { token: { kind: 'word', text: word, column }, length: word.length };
  const quoted = match(QUOTED, expression, at);
  if (quoted) return { token: { kind: 'quoted', text: quoted[1].replace(/\\(["\\])/g, '$1'), column }, length: quoted[0].length };
  const sign = match(SIGN, expression, at)?.[0];
  if (sign !== undefined) return { token: { kind: 'sign', text: sign, column }, length: sign.length };
  if (expression[at] === '"')
    return refuseExpression(expression, column, 'the quoted text has no end', 'a closing " (\\" and \\\\ stand for " and \\)');
  return refuseExpression(expression, column, `${expression[at]} stands alone`, expression[at] === '&' ? '&&' : '||');
}

/** The last one is the end. @throws Refusal for text that is longer than that or has something that is no token */
export function tokensOf(expression: string): Token[] {
  if (expression.length > MOST_LENGTH) refuseExpression(expression, MOST_LENGTH + 1, 'it goes on', `at most ${MOST_LENGTH} characters`);
  const tokens: Token[] = [];
  let at = 0;
  do {
    at += match(SPACE, expression, at)?.[0].length ?? 0;
    const { token, length } = tokenAt(expression, at);
    tokens.push(token);
    at += length;
  } while (tokens[tokens.length - 1].kind !== 'end');
  return tokens;
}
