/** Who is told: a plain server of Node on the loopback interface that keeps what comes. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Notification } from '../../src/contract/alert.ts';

export interface Hook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Sink {
  readonly url: string;
  readonly port: number;
  readonly hooks: readonly Hook[];
  close(): Promise<void>;
}

/** @param answer to the nth request, from 0 */
export async function sink(answer: (n: number) => Answer = () => ({ status: 204 }), port = 0): Promise<Sink> {
  const hooks: Hook[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      hooks.push({ path: request.url ?? '', headers: request.headers, body, atMs: Date.now() });
      const { status, headers, body: said } = answer(hooks.length - 1);
      response.writeHead(status, headers).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${bound}/hook`, port: bound, hooks, close };
}

export interface Envelope {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Notification;
}

export const envelopes = ({ hooks }: Pick<Sink, 'hooks'>): Envelope[] => hooks.map(({ body }) => JSON.parse(body) as Envelope);

/** Asks until the answer is yes. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
