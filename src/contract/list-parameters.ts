/** Parameters of the query part of an address, as OpenAPI describes them; what is not among them is refused. */
import { type TProperties, type TSchema, Type } from 'typebox';
import type { FieldDescription } from './field.ts';
import { MOMENT_FORMS } from './moment.ts';
import { DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET } from './query.ts';
import type { ShapeField } from './shape-fields.ts';

/** Several values stand apart by commas. */
const severalOf = (one: TSchema, description: string): TSchema => Type.Optional(Type.Array(one, { description }));

/** Of ordered fields besides: `age>=60` is the parameter `age>` with 60. */
function orderParameters({ name, expected, operators }: FieldDescription): TProperties {
  if (!operators.includes('<')) return {};
  return {
    [`${name}>`]: severalOf(Type.String(), `at least; ${expected}`),
    [`${name}<`]: severalOf(Type.String(), `at most; ${expected}`),
  };
}

function filterParameters(field: FieldDescription): TProperties {
  const { name, aliases, about, expected, values, optional } = field;
  // Where there are too many to be listed, `expected` says so in other words.
  const isListed = values !== null && expected.startsWith(values.join(', '));
  const one = isListed ? Type.Enum(optional ? [...values, 'none'] : [...values]) : Type.String();
  const others = aliases.length > 0 ? ` (also as ${aliases.join(', ')})` : '';
  return { [name]: severalOf(one, `${about}${others}${isListed ? '' : `; ${expected}`}`), ...orderParameters(field) };
}

const withReverse = (orders: readonly string[]): string[] => orders.flatMap((order) => [order, `-${order}`]);

const CURSOR = Type.Optional(Type.String({ description: 'nextCursor of the page before; every other parameter the same' }));
const LIMIT = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: `as JSON 1 to ${MOST_LIMIT}, ${DEFAULT_LIMIT} when not given; in formats that come whole any number, all when not given`,
  }),
);
const OFFSET = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MOST_OFFSET,
    description:
      'rows before the page, in place of a cursor; as JSON the answer has total then, and no nextCursor; other formats need a limit beside it',
  }),
);
const EXPRESSION = Type.Optional(
  Type.String({
    description:
      'a filter as an expression of the same fields, which must hold besides the others: ==, !=, <, <=, >, >=, EXISTS, &&, ||, !, any of several in [ ], ranges as LOW..HIGH, * in text',
  }),
);

/** Of lists and items whose past is kept. */
export const MOMENT_PARAMETER: TProperties = {
  at: Type.Optional(Type.String({ description: `as it was then: ${MOMENT_FORMS}` })),
};

export function fieldsParameter(fields: readonly ShapeField[]): TProperties {
  const names = Type.Enum(fields.map(({ name }) => name));
  return { fields: severalOf(names, 'only these fields of each item; the rest is left out, required or not') };
}

/** @param orders what it can be sorted by */
export function listParameters(
  filters: readonly FieldDescription[],
  fields: readonly ShapeField[],
  orders: readonly string[],
): TProperties {
  const sort = Type.Optional(
    Type.Enum(withReverse(orders), { description: '- before it: the greatest first; text goes by the numbers in it' }),
  );
  return {
    ...Object.assign({}, ...filters.map(filterParameters)),
    q: EXPRESSION,
    sort,
    limit: LIMIT,
    cursor: CURSOR,
    offset: OFFSET,
    ...fieldsParameter(fields),
  };
}
