/** Lists as text, part by part: the formats that are streamed. */
import { stringify } from 'csv-stringify/sync';
import type { PickedFields } from '../contract/picked-fields.ts';
import { type ShapeField, valueAt } from '../contract/shape-fields.ts';

export interface ListFormat<Item> {
  readonly head: string;
  readonly part: (items: readonly Item[]) => string;
}

export function ndjson({ pick }: PickedFields): ListFormat<unknown> {
  return { head: '', part: (items) => items.map((item) => `${JSON.stringify(pick(item))}\n`).join('') };
}

/** client.address is the column client_address. */
const columnName = ({ name }: ShapeField): string => name.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Words apart by spaces; what is more than words as JSON. */
function cell(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isWords = Array.isArray(value) && value.every((one) => typeof one !== 'object');
  return isWords ? value.join(' ') : JSON.stringify(value);
}

/** Text from the wire stands among the cells: a spreadsheet must not take it for a formula. */
const lines = (rows: readonly (readonly unknown[])[]): string =>
  stringify([...rows], { escape_formulas: true, record_delimiter: 'windows', cast: { boolean: String } });

/**
 * A column for each scalar and each list.
 * @param known all fields of the shape
 */
export function csv(known: readonly ShapeField[], { fields }: PickedFields): ListFormat<unknown> {
  const inside = ({ name }: ShapeField) => known.filter((field) => field.name === name || field.name.startsWith(`${name}.`));
  const columns = [...new Set(fields.flatMap(inside))].filter(({ kind }) => kind !== 'object');
  return {
    head: lines([columns.map(columnName)]),
    part: (items) => lines(items.map((item) => columns.map(({ path }) => cell(valueAt(item, path))))),
  };
}
