/** The filter language: how it is read, what it refuses and where. What it means is in expression-meaning.test.ts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConnectionFilter } from '../../src/contract/connection-query.ts';
import { EXPRESSION_BOUNDS, type Expression, parseExpression } from '../../src/contract/expression.ts';
import { type ItemList, parseItemFilter } from '../../src/contract/item-list.ts';
import * as lists from '../../src/contract/item-lists.ts';
import { Refusal } from '../../src/contract/problem.ts';

/** The tree without columns. */
function bare(expression: Expression): unknown {
  switch (expression.type) {
    case 'and':
    case 'or':
      return { type: expression.type, parts: expression.parts.map(bare) };
    case 'not':
      return { type: 'not', part: bare(expression.part) };
    case 'exists':
      return { type: 'exists', field: expression.field };
    case 'compare': {
      const { field, comparator, operands } = expression;
      return { type: 'compare', field, comparator, operands: operands.map(({ text, quoted }) => ({ text, quoted })) };
    }
  }
}

type Tree =
  | { type: 'and' | 'or'; parts: Tree[] }
  | { type: 'not'; part: Tree }
  | { type: 'exists'; field: string }
  | { type: 'compare'; field: string; comparator: string; operands: { text: string; quoted: boolean }[] };

/** One of the ways to write it; `taste` decides among synonyms, spaces and brackets that mean nothing. */
function write(tree: Tree, taste: () => boolean): string {
  const space = () => (taste() ? ' ' : '');
  const inside = (part: Tree, loose: readonly string[]) =>
    loose.includes(part.type) || taste() ? `(${space()}${write(part, taste)}${space()})` : write(part, taste);
  switch (tree.type) {
    case 'and':
      return tree.parts.map((part) => inside(part, ['and', 'or'])).join(taste() ? ' && ' : ' AND ');
    case 'or':
      return tree.parts.map((part) => inside(part, ['or'])).join(taste() ? ' || ' : ' or ');
    case 'not':
      return `${taste() ? '!' : 'not '}${inside(tree.part, ['and', 'or'])}`;
    case 'exists':
      return taste() ? `${tree.field} EXISTS` : `${tree.field}${space()}==${space()}EXISTS!`;
    case 'compare': {
      const values = tree.operands.map(({ text, quoted }) => (quoted ? `"${text.replace(/["\\]/g, '\\$&')}"` : text));
      const value = values.length === 1 && taste() ? values[0] : `[${space()}${values.join(`,${space()}`)}${space()}]`;
      const single = values.length === 1 && !['==', '!='].includes(tree.comparator);
      return `${tree.field}${space()}${tree.comparator}${space()}${single ? values[0] : value}`;
    }
  }
}

const WORDS = [
  'ESTABLISHED',
  'ERR!',
  '10.0.0.0/8',
  '10.0.0.1:443',
  ':443',
  '[fd00::1]:443',
  'fd00::/64',
  '1000..2000',
  'eth*',
  'and',
  'C-SENT',
];
const operand = fc.oneof(
  fc.record({
    text: fc.constantFrom(...WORDS, '2026-11-21T05:24:00Z', 'tcp-[fd00::1]:443', '52:54:00:00:00:01'),
    quoted: fc.constant(false),
  }),
  fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 12 }), quoted: fc.constant(true) }),
);
const field = fc.constantFrom('client', 'client.port', 'state', 'vlan', 'x');
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      type: fc.constant('compare' as const),
      field,
      comparator: fc.constantFrom('==', '!='),
      operands: fc.array(operand, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('compare' as const),
      field,
      comparator: fc.constantFrom('<', '<=', '>', '>='),
      operands: fc.array(operand, { minLength: 1, maxLength: 1 }),
    }),
    fc.record({ type: fc.constant('exists' as const), field }),
    fc.record({ type: fc.constant('not' as const), part: tie('tree') }),
    fc.record({ type: fc.constantFrom('and' as const, 'or' as const), parts: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
  ),
}));

test('a tree that is written and read again is the same tree, however it is written', () => {
  fc.assert(
    fc.property(tree, fc.infiniteStream(fc.boolean()), (wanted, tastes) => {
      const text = write(wanted, () => tastes.next().value ?? false);
      fc.pre(text.length <= 4096);
      expect(bare(parseExpression(text))).toEqual(wanted);
    }),
    { numRuns: 500, seed: 21 },
  );
});

describe('reads', () => {
  const same: readonly (readonly [text: string, as: string])[] = [
    ['a == 1 || b == 2 && c == 3', 'a == 1 || (b == 2 && c == 3)'],
    ['! a == 1 && b == 2', '(!(a == 1)) && b == 2'],
    ['not a == 1 or b == 2', '(!a==1) || b==2'],
    ['a = 1', 'a == 1'],
    ['a exists', 'a == EXISTS!'],
    ['a != EXISTS!', '!(a exists)'],
    ['a==[1]', 'a == 1'],
    ['a==ERR!&&b==1', 'a == ERR! && b == 1'],
    ['((((a==1))))', 'a==1'],
    ['a == [[fd00::1]:80,10.0.0.1:80]', 'a == [ [fd00::1]:80 , 10.0.0.1:80 ]'],
    ['a\n==\t1', 'a == 1'],
  ];
  test.each(same)('“%s” as “%s”', (text, as) => expect(bare(parseExpression(text))).toEqual(bare(parseExpression(as))));

  test('a bracket as a list where it cannot be an address', () => {
    expect(bare(parseExpression('a == [52:54:00:00:00:01]'))).toEqual(bare(parseExpression('a == 52:54:00:00:00:01')));
    expect(bare(parseExpression('a == [:443]'))).toEqual(bare(parseExpression('a == :443')));
  });
});

function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal;
    throw refusal;
  }
  throw new Error('it was accepted');
}

describe('refuses, with the column and what was expected there', () => {
  // Columns counted by hand.
  const bad: readonly (readonly [text: string, column: number, expected: RegExp])[] = [
    ['', 1, /a field, ! or \(/],
    ['   ', 4, /a field/],
    ['state', 6, /==, !=, <, <=, >, >= or EXISTS/],
    ['state ==', 9, /a value/],
    ['state == CLOSE state == NONE', 16, /&& or \|\|/],
    ['state == CLOSE && ', 19, /a field/],
    ['(state == CLOSE', 16, /\)/],
    ['state == CLOSE)', 15, /the end/],
    ['state == [CLOSE', 16, /, or \]/],
    ['state == [CLOSE,]', 17, /a value/],
    ['state == []', 11, /a value/],
    ['state === CLOSE', 9, /a value/],
    ['state =~ CLOSE', 10, /&& or/],
    ['state & CLOSE', 7, /&&/],
    ['state | CLOSE', 7, /\|\|/],
    ['interface == "eth0', 14, /closing "/],
    ['interface == "eth0" "eth1"', 21, /&& or \|\|/],
    ['client.port > [80,443]', 15, /one value/],
    ['colour == red', 1, /proto, family, client, vip/],
    ['proto == tcp && colour == red', 17, /one of proto/],
    ['__proto__ == 1', 1, /one of proto/],
    ['constructor EXISTS', 1, /one of proto/],
    ['state < CLOSE', 1, /==, !=/],
    ['client >= 10.0.0.1', 1, /==, !=/],
    ['client EXISTS', 1, /==, !=/],
    ['state == ESTAB', 10, /ESTABLISHED, SYN_SENT/],
    ['state == [CLOSE, ESTAB]', 18, /ESTABLISHED, SYN_SENT/],
    ['state == X*', 10, /ESTABLISHED/],
    ['client == 10.0.0', 11, /ADDRESS/],
    ['client == 10.0.0.0/33', 11, /PREFIX/],
    ['client == :65536', 11, /PORT/],
    ['client == :90..80', 11, /PORT/],
    ['client.port == 65536', 16, /0 to 65535/],
    ['client.port == 2..1', 16, /LOW\.\.HIGH/],
    ['client.port > 1..2', 15, /0 to 65535/],
    ['age > -1', 7, /seconds/],
    ['age > 1e3', 7, /seconds/],
    ['age > 15y', 7, /seconds/],
    ['firstSeen > yesterday', 13, /ISO 8601/],
    ['vlan == 4096', 9, /4095/],
    ['vlan > none', 8, /VLAN/],
    ['client == none', 11, /ADDRESS/],
    ['interface == ""', 14, /text/],
  ];
  test.each(bad)('“%s” at %i', (text, column, expected) => {
    const { code, fault, message } = refusalOf(() => parseConnectionFilter({ q: text }));
    expect([code, fault?.parameter, fault?.column]).toEqual(['bad_parameter', 'q', column]);
    expect(fault?.expected).toMatch(expected);
    expect(message).toContain(`column ${column}`);
  });

  const many = (count: number, one: (i: number) => string, by: string) => Array.from({ length: count }, (_, i) => one(i)).join(by);
  test.each([
    ['terms', many(EXPRESSION_BOUNDS.terms, () => 'x==1', '&&'), many(EXPRESSION_BOUNDS.terms + 1, () => 'x==1', '&&'), /at most 32/],
    [
      'values',
      `x==[${many(EXPRESSION_BOUNDS.values, String, ',')}]`,
      `x==[${many(EXPRESSION_BOUNDS.values + 1, String, ',')}]`,
      /at most 512/,
    ],
    [
      'depth',
      `${'('.repeat(EXPRESSION_BOUNDS.depth)}x==1${')'.repeat(EXPRESSION_BOUNDS.depth)}`,
      `${'!('.repeat(EXPRESSION_BOUNDS.depth)}x==1${')'.repeat(EXPRESSION_BOUNDS.depth)}`,
      /at most 32/,
    ],
    ['length', `x=="${'a'.repeat(4091)}"`, `x=="${'a'.repeat(4092)}"`, /at most 4096/],
  ])('more %s than there may be', (_, most, more, expected) => {
    expect(() => parseExpression(most)).not.toThrow();
    expect(refusalOf(() => parseExpression(more)).fault?.expected).toMatch(expected);
  });
});

const all = Object.values(lists) as readonly ItemList<unknown>[];
const soup = fc
  .array(
    fc.constantFrom(
      ...'()[]!,"&|=<>.:*\\ ',
      '==',
      '&&',
      '||',
      'state',
      'client',
      'vlan',
      'kind',
      'vrid',
      'EXISTS!',
      'none',
      'not',
      '10.0.0.1',
      '[fd00::1]:1',
      '5..6',
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''));

test('whatever is asked for, it is read or refused with a column that is there', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), soup), (q) => {
      for (const parse of [() => parseConnectionFilter({ q }), ...all.map((list) => () => parseItemFilter(list, { q }))]) {
        try {
          parse();
        } catch (refusal) {
          if (!(refusal instanceof Refusal)) throw refusal;
          expect([refusal.code, refusal.fault?.parameter]).toEqual(['bad_parameter', 'q']);
          expect(refusal.fault?.column).toBeGreaterThanOrEqual(1);
          expect(refusal.fault?.column).toBeLessThanOrEqual(q.length + 1);
        }
      }
    }),
    { numRuns: 2000, seed: 22 },
  );
});
