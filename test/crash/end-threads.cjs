/** Preloaded into the program: SIGUSR2 ends its threads as they are, in the middle of whatever they do. */
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  const threads = new Set();
  process.on('worker', (worker) => {
    threads.add(worker);
    worker.once('exit', () => threads.delete(worker));
  });
  process.on('SIGUSR2', () => {
    for (const worker of threads) void worker.terminate();
  });
}
