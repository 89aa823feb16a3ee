/** Kinds of fields: how their values are written, and when what a field says is one of them. */
import {
  ADDRESS_RANGE_FORMS,
  addressWords,
  ENDPOINT_RANGE_FORMS,
  type EndpointRange,
  includes,
  parseEndpointRange,
} from './endpoint-range.ts';
import { MOMENT_FORMS, parseMoment } from './moment.ts';

/** A value as it was written; quoted it means itself: no wildcard, no range, no `none`. */
export interface Operand {
  readonly text: string;
  readonly quoted: boolean;
}

export type Order = '==' | '<' | '<=' | '>' | '>=';

export interface SaidEndpoint {
  readonly address: string;
  readonly port: number;
}

/** What a field of a shape can hold. */
export type Said = string | number | boolean | SaidEndpoint;

export type FieldKindName = 'text' | 'number' | 'seconds' | 'time' | 'address' | 'endpoint';

export interface FieldKind<Value> {
  readonly name: FieldKindName;
  /** It has `<` and the like. */
  readonly ordered: boolean;
  readonly expected: string;
  /** All that can be said, where that is a closed list. */
  readonly values: readonly string[] | null;
  /** Null for what is not accepted. */
  readonly read: (operand: Operand, order: Order) => Value | null;
  readonly matches: (value: Value, said: Said) => boolean;
}

/** Text with its wildcards: what stands before, between and after the stars, in lower case. Without a star one piece. */
export type Pattern = readonly string[];

function patternOf({ text, quoted }: Operand): Pattern {
  const lower = text.toLowerCase();
  return quoted ? [lower] : lower.split(/\*+/);
}

/** No regular expression: each piece is looked for once, after the one before. */
export function fits(pattern: Pattern, text: string): boolean {
  const lower = text.toLowerCase();
  if (pattern.length === 1) return lower === pattern[0];
  const first = pattern[0];
  const last = pattern[pattern.length - 1];
  if (!lower.startsWith(first) || !lower.endsWith(last) || lower.length < first.length + last.length) return false;
  let at = first.length;
  const end = lower.length - last.length;
  for (const piece of pattern.slice(1, -1)) {
    const found = lower.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

interface TextOptions {
  readonly expected?: string;
  /** Whether a text without a wildcard can be meant at all. */
  readonly form?: RegExp;
}

const fitsText = (pattern: Pattern, said: Said): boolean => fits(pattern, String(said));

/** Any text, with `*` for any part of it; upper and lower case are one. */
export function textKind({ expected = 'text, with * for any part of it', form }: TextOptions = {}): FieldKind<Pattern> {
  return {
    name: 'text',
    ordered: false,
    expected,
    values: null,
    read(operand, order) {
      const pattern = patternOf(operand);
      const formed = form === undefined || pattern.length > 1 || form.test(pattern[0]);
      return order === '==' && operand.text !== '' && formed ? pattern : null;
    },
    matches: fitsText,
  };
}

interface WordOptions {
  /** In place of the whole list, where that is long. */
  readonly expected?: string;
  /** They stand in an order, the least first. */
  readonly ordered?: true;
}

function lies(place: number, order: Order, mark: number): boolean {
  switch (order) {
    case '==':
      return place === mark;
    case '<':
      return place < mark;
    case '<=':
      return place <= mark;
    case '>':
      return place > mark;
    case '>=':
      return place >= mark;
  }
}

/** A closed list of words; a value is those that are meant, as they are listed. */
export function wordKind(words: readonly string[], options: WordOptions = {}): FieldKind<readonly string[]> {
  const values = [...new Set(words)];
  const { expected = values.join(', '), ordered = false } = options;
  return {
    name: 'text',
    ordered,
    expected,
    values: options.expected === undefined ? values : null,
    read(operand, order) {
      const pattern = patternOf(operand);
      const mark = values.findIndex((word) => fits(pattern, word));
      if (mark < 0 || (order !== '==' && pattern.length > 1)) return null;
      return values.filter((word, place) => (order === '==' ? fits(pattern, word) : lies(place, order, mark)));
    },
    matches: (meant, said) => meant.includes(String(said)),
  };
}

/** From the least to the most, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const inSpan = ({ from, to }: Span, value: number): boolean => value >= from && value <= to;

const float = new Float64Array(1);
const floatBits = new BigInt64Array(float.buffer);

/** The next greater number, of one that is not negative. */
function above(value: number): number {
  float[0] = value;
  floatBits[0]++;
  return float[0];
}

/** The next smaller number, of one that is not negative. */
function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  float[0] = value;
  floatBits[0]--;
  return float[0];
}

function spanFrom(value: number, order: Order): Span {
  switch (order) {
    case '==':
      return { from: value, to: value };
    case '<':
      return { from: Number.NEGATIVE_INFINITY, to: below(value) };
    case '<=':
      return { from: Number.NEGATIVE_INFINITY, to: value };
    case '>':
      return { from: above(value), to: Number.POSITIVE_INFINITY };
    case '>=':
      return { from: value, to: Number.POSITIVE_INFINITY };
  }
}

/** `LOW..HIGH`, or one of them. Null for what is not accepted. */
function spanOf({ text, quoted }: Operand, order: Order, read: (text: string) => number | null): Span | null {
  const dots = quoted || order !== '==' ? -1 : text.indexOf('..');
  const from = read(dots < 0 ? text : text.slice(0, dots));
  const to = dots < 0 ? from : read(text.slice(dots + 2));
  if (from === null || to === null || from > to) return null;
  return dots < 0 ? spanFrom(from, order) : { from, to };
}

/** @param read null for text that is no such number; it gives none below 0 */
function spanKind(
  name: FieldKindName,
  expected: string,
  read: (text: string) => number | null,
  numberOf: (said: Said) => number | null,
): FieldKind<Span> {
  return {
    name,
    ordered: true,
    expected: `${expected}; or LOW..HIGH`,
    values: null,
    read: (operand, order) => spanOf(operand, order, read),
    matches(span, said) {
      const value = numberOf(said);
      return value !== null && inSpan(span, value);
    },
  };
}

/** A whole number of at most `most`. */
export function wholeKind(most = Number.MAX_SAFE_INTEGER, expected = 'a whole number', form = /^\d{1,16}$/): FieldKind<Span> {
  return spanKind('number', expected, (text) => (form.test(text) && Number(text) <= most ? Number(text) : null), Number);
}

export const PORT_KIND = wholeKind(65535, 'a port from 0 to 65535');
export const VLAN_KIND = wholeKind(4095, 'a VLAN id from 0 to 4095');

export const FWMARK_KIND = wholeKind(2 ** 32 - 1, 'a firewall mark, decimal or as 0x9', /^(\d{1,10}|0x[\da-f]{1,8})$/i);

/** A number with or without a fraction. */
export const DECIMAL_KIND = spanKind('number', 'a number', (text) => (/^\d{1,16}(\.\d{1,6})?$/.test(text) ? Number(text) : null), Number);

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DURATION = /^(\d{1,10}(?:\.\d{1,6})?)([smhd]?)$/i;
const MOST_SECONDS = 2 ** 32;

function secondsOf(text: string): number | null {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  const seconds = digits === undefined ? Number.NaN : Number(digits) * SECONDS[(unit.toLowerCase() || 's') as keyof typeof SECONDS];
  return seconds < MOST_SECONDS ? seconds : null;
}

/** A length of time in seconds. */
export function secondsKind(what: string): FieldKind<Span> {
  return spanKind('seconds', `a number of seconds ${what}, as in 90, 15m, 2h or 1d`, secondsOf, Number);
}

/** A moment in microseconds since 1970. */
export const TIME_KIND = spanKind('time', MOMENT_FORMS, parseMoment, (said) => parseMoment(String(said)));

const isEndpoint = (said: Said): said is SaidEndpoint => typeof said === 'object';

function inRange(range: EndpointRange, said: Said): boolean {
  const { address, port } = isEndpoint(said) ? said : { address: String(said), port: null };
  const words = addressWords(address);
  return words !== null && includes(range, words, port);
}

function rangeKind(name: 'address' | 'endpoint', expected: string, accepts: (range: EndpointRange) => boolean): FieldKind<EndpointRange> {
  return {
    name,
    ordered: false,
    expected,
    values: null,
    read({ text }, order) {
      const range = order === '==' ? parseEndpointRange(text) : null;
      return range && accepts(range) ? range : null;
    },
    matches: inRange,
  };
}

export const ADDRESS_KIND = rangeKind('address', ADDRESS_RANGE_FORMS, ({ ports }) => ports === null);
export const ENDPOINT_KIND = rangeKind('endpoint', ENDPOINT_RANGE_FORMS, () => true);
