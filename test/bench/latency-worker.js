/** Asks one address again and again, a fixed time apart, until told to stop; answers with how long each took, in milliseconds. */
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const { url, everyMs } = workerData;
const agent = new Agent({ keepAlive: true });
const took = [];
let stopped = false;
parentPort.once('message', () => {
  stopped = true;
});

function ask() {
  const began = performance.now();
  get(url, { agent }, (answer) => {
    answer.resume();
    answer.on('end', () => {
      took.push(performance.now() - began);
      if (stopped) parentPort.postMessage(took);
      else setTimeout(ask, Math.max(0, everyMs - (performance.now() - began)));
      if (stopped) agent.destroy();
    });
  }).on('error', (error) => {
    throw error;
  });
}
ask();
