/** Stands between a client and a server and cuts connections as networks do: in the middle of a message, or without a word. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CuttingProxy {
  /** What may still pass to the client before its connection is cut; null: no end. */
  private left: number | null = null;
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async before(port: () => number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => proxy.join(client, connect(port(), '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Lets so many octets more through to the client, then breaks both ends. */
  cutAfter(octets: number): void {
    this.left = octets;
  }

  /** Passes nothing on from now on, in neither direction, and tells nobody; only new connections work. */
  fallSilent(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.removeAllListeners('data').pause();
  }

  close(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    this.server.close();
  }

  private join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.pairs.add(pair);
    this.left = null;
    const end = () => {
      client.destroy();
      server.destroy();
      this.pairs.delete(pair);
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    client.on('data', (data) => server.write(data));
    server.on('data', (data: Buffer) => {
      if (this.left === null) client.write(data);
      else {
        const passing = data.subarray(0, this.left);
        this.left -= passing.length;
        client.write(passing, () => {
          if (this.left === 0) end();
        });
      }
    });
  }
}
