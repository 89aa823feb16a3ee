// Keeps the connection table of a running monitor, over cuts and restarts: node live-client.js ws://127.0.0.1:9852/api/v1/live
import { WebSocket } from 'ws';

const rows = new Map();
let since;
(function connect() {
  const socket = new WebSocket(process.argv[2], 'lvscope.live.v1');
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 'table', noun: 'connections', limit: 1000, since })));
  socket.on('message', (data) => {
    const { type, epoch = since?.epoch, resume = since?.resume, seq, items, upsert = items, remove = [] } = JSON.parse(data);
    if (type === 'snapshot') rows.clear();
    for (const id of remove) rows.delete(id);
    for (const row of upsert) rows.set(row.id, row);
    since = { epoch, seq, resume };
    process.stdout.write(`${type} ${seq} ${[...rows.keys()].join()}\n`);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => setTimeout(connect, 1000));
})();
