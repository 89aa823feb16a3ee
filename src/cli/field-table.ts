/** `--fields`: a table of what was asked for, whatever the shape. */
import { columns } from './text.ts';

interface EndpointLike {
  readonly address: string;
  readonly port: number;
}

function isEndpoint(value: object): value is EndpointLike {
  return 'address' in value && 'port' in value && Object.keys(value).length === 2;
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (Array.isArray(value)) return value.map(cell).join(',') || '-';
  if (typeof value === 'object') {
    if (isEndpoint(value)) return value.address.includes(':') ? `[${value.address}]:${value.port}` : `${value.address}:${value.port}`;
    return JSON.stringify(value);
  }
  return String(value);
}

/** `client.address` lies in `client`. */
function valueAt(item: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | null | undefined)?.[key], item);
}

export function fieldTable(fields: readonly string[], items: readonly unknown[]): string[] {
  return columns(
    fields,
    items.map((item) => fields.map((field) => cell(valueAt(item, field)))),
  );
}
