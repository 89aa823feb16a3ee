/** Live clients, of which some never read, and how long a change takes from the wire to the message of each of the others. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { HOT_SESSIONS } from './fed-monitor.js';

/** All of them show the first rows of the table. */
const FILTERS = [
  {},
  { proto: 'tcp' },
  { family: 'ipv4' },
  { client: '11.0.0.0/8' },
  { state: 'ESTABLISHED' },
  { dest: '10.100.0.0/16' },
  { forward: 'route' },
  { template: 'false' },
];
/** A timeout that says which change it is. */
const MARK = 7_000_000;
const MARK_TEXT = Buffer.from('"timeoutSeconds":7');
const MARK_DIGITS = 7;
const PROBED = 5;

async function open(url, subscriptions) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`);
  await once(socket, 'open');
  for (const subscription of subscriptions) socket.send(JSON.stringify({ type: 'subscribe', ...subscription }));
  return socket;
}

const connections = (limit, i, id = 'c') => ({ id, noun: 'connections', limit, filter: FILTERS[i % FILTERS.length] });

/** The latest change that a message tells of; 0 for none. */
function markOf(message) {
  const at = message.indexOf(MARK_TEXT);
  if (at < 0) return 0;
  const digits = Number(message.toString('latin1', at + MARK_TEXT.length - 1, at + MARK_TEXT.length - 1 + MARK_DIGITS));
  return digits >= MARK ? digits - MARK : 0;
}

/**
 * @param {import('./fed-monitor.js').FedMonitor} monitor
 * @param {{ readers: number, deaf: number, seconds: number }} options
 * @returns took: milliseconds from the wire to the message, of each change and client that reads
 */
export async function watchWith(monitor, { readers, deaf, seconds }) {
  const sentAt = [0];
  const took = [];
  const counts = { messages: 0, octets: 0, deafClosed: 0 };
  const sockets = [];
  for (let i = 0; i < deaf; i++) {
    const socket = await open(
      monitor.url,
      [0, 1, 2, 3].map((k) => connections(1000, k, `c${k}`)),
    );
    socket.pause();
    socket.on('error', () => {});
    sockets.push(socket);
  }
  for (let i = 0; i < readers; i++) {
    const socket = await open(monitor.url, [connections(100, i), { id: 's', noun: 'status' }, { id: 'e', noun: 'events' }]);
    let seen = 0;
    socket.on('message', (message) => {
      const now = performance.now();
      counts.messages++;
      counts.octets += message.length;
      const mark = markOf(message);
      // One that was overtaken by the next is told with it.
      for (; seen < mark; seen++) if (sentAt[seen + 1] > 0) took.push(now - sentAt[seen + 1]);
    });
    socket.seen = () => seen;
    sockets.push(socket);
  }
  const memory = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const mark = sentAt.push(performance.now()) - 1;
    await monitor.send(1, (i) => ({ n: i === 0 ? PROBED : (i * 17) % HOT_SESSIONS, timeout: i === 0 ? MARK + mark : 5000 + (mark % 7) }));
    await sleep(37 + (mark % 41));
    if (mark % 20 === 0) memory.push(monitor.memory());
  }
  await sleep(1000);
  const last = sentAt.length - 1;
  const missing = sockets.slice(deaf).filter((socket) => socket.seen() < last).length;
  for (const socket of sockets) socket.terminate();
  return { took, ...counts, missing, memory: Math.max(...memory) };
}

const ORDERS = ['client', '-expires', 'age', 'destination'];

/**
 * Clients that look at different places of the sorted table, and one that shows its first rows.
 * @param {import('./fed-monitor.js').FedMonitor} monitor
 * @param {{ windows: number, sessions: number, seconds: number }} options
 * @returns snapshots: milliseconds to the first rows of each window; looks: new orders of all, a second; plain: messages of the last client, a second
 */
export async function watchWindows(monitor, { windows, sessions, seconds }) {
  const snapshots = [];
  const sockets = [];
  let looks = 0;
  for (let i = 0; i < windows; i++) {
    const socket = await open(monitor.url, []);
    const began = performance.now();
    const offset = Math.floor((sessions * (i + 0.5)) / windows);
    const [sort] = ORDERS.slice(i % ORDERS.length);
    socket.send(JSON.stringify({ type: 'subscribe', id: 'w', noun: 'connections', limit: 200, sort, offset }));
    const snapshot = new Promise((resolve) => socket.once('message', resolve));
    await snapshot;
    snapshots.push(performance.now() - began);
    let before = '';
    socket.on('message', (message) => {
      const order = JSON.parse(String(message)).order.join();
      looks += Number(order !== before);
      before = order;
    });
    sockets.push(socket);
  }
  const plain = await open(monitor.url, [connections(100, 0)]);
  let messages = 0;
  plain.on('message', () => messages++);
  sockets.push(plain);
  await sleep(seconds * 1000);
  for (const socket of sockets) socket.terminate();
  return { snapshots, looks: looks / seconds, plain: messages / seconds };
}
