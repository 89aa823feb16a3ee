/** Subscribes to all connections of a monitor, takes the snapshot, prints it as JSON: `node live-client.js ws://HOST:PORT`. */
import { WebSocket } from 'ws';

const socket = new WebSocket(`${process.argv[2]}/api/v1/live`);
socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 'all', noun: 'connections', limit: 1000 })));
socket.on('message', (data) => {
  const message = JSON.parse(data.toString());
  if (message.type !== 'snapshot') return;
  process.stdout.write(JSON.stringify(message));
  socket.close();
});
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
