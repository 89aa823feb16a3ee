/** The fields of a shape by name, as `fields`, `sort` and CSV know them; those of an object inside it have a dot, as client.address. */
import type { TSchema } from 'typebox';

/** `many`: a list, or a record of any keys. */
type ShapeFieldKind = 'scalar' | 'object' | 'many';

export interface ShapeField {
  readonly name: string;
  readonly path: readonly string[];
  readonly kind: ShapeFieldKind;
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
}

/** What is there when it is not null. */
function present(schema: JsonSchema): JsonSchema {
  return schema.anyOf?.find(({ type }) => type === 'object' || type === 'array') ?? schema;
}

function kindOf({ type, properties }: JsonSchema): ShapeFieldKind {
  if (properties) return 'object';
  return type === 'array' || type === 'object' ? 'many' : 'scalar';
}

function fieldsOf({ properties = {} }: JsonSchema, above: readonly string[]): ShapeField[] {
  return Object.entries(properties).flatMap(([key, value]) => {
    const path = [...above, key];
    const inner = present(value);
    return [{ name: path.join('.'), path, kind: kindOf(inner) }, ...fieldsOf(inner, path)];
  });
}

/** In the order of the shape, an object before what is in it. */
export function shapeFields(schema: TSchema): ShapeField[] {
  return fieldsOf(schema as JsonSchema, []);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** What an item says there; undefined when it has no such thing. */
export function valueAt(item: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), item);
}
