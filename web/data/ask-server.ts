/** One question to the REST API. */
import type { Problem } from '../../src/contract/problem.ts';

export type ServerAnswer = { readonly fault: null; readonly body: unknown } | { readonly fault: string };

/** Never throws: what went wrong is in words, those of the server where it has some. */
export async function askServer(path: string, signal: AbortSignal): Promise<ServerAnswer> {
  try {
    const response = await fetch(path, { headers: { accept: 'application/json' }, signal });
    const body: unknown = await response.json();
    return response.ok ? { fault: null, body } : { fault: (body as Problem).detail };
  } catch {
    return { fault: 'the monitor does not answer' };
  }
}
