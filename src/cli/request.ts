/** One HTTP or HTTPS request. Not by fetch: on Node 20 it takes no certificate authority of one's own. */
import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

export interface HttpRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Certificate authorities in PEM, in place of those that Node brings; null: those. */
  readonly ca?: Buffer | null;
  readonly signal?: AbortSignal;
}

/** A connection is used again while several requests follow each other, and does not keep the program from ending. */
const AGENTS = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) } as const;
/** Without a word from the other side. */
const SILENCE_MS = 60_000;

/** The answer, its body not read yet. Rejects when there is none. */
export function send(url: URL, { method = 'GET', headers, body, ca = null, signal }: HttpRequest): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { ca?: Buffer } = {
      method,
      headers,
      agent: AGENTS[secure ? 'https:' : 'http:'],
      timeout: SILENCE_MS,
      ...(signal ? { signal } : {}),
      ...(secure && ca ? { ca } : {}),
    };
    // The credentials that a URL may hold are among the headers already.
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    const request = secure ? requestHttps(bare, options, resolve) : requestHttp(bare, options, resolve);
    request.on('error', reject).on('timeout', () => request.destroy(new Error('it says nothing')));
    request.end(body);
  });
}

export async function bodyText(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const part of answer) text += part as string;
  return text;
}
