/** Who is closed when there is no more room: a server that listens, and connections of all kinds. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createListener, type Listener } from '../../src/http/listener.ts';
import { isLoopback, networkOf } from '../../src/http/network.ts';
import { newHttpCounters } from '../../src/http/numbers.ts';

const MOST = 1000;
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const TRICKLE = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1';

let listener: Listener;
const held: ServerResponse[] = [];
const sockets: Socket[] = [];
const counters = newHttpCounters();

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  held.length = 0;
  listener.server.close();
});

async function open(text: string): Promise<Socket> {
  const { port } = listener.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

it('keeps those whose answer is coming, closes the longest waiting of the others, then newcomers', async () => {
  listener = createListener({ tls: () => null, counters }, (_, response) => held.push(response));
  listener.server.listen(0, '127.0.0.1');
  await once(listener.server, 'listening');
  const slow = [await open('GET / HT'), await open(TRICKLE), await open('')];
  for (let i = slow.length; i < MOST; i++) await open(REQUEST);
  while (held.length < MOST - 2) await sleep(5);
  expect(counters.connections).toBe(MOST);

  const ends = slow.map((socket) => once(socket, 'close'));
  for (const [i, end] of ends.entries()) {
    await open(REQUEST);
    await end;
    expect(slow.map(({ destroyed }) => destroyed)).toEqual(slow.map((_, at) => at <= i));
  }
  while (held.length < MOST + 1) await sleep(5);
  const refused = await open(REQUEST);
  await once(refused, 'close');
  expect([counters.connections, Object.fromEntries(counters.connectionsDropped)]).toEqual([MOST, { waiting: 3, full: 1 }]);

  // An answer makes room: its connection waits again.
  held.at(-1)?.end('done');
  const [said] = (await once(sockets.at(-2) ?? refused, 'data')) as [Buffer];
  expect(String(said)).toContain('done');
  const newcomer = await open(REQUEST);
  while (held.length < MOST + 2) await sleep(5);
  expect(newcomer.destroyed).toBe(false);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:aaaa::1', networkOf('2001:db8:1:2:bbbb::2')],
])('%s counts as %s (RFC 4291: a host has a /64)', (address, network) => {
  expect(networkOf(address)).toBe(network);
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
});

it.each([
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['', false],
])('%s is of this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
