import { readFileSync } from 'node:fs';

/** Two folders up from dist/src. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/** The version in package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;
}
