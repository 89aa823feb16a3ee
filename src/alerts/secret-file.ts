/** Secrets lie in files, or come as credentials of systemd: never in the configuration, in logs or in answers. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ShapeProblem } from '../contract/shape.ts';

/** A name without a slash before it is that of a credential (systemd.exec, LoadCredential=). */
function placeOf(name: string): string {
  if (isAbsolute(name)) return name;
  const folder = process.env.CREDENTIALS_DIRECTORY;
  if (folder === undefined)
    throw new Error(`${name} is the name of a systemd credential, and there are none here; write the whole path of a file`);
  return join(folder, name);
}

/**
 * Read each time it is needed, so that a secret can be changed while the monitor runs.
 * @throws Error that names the file and never what is in it
 */
export function readSecret(name: string): string {
  const place = placeOf(name);
  let text: string;
  try {
    text = readFileSync(place, 'utf8').trim();
  } catch (error) {
    throw new Error(`${place} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  if (text === '') throw new Error(`${place} is empty`);
  return text;
}

function problemOf(path: ShapeProblem['path'], name: string): ShapeProblem[] {
  try {
    readSecret(name);
    return [];
  } catch (error) {
    return [{ path, text: (error as Error).message }];
  }
}

/** Files that a section names (`...File`) and that cannot be read, whatever else is wrong with it. */
export function secretProblems(data: unknown, path: ShapeProblem['path'] = []): ShapeProblem[] {
  if (data === null || typeof data !== 'object') return [];
  return Object.entries(data).flatMap(([key, value]: [string, unknown]) => {
    const step = Array.isArray(data) ? Number(key) : key;
    const here = [...path, step];
    return key.endsWith('File') && typeof value === 'string' ? problemOf(here, value) : secretProblems(value, here);
  });
}
