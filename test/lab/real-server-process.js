/** Echoes TCP and UDP: `node real-server-process.js PORT,PORT ADDRESS ADDRESS`. Says `ready` over its channel. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A client that resets its session is no fault of ours. */
const ignore = () => {};

async function serve(address, port) {
  const tcp = createServer((socket) => socket.on('error', ignore).pipe(socket));
  tcp.listen({ port, host: address, backlog: 4096 });
  // Bound to the address, so that answers come from it.
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (data, { port: to, address: client }) => udp.send(data, to, client, ignore));
  udp.bind(port, address);
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
}

const [ports, ...addresses] = process.argv.slice(2);
await Promise.all(ports.split(',').flatMap((port) => addresses.map((address) => serve(address, Number(port)))));
process.send('ready');
