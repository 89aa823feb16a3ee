/** The server that listens: plain or TLS, with its bounds in octets, time and number. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { ConnectionBound } from './connection-bound.ts';
import type { HttpCounters } from './numbers.ts';
import { clientPasses, type TlsSettings } from './tls-settings.ts';

const BOUNDS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  // Longer than Prometheus' usual minute between scrapes: they go over one connection.
  keepAliveTimeout: 75_000,
} as const satisfies ServerOptions;
const HANDSHAKE_MS = 10_000;
/** Without an octet in either direction. Live connections have pings instead. */
const SILENCE_MS = 120_000;

export interface ListenerOptions {
  /** As they are now; whether they are null, and whether clients are asked for certificates, holds from the start. */
  tls(): TlsSettings | null;
  readonly counters: HttpCounters;
}

/** Certificates, authority and versions are taken from the settings of the moment with each connection. */
function tlsServer(tls: TlsSettings, now: () => TlsSettings | null, handler: RequestListener): Server {
  let used = tls;
  const server = createTlsServer(
    {
      ...BOUNDS,
      ...tls.secure,
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: tls.clients !== 'none',
      // Judged below, where names count as well.
      rejectUnauthorized: false,
    },
    handler,
  );
  server.prependListener('connection', () => {
    const settings = now() ?? used;
    if (settings !== used) server.setSecureContext(settings.secure);
    used = settings;
  });
  server.prependListener('secureConnection', (socket) => {
    if (!clientPasses(socket, used)) socket.destroy();
  });
  return server;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return 'content-length' in headers || 'transfer-encoding' in headers;
}

export interface Listener {
  readonly server: Server;
  /** Ends the connections that wait for nothing. */
  end(): void;
}

export function createListener({ tls, counters }: ListenerOptions, handler: RequestListener): Listener {
  const settings = tls();
  const server = settings ? tlsServer(settings, () => tls(), handler) : createServer(BOUNDS, handler);
  const bound = new ConnectionBound(counters);
  server.setTimeout(SILENCE_MS);
  server.prependListener('connection', (socket) => bound.add(socket));
  server.prependListener('request', (request, response) => {
    const { socket } = request;
    // Until its body is there it may be one of those that trickle.
    if (hasBody(request)) request.once('end', () => bound.work(socket));
    else bound.work(socket);
    response.once('close', () => bound.rest(socket));
  });
  server.prependListener('upgrade', ({ socket }) => bound.work(socket));
  return { server, end: () => bound.end() };
}
