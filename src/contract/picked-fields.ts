/** `fields=id,client.address`: of each item only these. */
import { refuseParameter } from './problem.ts';
import { parseValues } from './query.ts';
import type { ShapeField } from './shape-fields.ts';

export interface PickedFields {
  /** Those asked for, in the order in which they were; an object stands for all that is in it. */
  readonly fields: readonly ShapeField[];
  readonly pick: (item: unknown) => unknown;
}

/** What to take of an object: all of a key, or some of what is in it. */
interface Tree {
  readonly [key: string]: Tree | true;
}

function treeOf(paths: readonly (readonly string[])[]): Tree {
  const keys = [...new Set(paths.map(([key]) => key))];
  return Object.fromEntries(
    keys.map((key) => {
      const inside = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
      return [key, inside.some(({ length }) => length === 0) || treeOf(inside)];
    }),
  );
}

function pickTree(item: unknown, tree: Tree): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const from = item as Readonly<Record<string, unknown>>;
  const picked: Record<string, unknown> = {};
  for (const key in tree) {
    const inside = tree[key];
    if (key in from) picked[key] = inside === true ? from[key] : pickTree(from[key], inside);
  }
  return picked;
}

/**
 * @param known fields of the shape
 * @param text null: all of them
 * @throws Refusal for a name that the shape does not have
 */
export function parsePickedFields(known: readonly ShapeField[], text: string | null): PickedFields {
  if (text === null) return { fields: known.filter(({ path }) => path.length === 1), pick: (item) => item };
  const expected = `names of fields apart by commas: ${known.map(({ name }) => name).join(', ')}`;
  const names = new Set(parseValues('fields', text, expected));
  const fields = [...names].map((name) => known.find((field) => field.name === name) ?? refuseParameter('fields', name, expected));
  const tree = treeOf(fields.map(({ path }) => path));
  return { fields, pick: (item) => pickTree(item, tree) };
}
