/**
 * How many connections may be open: when there is no more room, the one that has waited longest without a request in work makes
 * room for the new one. So connections that say nothing, or say it slowly, keep nobody out; who has his answer coming keeps it.
 */
import type { Socket } from 'node:net';
import { networkOf } from './network.ts';
import { countConnectionDrop, type HttpCounters } from './numbers.ts';

/** A connection under TLS may take some 100 kB: 0.2 GB at most. */
const MOST = 2000;
const MOST_PER_NETWORK = 1000;

interface Connection {
  readonly key: string;
  readonly socket: Socket;
  readonly network: string;
}

interface Network {
  open: number;
  /** Longest waiting first. */
  readonly waiting: Set<Connection>;
}

/** The same for a TLS connection and the TCP connection below it. */
function keyOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

export class ConnectionBound {
  readonly #counters: HttpCounters;
  readonly #byKey = new Map<string, Connection>();
  readonly #networks = new Map<string, Network>();
  readonly #waiting = new Set<Connection>();

  constructor(counters: HttpCounters) {
    this.#counters = counters;
  }

  /** @param socket just accepted; destroyed when there is no room */
  add(socket: Socket): void {
    const connection: Connection = { key: keyOf(socket), socket, network: networkOf(socket.remoteAddress ?? '') };
    if (!this.#makeRoom(connection.network)) {
      socket.destroy();
      countConnectionDrop(this.#counters, 'full');
      return;
    }
    this.#byKey.set(connection.key, connection);
    const network = this.#networks.get(connection.network) ?? { open: 0, waiting: new Set() };
    network.open++;
    this.#networks.set(connection.network, network);
    this.#wait(connection);
    socket.once('close', () => this.#forget(connection));
    this.#count();
  }

  /** A whole request has come; until `rest()` the connection is not closed for the sake of others. */
  work(socket: Socket): void {
    const connection = this.#byKey.get(keyOf(socket));
    if (!connection) return;
    this.#waiting.delete(connection);
    this.#networks.get(connection.network)?.waiting.delete(connection);
  }

  /** The answer is sent, or the connection is gone. */
  rest(socket: Socket): void {
    const connection = this.#byKey.get(keyOf(socket));
    if (connection) this.#wait(connection);
  }

  /** Ends all that have no request in work. */
  end(): void {
    for (const { socket } of this.#waiting) socket.destroy();
  }

  #wait(connection: Connection): void {
    this.#waiting.add(connection);
    this.#networks.get(connection.network)?.waiting.add(connection);
  }

  #makeRoom(name: string): boolean {
    const network = this.#networks.get(name);
    const isFull = network !== undefined && network.open >= MOST_PER_NETWORK;
    if (!isFull && this.#byKey.size < MOST) return true;
    const [longest] = isFull ? network.waiting : this.#waiting;
    if (!longest) return false;
    this.#forget(longest);
    longest.socket.destroy();
    countConnectionDrop(this.#counters, 'waiting');
    return true;
  }

  #forget(connection: Connection): void {
    if (this.#byKey.get(connection.key) !== connection) return;
    this.#byKey.delete(connection.key);
    this.#waiting.delete(connection);
    const network = this.#networks.get(connection.network);
    network?.waiting.delete(connection);
    if (network && --network.open === 0) this.#networks.delete(connection.network);
    this.#count();
  }

  #count(): void {
    this.#counters.connections = this.#byKey.size;
  }
}
