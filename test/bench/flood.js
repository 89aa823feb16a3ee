/**
 * What a flood does to a monitor: forged frames of each kind at the rate the cable takes, while a recording of a real director runs
 * on the same wire. Prints what was sent, heard and lost, memory, how the API answered, which real sessions were kept, and how
 * soon all was as before.
 *
 *   node test/bench/flood.js [--seconds 60] [--kinds sync,spoofed,senders,vrrp,arp,igmp,fragments] [--max-sessions 1000000]
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FloodedMonitor } from './flooded-monitor.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    kinds: { type: 'string', default: 'sync,spoofed,senders,vrrp,arp,igmp,fragments' },
    'max-sessions': { type: 'string', default: '1000000' },
  },
});
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const RECORDING = path('../fixtures/captures/dr-v1-failover.pcap');
const LVSCOPE = path('../../bin/lvscope.js');
const VIRTUAL = '10.99.0.100';
const MOST_RECOVERY_MS = 60_000;
const QUIET_MS = 100;
/** Frames in such a time that show that what had waited is still coming in. */
const FLOODING = 100;

const nameOf = ({ proto, client, virtual, destination }) =>
  [proto, ...[client, virtual, destination].map(({ address, port }) => `${address}:${port}`)].join(' ');
const real = JSON.parse(execFileSync(process.execPath, [LVSCOPE, 'replay', RECORDING, '--show', 'connections', '--json'])).map(nameOf);

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(0) ?? '-';
const mib = (octets) => (octets / 2 ** 20).toFixed(0);
const lostOf = ({ dropped }) => `${dropped.kernel} by the kernel, ${dropped.queue} by the queue, ${dropped.interface} by the interface`;

async function kept(monitor) {
  const { items } = await monitor.ask(`/api/v1/connections?virtual=${VIRTUAL}&limit=1000`);
  const there = new Set(items.map(nameOf));
  return real.filter((name) => there.has(name)).length;
}

/** Until an answer takes no longer than a quiet monitor's, and a frame sent now is in the state. */
async function recovery(monitor) {
  const started = performance.now();
  while (performance.now() - started < MOST_RECOVERY_MS) {
    const before = performance.now();
    const packets = await heard(monitor);
    const tookMs = performance.now() - before;
    await sleep(QUIET_MS);
    if (tookMs < QUIET_MS && (await heard(monitor)) - packets < FLOODING) break;
  }
  return performance.now() - started;
}

async function heard(monitor) {
  const [capture] = (await monitor.ask('/api/v1/capture')).items;
  return capture.packets;
}

async function flood(kind, seconds) {
  const monitor = await FloodedMonitor.start('--max-sessions', values['max-sessions']);
  try {
    await monitor.replay(RECORDING, '--multiplier=10');
    await sleep(1000);
    const memory = [monitor.memory()];
    const sampler = setInterval(() => memory.push(monitor.memory()), 1000);
    monitor.times = [];
    const [sent] = await Promise.all([monitor.flood(kind, seconds), monitor.replay(RECORDING)]);
    const times = monitor.times;
    monitor.times = [];
    const recovered = await recovery(monitor);
    clearInterval(sampler);
    const [capture] = (await monitor.ask('/api/v1/capture')).items;
    const status = await monitor.ask('/api/v1/status');
    const raised = (await monitor.ask('/api/v1/anomalies?check=raised&limit=1000')).items;
    const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
    const slowest = [...times].sort((a, b) => b.ms - a.ms).slice(0, 4);
    console.log(`--- ${kind}`);
    console.log(
      `sent       ${sent.packets} frames in ${sent.seconds.toFixed(1)} s: ${(sent.packets / sent.seconds).toFixed(0)}/s, ${((sent.octets * 8) / sent.seconds / 1e6).toFixed(0)} Mbit/s`,
    );
    console.log(`heard      ${capture.packets} frames; lost ${lostOf(capture)}`);
    console.log(
      `memory     MiB: ${memory
        .map(mib)
        .filter((_, i) => i % Math.ceil(memory.length / 12) === 0 || i === memory.length - 1)
        .join(' ')}`,
    );
    console.log(`sessions   ${JSON.stringify(status.sessions)}; real kept ${await kept(monitor)} of ${real.length}`);
    console.log(
      `overflows  ${JSON.stringify(status.overflows)} fragments ${JSON.stringify(status.fragments)} events not logged ${status.suppressedEvents}`,
    );
    console.log(
      `API        ${sorted.length} answers: p50 ${at(sorted, 0.5)} ms, p99 ${at(sorted, 0.99)} ms, slowest ${slowest.map(({ path: of, ms }) => `${of} ${ms.toFixed(0)}`).join(', ')}`,
    );
    console.log(`recovery   ${recovered.toFixed(0)} ms`);
    console.log(`anomalies  ${[...new Set(raised.map(({ kind: name }) => name))].join(', ')}`);
  } finally {
    await monitor.stop();
  }
}

for (const kind of values.kinds.split(',')) await flood(kind, Number(values.seconds));
