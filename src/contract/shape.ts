/** Files that people write, held against a schema: everything that is wrong, and where. */
import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';

/** TypeBox stops at eight; of a file everything is told. */
Settings.Set({ maxErrors: 1000 });

/** What is wrong, and where: keys and indexes from the top of what was read. */
export interface ShapeProblem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** RFC 6901, with indexes as numbers. */
function pathOf(pointer: string): (string | number)[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** Empty when the data has the shape. */
export function shapeProblems(schema: TSchema, data: unknown): ShapeProblem[] {
  // An unknown key is told twice, by the schema `false` and by its parent; the first one has the better place.
  return Value.Errors(schema, data)
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .map(({ instancePath, keyword, message, params }) => {
      const path = pathOf(instancePath);
      if (keyword === 'boolean') return { path, text: `${String(path.at(-1))} is no key that is known here` };
      const allowed = 'allowedValues' in params ? `: ${(params.allowedValues as unknown[]).join(', ')}` : '';
      return { path, text: `${message}${allowed}` };
    });
}
