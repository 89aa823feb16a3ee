/**
 * Real sessions, held in one process. Over its channel it is told `{id, verb, words}` and answers `{id, result}`:
 *
 *   open   {proto, address, port, count, packets}   opens sessions; each sends packets of one octet and waits for their echoes
 *   talk   {packets}                                every held session sends packets
 *   close  {count}, reset {count}                   the oldest held ones end with FIN, with RST
 *   churn  {address, port, perSecond, heldSeconds}  sessions come and go, until `calm {}`
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ECHO_MS = 3000;
/** Sessions that wait for their echoes at the same time. */
const AT_ONCE = 200;

/** [{localPort, echoed(): Promise<boolean>, close(), reset()}] oldest first */
const held = [];

function answered(socket, event, say) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(false), ECHO_MS);
    const done = (ok) => {
      clearTimeout(timer);
      socket.off(event, heard);
      resolve(ok);
    };
    const heard = () => done(true);
    socket.once(event, heard);
    say();
  });
}

async function openTcp(address, port) {
  const socket = connect({ host: address, port, noDelay: true });
  await once(socket, 'connect');
  // A session that the other side cuts answers no more: that is what `talk` counts.
  socket.on('error', () => {});
  return {
    localPort: socket.localPort,
    echoed: () => answered(socket, 'data', () => socket.write('x')),
    close: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
  };
}

async function openUdp(address, port) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.connect(port, address);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const close = () => socket.close();
  return { localPort: socket.address().port, echoed: () => answered(socket, 'message', () => socket.send('x')), close, reset: close };
}

/** True when every packet had its echo. */
async function say(session, packets) {
  let all = true;
  for (let n = 0; n < packets; n++) all = (await session.echoed()) && all;
  return all;
}

/** True while sessions are to come and go. */
let churning = false;

async function comeAndGo({ address, port, heldSeconds }) {
  try {
    const session = await openTcp(address, port);
    await say(session, 3);
    await sleep(heldSeconds * 1000 * Math.random());
    session.close();
  } catch {
    // The service may be between two masters.
  }
}

const verbs = {
  async open({ proto, address, port, count, packets }) {
    const sessions = [];
    let failed = 0;
    const one = async () => {
      try {
        const session = await (proto === 'udp' ? openUdp : openTcp)(address, port);
        const firstPacketMs = Date.now();
        held.push(session);
        await say(session, packets);
        sessions.push({ port: session.localPort, firstPacketMs });
      } catch {
        failed++;
      }
    };
    for (let left = count; left > 0; left -= AT_ONCE) await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, one));
    return { sessions, failed };
  },
  async talk({ packets }) {
    let answers = 0;
    for (let i = 0; i < held.length; i += AT_ONCE) {
      const all = await Promise.all(held.slice(i, i + AT_ONCE).map((session) => say(session, packets)));
      answers += all.filter(Boolean).length;
    }
    return { held: held.length, answered: answers };
  },
  async close({ count }) {
    for (const session of held.splice(0, count)) session.close();
    return { held: held.length };
  },
  async reset({ count }) {
    for (const session of held.splice(0, count)) session.reset();
    return { held: held.length };
  },
  async churn(words) {
    churning = true;
    void (async () => {
      for (; churning; await sleep(1000 / words.perSecond)) void comeAndGo(words);
    })();
    return {};
  },
  async calm() {
    churning = false;
    return {};
  },
};

process.on('message', async ({ id, verb, words }) => {
  process.send({ id, result: await verbs[verb](words) });
});
process.send('ready');
