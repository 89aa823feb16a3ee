/** What may come next in the filter box: fields, then operators, then values. Pure. */
import type { FieldDescription } from '../../src/contract/field.ts';
import { isExpression } from './filter.ts';

export interface Completion {
  /** All of the box after it was taken, and where the caret then stands. */
  readonly text: string;
  readonly caret: number;
  readonly label: string;
  readonly about: string;
}

const MOST = 12;
/** A field, its operator, values before the last one, and what is written of that; as it stands before the caret. */
const VALUE = /(?:^|[\s(&|!])([a-z][\w.]*)\s*(?:[=!]=|[<>]=?|=)\s*\[?(?:[^\s,\]]+,\s*)*"?([^\s,&|()"[\]]*)$/i;
const OPERATOR = /(?:^|[\s(&|!])([a-z][\w.]*)\s+([=!<>]{0,2}|e\w*)$/i;
const FIELD = /(?:^|[\s(&|!])([a-z][\w.]*)?$/i;

const startsWith = (word: string, start: string): boolean => word.toLowerCase().startsWith(start.toLowerCase());

export function complete(text: string, caret: number, fields: readonly FieldDescription[]): readonly Completion[] {
  const before = text.slice(0, caret);
  const after = text.slice(caret);
  const named = (name: string) => fields.find((field) => field.name === name || field.aliases.includes(name));

  function offer(written: string, word: string, label: string, about: string): Completion {
    const next = before.slice(0, before.length - written.length) + word;
    return { text: next + after, caret: next.length, label, about };
  }

  const operator = OPERATOR.exec(before);
  const operated = operator && named(operator[1]);
  const operators = operated?.operators.filter((one) => startsWith(one, operator?.[2] ?? '') && one !== operator?.[2]) ?? [];
  if (operator && operators.length > 0) return operators.map((one) => offer(operator[2], `${one} `, one, operated?.expected ?? ''));
  const value = VALUE.exec(before);
  const valued = value && named(value[1]);
  if (value && valued) {
    const values = (valued.values ?? []).filter((one) => startsWith(one, value[2]) && one.toLowerCase() !== value[2].toLowerCase());
    return values.slice(0, MOST).map((one) => offer(value[2], one, one, valued.name));
  }
  const field = FIELD.exec(before);
  if (!field) return [];
  const start = field[1] ?? '';
  const others = text.slice(0, before.length - start.length) + after;
  const comparison = isExpression(others) ? ' == ' : '=';
  const found = fields.filter(({ name }) => startsWith(name, start));
  return found.slice(0, MOST).map(({ name, about }) => offer(start, `${name}${comparison}`, name, about));
}
