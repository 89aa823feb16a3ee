/** Real TCP and UDP sessions to the virtual addresses, held, closed and counted: thousands of them in one process. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Segment } from './segment.ts';

const PROCESS = fileURLToPath(new URL('client-process.js', import.meta.url));

export interface Opened {
  /** `port`: the client's; `firstPacketMs`: when it sent data first, epoch milliseconds. TCP's handshake took two packets before. */
  readonly sessions: readonly { readonly port: number; readonly firstPacketMs: number }[];
  readonly failed: number;
}

interface Verbs {
  readonly open: [
    { readonly proto: 'tcp' | 'udp'; readonly address: string; readonly port: number; readonly count: number; readonly packets: number },
    Opened,
  ];
  readonly talk: [{ readonly packets: number }, { readonly held: number; readonly answered: number }];
  readonly close: [{ readonly count: number }, { readonly held: number }];
  readonly reset: [{ readonly count: number }, { readonly held: number }];
  readonly churn: [{ readonly address: string; readonly port: number; readonly perSecond: number; readonly heldSeconds: number }, object];
  readonly calm: [object, object];
}

export class Client {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (message: { id: number; result: unknown }) => {
      this.#waiting.get(message.id)?.(message.result);
      this.#waiting.delete(message.id);
    });
  }

  static async start(segment: Segment, name: string, number: number): Promise<Client> {
    await segment.addHost(name, number);
    const child = segment.spawn(name, process.execPath, [PROCESS], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new Client(child);
  }

  #tell<V extends keyof Verbs>(verb: V, words: Verbs[V][0]): Promise<Verbs[V][1]> {
    const id = this.#asked++;
    this.#process.send({ id, verb, words });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (result: unknown) => void);
    });
  }

  /** Opens sessions that are held; each sends `packets` packets of one octet (three pass the kernel's sync_threshold with TCP's handshake). */
  open(address: string, port: number, { proto = 'tcp', count = 1, packets = 3 }: Partial<Verbs['open'][0]> = {}): Promise<Opened> {
    return this.#tell('open', { proto, address, port, count, packets });
  }

  /** Every held session sends `packets` packets, one after the other; `answered`: those whose every packet came back. */
  talk(packets: number): Promise<Verbs['talk'][1]> {
    return this.#tell('talk', { packets });
  }

  /** Ends the oldest held sessions with FIN. */
  close(count: number): Promise<Verbs['close'][1]> {
    return this.#tell('close', { count });
  }

  /** Ends the oldest held sessions with RST. */
  reset(count: number): Promise<Verbs['reset'][1]> {
    return this.#tell('reset', { count });
  }

  /** Sessions come and go, each held for up to `heldSeconds`, until `calm`. */
  async churn(address: string, port: number, perSecond: number, heldSeconds: number): Promise<void> {
    await this.#tell('churn', { address, port, perSecond, heldSeconds });
  }

  async calm(): Promise<void> {
    await this.#tell('calm', {});
  }
}
