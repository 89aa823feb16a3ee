/** One question to the REST API. */
import type { Problem } from '../../src/contract/problem.ts';

export type ServerAnswer = { readonly fault: null; readonly body: unknown } | { readonly fault: string };

/** Many look at other moments, or this page has asked for too many: it is asked again. */
const BUSY = 503;
const BUSY_MILLIS = 1000;
const MOST_TRIES = 10;
/** Who steps through time by a key that repeats wants to see where that ends. */
const REST_MILLIS = 120;

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

async function ask(path: string, signal: AbortSignal, tries: number): Promise<ServerAnswer> {
  const response = await fetch(path, { headers: { accept: 'application/json' }, signal });
  const body: unknown = await response.json();
  if (response.ok) return { fault: null, body };
  if (response.status !== BUSY || tries === 1) return { fault: (body as Problem).detail };
  await sleep(BUSY_MILLIS);
  return ask(path, signal, tries - 1);
}

/** Never throws: what went wrong is in words, those of the server where it has some. */
export async function askServer(path: string, signal: AbortSignal): Promise<ServerAnswer> {
  try {
    return await ask(path, signal, MOST_TRIES);
  } catch {
    return { fault: 'the monitor does not answer' };
  }
}

/** The same about another moment, once that has been wanted for a little while. */
export async function askPast(path: string, at: string, signal: AbortSignal): Promise<ServerAnswer> {
  await sleep(REST_MILLIS);
  return askServer(`${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ at })}`, signal);
}
