import { describe, expect, test } from 'vitest';
import { fieldsOf } from '../../../src/contract/filter-fields.ts';
import { type Completion, complete } from '../../../web/parts/completion.ts';

const FIELDS = fieldsOf('connections');
/** `|` is the caret. */
const at = (marked: string): readonly Completion[] => complete(marked.replace('|', ''), marked.indexOf('|'), FIELDS);
const labels = (marked: string): string[] => at(marked).map(({ label }) => label);
const taken = (marked: string, label: string): string | undefined => {
  const found = at(marked).find((completion) => completion.label === label);
  return found && `${found.text.slice(0, found.caret)}|${found.text.slice(found.caret)}`;
};

describe('fields', () => {
  test('all of them at the beginning', () => expect(labels('|').length).toBeGreaterThan(5));
  test('those that begin as it is written', () => expect(labels('st|')).toEqual(['state']));
  test('after a term', () => expect(labels('proto=tcp vip|')).toEqual(['vip']));
  test.each(['(st|', '!st|', 'proto == tcp && st|', 'not st|'])('inside an expression: %s', (text) =>
    expect(labels(text)).toEqual(['state']),
  );
  test.each(['zzz|', 'colour=r|', '10.0.0.|'])('%s is none', (text) => expect(labels(text)).toEqual([]));
  test.each([
    ['st|', 'state=|'],
    ['proto=tcp st|', 'proto=tcp state=|'],
    ['proto == tcp && st|', 'proto == tcp && state == |'],
    ['st| proto=tcp', 'state=| proto=tcp'],
  ])('%s becomes %s', (text, after) => expect(taken(text, 'state')).toBe(after));
});

describe('operators', () => {
  test('of a field that only equals', () => expect(labels('state |')).toEqual(['==', '!=']));
  test('of one that has an order', () => expect(labels('age >|')).toEqual(['>=']));
  test('of one that may say nothing', () => expect(labels('vlan e|')).toEqual(['EXISTS']));
  test('are taken with room after them', () => expect(taken('state |', '!=')).toBe('state != |'));
});

describe('values', () => {
  test.each(['state=ES|', 'state == es|', 'state == [NONE, es|', '(state != "es|'])('%s', (text) =>
    expect(labels(text)).toEqual(['ESTABLISHED']),
  );
  test('one that is written already is offered no more', () => expect(labels('proto=udp|')).toEqual([]));
  test('take the place of what is written', () => expect(taken('state=es| proto=tcp', 'ESTABLISHED')).toBe('state=ESTABLISHED| proto=tcp'));
  test('of a field without a list are the reader’s', () => expect(labels('client=10|')).toEqual([]));
});
