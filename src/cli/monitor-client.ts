/** Asks a running monitor; what it refuses, and that it is not there, becomes one sentence and an exit code. */
import type { IncomingMessage } from 'node:http';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import type { MonitorAccess } from './access.ts';
import { bodyText, send } from './request.ts';

export interface List<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

const PAGE = 1000;

export function apiUrl({ base }: MonitorAccess, path: string): URL {
  return new URL(`api/v1/${path}`, base);
}

function notReached(url: URL, error: unknown): OperatorError {
  const { code = '', message } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  const isCertificate = /CERT|ISSUER|ALTNAME|SELF_SIGNED|VERIFY/.test(code);
  const isProtocol = /^(EPROTO|ERR_SSL|HPE_|ECONNRESET)/.test(code);
  const hint = isCertificate
    ? 'name the certificate authority with --ca FILE, and the host as the certificate has it'
    : isProtocol
      ? 'is it http or https there?'
      : 'start one with lvscope run, or name it with --url';
  // Addresses of both families refused at once come as one error without words.
  return new OperatorError(EXIT.fault, `no monitor answers at ${url.origin}: ${message || code}`, hint);
}

interface ProblemWords {
  readonly title?: string;
  readonly detail?: string;
}

async function problemOf(answer: IncomingMessage): Promise<ProblemWords> {
  try {
    return JSON.parse(await bodyText(answer)) as ProblemWords;
  } catch {
    return {};
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'say who asks with --token-file FILE, LVSCOPE_TOKEN or --user NAME:PASSWORD',
  403: 'ask with a token or as a user who may do that',
  429: 'ask less often, or have the limit of the monitor raised',
};

function exitCodeOf(status: number): ExitCode {
  if (status === 400) return EXIT.usage;
  return status === 401 || status === 403 ? EXIT.noPermission : EXIT.fault;
}

async function refused(url: URL, answer: IncomingMessage): Promise<OperatorError> {
  const status = answer.statusCode ?? 0;
  const { detail, title } = await problemOf(answer);
  const sentence = detail ?? title ?? `${url.origin} answers ${status} ${answer.statusMessage ?? ''}`.trimEnd();
  return new OperatorError(exitCodeOf(status), sentence, HINTS[status] ?? `asked: ${url.pathname}${url.search}`);
}

export interface Asked {
  /** GET when not given. */
  readonly method?: string;
  /** The body. */
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

/** The answer, its body not read yet. @throws OperatorError when there is none, or a refusal */
export async function fetchFrom(access: MonitorAccess, url: URL, accept: string, asked: Asked = {}): Promise<IncomingMessage> {
  const { method = 'GET', json, signal } = asked;
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const headers = { ...access.headers, accept, ...(json === undefined ? {} : { 'content-type': 'application/json' }) };
  const answer = await send(url, { method, headers, ...body, ca: access.ca, ...(signal ? { signal } : {}) }).catch((error: unknown) => {
    throw signal?.aborted ? error : notReached(url, error);
  });
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) return answer;
  throw await refused(url, answer);
}

export async function fetchJson(access: MonitorAccess, url: URL, asked: Asked = {}): Promise<unknown> {
  const answer = await fetchFrom(access, url, 'application/json', asked);
  const text = await bodyText(answer).catch((error: unknown) => {
    throw asked.signal?.aborted ? error : notReached(url, error);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new OperatorError(EXIT.fault, `${url.origin} answers something else than JSON`, 'is it lvscope that listens there?');
  }
}

/** All pages, or as many items as `limit` says. */
export async function fetchAll(access: MonitorAccess, url: URL, signal?: AbortSignal): Promise<unknown> {
  const whole: unknown[] = [];
  const page = new URL(url);
  const asked = page.searchParams.get('limit');
  const most = asked === null ? Number.POSITIVE_INFINITY : Number(asked);
  for (;;) {
    const left = most - whole.length;
    // What is no number is for the monitor to refuse.
    if (left >= 1) page.searchParams.set('limit', String(Math.min(left, PAGE)));
    const body = (await fetchJson(access, page, signal ? { signal } : {})) as List<unknown>;
    if (!Array.isArray(body.items)) return body;
    whole.push(...body.items);
    if (body.nextCursor === null || whole.length >= most) return { ...body, items: whole };
    page.searchParams.set('cursor', body.nextCursor);
  }
}
