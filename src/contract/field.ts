/** What lists can be filtered by: a field has a name, a kind that reads its values, and a test of the list's own sort. */
import type { FieldKind, FieldKindName, Operand, Order } from './field-kind.ts';

/** A field as the documentation, OpenAPI and completion show it. */
export interface FieldDescription {
  readonly name: string;
  /** Other names of the same field, as the shapes and older parameters have them. */
  readonly aliases: readonly string[];
  readonly kind: FieldKindName;
  /** As in `q`; the last, EXISTS, only where the field may be absent. */
  readonly operators: readonly string[];
  /** All that it can say, where that is a closed list. */
  readonly values: readonly string[] | null;
  /** What a value looks like, in words. */
  readonly expected: string;
  /** It may say nothing: `none` asks for that. */
  readonly optional: boolean;
  readonly about: string;
}

export interface Field<Test> {
  readonly description: FieldDescription;
  /**
   * Whether it says any of these, or, by another order than `==`, lies so to them.
   * @param refuse told of an operand that is not accepted; throws
   */
  readonly compare: <Written extends Operand>(
    order: Order,
    operands: readonly Written[],
    refuse: (operand: Written, expected: string) => never,
  ) => Test;
  /** Whether it says nothing. */
  readonly absent: Test;
}

/** How tests of one sort are put together. */
export interface Algebra<Test> {
  readonly all: (tests: readonly Test[]) => Test;
  /** Of no tests: nothing matches. */
  readonly any: (tests: readonly Test[]) => Test;
  readonly not: (test: Test) => Test;
}

export interface FieldAbout {
  readonly about: string;
  readonly aliases?: readonly string[];
  readonly optional?: boolean;
}

const NONE = 'none';
const EQUAL_OPERATORS = ['==', '!='];
const ORDER_OPERATORS = ['<', '<=', '>', '>='];

type KindAbout = Pick<FieldKind<unknown>, 'name' | 'ordered' | 'expected' | 'values'>;

function describe(name: string, kind: KindAbout, { about, aliases = [], optional = false }: FieldAbout): FieldDescription {
  const operators = [...EQUAL_OPERATORS, ...(kind.ordered ? ORDER_OPERATORS : []), ...(optional ? ['EXISTS'] : [])];
  const expected = optional ? `${kind.expected}, or ${NONE}` : kind.expected;
  return { name, aliases, kind: kind.name, operators, values: kind.values, expected, optional, about };
}

/**
 * @param anyOf the test for any of some values
 * @param absent the test for a field that says nothing; null when it always says something
 */
export function makeField<Value, Test>(
  algebra: Algebra<Test>,
  name: string,
  kind: FieldKind<Value>,
  about: FieldAbout,
  anyOf: (values: readonly Value[]) => Test,
  absent: Test | null,
): Field<Test> {
  const description = describe(name, kind, about);
  const isNone = ({ text, quoted }: Operand) => description.optional && !quoted && text.toLowerCase() === NONE;
  return {
    description,
    absent: absent ?? algebra.any([]),
    compare(order, operands, refuse) {
      const said = order === '==' ? operands.filter((operand) => !isNone(operand)) : operands;
      const values = said.map((operand) => kind.read(operand, order) ?? refuse(operand, description.expected));
      const tests = values.length > 0 ? [anyOf(values)] : [];
      if (absent && said.length < operands.length) tests.push(absent);
      return tests.length === 1 ? tests[0] : algebra.any(tests);
    },
  };
}
