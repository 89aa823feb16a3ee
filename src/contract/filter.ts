/** Filters of a list, as parameters by field and as an expression in `q`: both go through the same fields, and all must hold. */
import { type Expression, parseExpression } from './expression.ts';
import { refuseExpression } from './expression-lexer.ts';
import type { Algebra, Field } from './field.ts';
import type { Order } from './field-kind.ts';
import { refuseParameter, refuseUnknownParameter } from './problem.ts';
import { parseValues, type Query } from './query.ts';

/** All that a list can be filtered by. */
export interface Filterable<Test> {
  readonly algebra: Algebra<Test>;
  readonly fields: readonly Field<Test>[];
  /** Parameters that have a name of their own for a field and its order. */
  readonly parameters?: Readonly<Record<string, readonly [field: string, order: Order]>>;
}

function named<Test>({ fields }: Filterable<Test>, name: string): Field<Test> | undefined {
  return fields.find(({ description }) => description.name === name || description.aliases.includes(name));
}

/** As one writes them: `age>=60` is the parameter `age>`. */
const PARAMETER_ORDERS: readonly (readonly [sign: string, order: Order])[] = [
  ['>', '>='],
  ['<', '<='],
];

const isOrdered = <Test>({ description }: Field<Test>): boolean => description.operators.includes('<');

/** Names of all parameters that filter. */
export function parametersOf<Test>({ fields, parameters = {} }: Filterable<Test>): string[] {
  return [
    ...fields.flatMap((field) => {
      const names = [field.description.name, ...field.description.aliases];
      return isOrdered(field) ? [...names, ...names.flatMap((name) => PARAMETER_ORDERS.map(([sign]) => name + sign))] : names;
    }),
    ...Object.keys(parameters),
    'q',
  ];
}

function parameterOf<Test>(list: Filterable<Test>, name: string): readonly [field: Field<Test>, order: Order] | null {
  const own = Object.hasOwn(list.parameters ?? {}, name) ? list.parameters?.[name] : undefined;
  const ending = PARAMETER_ORDERS.find(([sign]) => name.endsWith(sign));
  const field = named(list, own?.[0] ?? (ending ? name.slice(0, -1) : name));
  if (!field || (ending && !isOrdered(field))) return null;
  return [field, own?.[1] ?? ending?.[1] ?? '=='];
}

function parameterTest<Test>(list: Filterable<Test>, name: string, text: string): Test {
  const [field, order] = parameterOf(list, name) ?? refuseUnknownParameter(name, text, parametersOf(list));
  const operands = parseValues(name, text, field.description.expected).map((value) => ({ text: value, quoted: false }));
  return field.compare(order, operands, (operand, expected) => refuseParameter(name, operand.text, expected));
}

function expressionTest<Test>(list: Filterable<Test>, text: string): Test {
  const { algebra, fields } = list;

  function fieldOf(name: string, column: number): Field<Test> {
    const names = fields.map(({ description }) => description.name).join(', ');
    return named(list, name) ?? refuseExpression(text, column, `there is no field ${name.slice(0, 50)}`, `one of ${names}`);
  }
  function allow({ description: { name, operators } }: Field<Test>, operator: string, column: number): void {
    if (!operators.includes(operator)) refuseExpression(text, column, `${name} has no ${operator}`, `${name} with ${operators.join(', ')}`);
  }
  function testOf(expression: Expression): Test {
    switch (expression.type) {
      case 'and':
        return algebra.all(expression.parts.map(testOf));
      case 'or':
        return algebra.any(expression.parts.map(testOf));
      case 'not':
        return algebra.not(testOf(expression.part));
      case 'exists': {
        const field = fieldOf(expression.field, expression.column);
        allow(field, 'EXISTS', expression.column);
        return algebra.not(field.absent);
      }
      case 'compare': {
        const { comparator, column, operands } = expression;
        const field = fieldOf(expression.field, column);
        allow(field, comparator, column);
        const test = field.compare(comparator === '!=' ? '==' : comparator, operands, (operand, expected) =>
          refuseExpression(text, operand.column, `${operand.text.slice(0, 50)} is no ${field.description.name}`, expected),
        );
        return comparator === '!=' ? algebra.not(test) : test;
      }
    }
  }
  return testOf(parseExpression(text));
}

/**
 * Several values of one parameter mean any of them, several parameters all of them.
 * @throws Refusal naming the parameter, its value and what was expected
 */
export function parseFilter<Test>(list: Filterable<Test>, query: Query): Test[] {
  return Object.entries(query).map(([name, text]) => (name === 'q' ? expressionTest(list, text) : parameterTest(list, name, text)));
}
