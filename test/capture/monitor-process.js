/**
 * A process for the tests to run in a network namespace: starts the live capture that the first argument (JSON) describes
 * and tells what it hears, one JSON text a line. A line on standard input stops it.
 */
const { built, source, ...options } = JSON.parse(process.argv[2]);
const { startLive } = await import(`${built}live.js`);
const { startUdp } = await import(`${built}udp.js`);

const tell = (event, value) => process.stdout.write(`${JSON.stringify({ event, ...value })}\n`);
const revived = options.sync.map(({ group, ...ports }) => ({ group: Array.isArray(group) ? Uint8Array.from(group) : group, ...ports }));

const listener = {
  frame: ({ number, interface: name, bytes, atMicros, originalLength, linkType }) => {
    if (options.quiet) return;
    tell('frame', { number, interface: name, hex: Buffer.from(bytes).toString('hex'), atMicros, originalLength, linkType });
  },
  status: (status) => tell('status', status),
  blind: (interval) => tell('blind', interval),
};

try {
  const live = await (source === 'udp' ? startUdp : startLive)({ ...options, sync: revived }, listener);
  tell('ready', {});
  process.stdin.once('data', async () => {
    const before = live.status();
    await live.stop();
    tell('stopped', { interfaces: before });
    process.stdin.destroy();
  });
} catch (error) {
  tell('failed', { name: error.name, exitCode: error.exitCode, message: error.message, hint: error.hint });
}
