/** Asks a running monitor; what it refuses, and that it is not there, becomes one sentence and an exit code. */
import { EXIT, OperatorError } from '../errors.ts';

export interface List<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

const PAGE = 1000;

/** @throws OperatorError when `--url` is none */
export function apiUrl(base: string, path: string): URL {
  if (!URL.canParse(base)) throw new OperatorError(EXIT.usage, `--url ${base} is no URL`, 'for example --url http://127.0.0.1:9852');
  return new URL(`/api/v1/${path}`, base);
}

export async function fetchFrom(url: URL, accept: string): Promise<Response> {
  const response = await fetch(url, { headers: { accept } }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new OperatorError(
      EXIT.fault,
      `no monitor answers at ${url.origin}: ${cause}`,
      'start one with lvscope run, or name it with --url',
    );
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  const exit = response.status === 400 ? EXIT.usage : EXIT.fault;
  throw new OperatorError(
    exit,
    problem.detail ?? problem.title ?? `the monitor answers ${response.status}`,
    `asked: ${url.pathname}${url.search}`,
  );
}

/** All pages, so that `--json` is the whole list. */
export async function fetchAll(url: URL): Promise<unknown> {
  const whole: unknown[] = [];
  const page = new URL(url);
  const all = !page.searchParams.has('limit');
  if (all) page.searchParams.set('limit', String(PAGE));
  for (;;) {
    const body = (await (await fetchFrom(page, 'application/json')).json()) as List<unknown>;
    if (!Array.isArray(body.items)) return body;
    whole.push(...body.items);
    if (!all || body.nextCursor === null) return { items: whole };
    page.searchParams.set('cursor', body.nextCursor);
  }
}
