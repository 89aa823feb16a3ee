/**
 * Carries TCP between the loopback interface of its namespace and that of the lab's process. A listening socket belongs to the namespace
 * in which it was opened, whoever accepts from it; so listening sockets are handed over, and nothing is routed.
 *
 *   {verb: 'serve', port} with a server   who connects to it from outside is connected to this port inside
 *   {verb: 'listen', port}                opens this port inside and hands it out
 */
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

process.on('message', ({ verb, port }, server) => {
  if (verb === 'serve')
    server.on('connection', (outside) => {
      const inside = connect(port, '127.0.0.1');
      pipeline(outside, inside, outside, () => {});
    });
  else {
    const inside = createServer().listen(port, '127.0.0.1', () => process.send({ listening: port }, inside, () => inside.close()));
  }
});
process.send('ready');
