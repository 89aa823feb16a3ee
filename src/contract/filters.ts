/** What every list can be filtered and sorted by, as `/api/v1/filters` tells it: for completion. */
import { Type } from 'typebox';
import type { FieldDescription } from './field.ts';
import { Nullable } from './scalars.ts';

const FieldSchema = Type.Object(
  {
    name: Type.String(),
    aliases: Type.Array(Type.String(), { description: 'other names of the same field' }),
    kind: Type.Enum(['text', 'number', 'seconds', 'time', 'address', 'endpoint']),
    operators: Type.Array(Type.String(), { description: 'as in q; EXISTS only where the field may be absent' }),
    values: Nullable(Type.Array(Type.String(), { description: 'all that it can say, where that is a closed list' })),
    expected: Type.String({ description: 'what a value looks like, in words' }),
    optional: Type.Boolean({ description: 'it may say nothing: none asks for that' }),
    about: Type.String(),
  },
  { $id: 'FilterField' },
);

const ListSchema = Type.Object({
  fields: Type.Array(FieldSchema),
  orders: Type.Array(Type.String(), { description: 'what sort takes, each also with - before it' }),
});

/** Of one list. */
export interface ListFilters {
  readonly fields: readonly FieldDescription[];
  readonly orders: readonly string[];
}

/** By noun, as in `/api/v1/NOUN`. */
export const FiltersSchema = Type.Record(Type.String(), ListSchema, { $id: 'Filters' });
export type Filters = Readonly<Record<string, ListFilters>>;
