/**
 * `npm run bench`: 250 000 sync datagrams of 40 records, a million sessions, through the program's own path from the file on
 * (pcap stream, dissectors, connection table), and tshark on the same file in the same run. Figures only compare within one run.
 *
 *   node test/bench/decode.js [--datagrams N] [--rounds N] [--no-tshark]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSyncFile } from './sync-file.js';

const { values } = parseArgs({
  options: {
    datagrams: { type: 'string', default: '250000' },
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    'no-tshark': { type: 'boolean', default: false },
  },
});
const DIST = new URL('../../dist/', import.meta.url);
const { readCapture } = await import(new URL('src/capture/file.js', DIST).href);
const { createPipeline } = await import(new URL('src/pipeline.js', DIST).href);
const { createMonitor } = await import(new URL('src/state/monitor.js', DIST).href);
const { parseSyncChannel, DEFAULT_SYNC } = await import(new URL('src/config.js', DIST).href);

const rate = (records, seconds) => records / seconds / 1e6;

async function decode(file) {
  const monitor = createMonitor({ maxSessions: 5_000_000, trackChanges: false });
  const frame = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  const started = performance.now();
  const fault = await readCapture(file, { frame });
  const seconds = (performance.now() - started) / 1000;
  if (fault) throw new Error(`the generated file is damaged at byte ${fault.at}: ${fault.text}`);
  return { seconds, records: monitor.sessions.counters.records, live: monitor.sessions.live };
}

function tshark(file) {
  const fields = [
    'ipvs.proto',
    'ipvs.caddr',
    'ipvs.cport',
    'ipvs.vaddr',
    'ipvs.vport',
    'ipvs.daddr',
    'ipvs.dport',
    'ipvs.state',
    'ipvs.timeout',
  ];
  const args = ['-n', '-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const started = performance.now();
  const { status, error } = spawnSync('tshark', args, { stdio: ['ignore', 'ignore', 'ignore'] });
  if (error || status !== 0) return null;
  return (performance.now() - started) / 1000;
}

const folder = mkdtempSync(join(tmpdir(), 'lvscope-bench-'));
try {
  const file = join(folder, 'sync.pcap');
  const records = writeSyncFile(file, Number(values.datagrams), Number(values.sessions));
  console.log(
    `file      ${(statSync(file).size / 1e6).toFixed(0)} MB, ${values.datagrams} datagrams, ${records} records, ${values.sessions} sessions`,
  );
  let best = 0;
  for (let round = 1; round <= Number(values.rounds); round++) {
    const result = await decode(file);
    best = Math.max(best, rate(result.records, result.seconds));
    console.log(
      `lvscope   ${rate(result.records, result.seconds).toFixed(2)} M records/s (${result.seconds.toFixed(2)} s, ${result.live} sessions live)`,
    );
  }
  const seconds = values['no-tshark'] ? null : tshark(file);
  if (seconds === null) console.log('tshark    not run');
  else {
    console.log(`tshark    ${rate(records, seconds).toFixed(2)} M records/s (${seconds.toFixed(2)} s)`);
    console.log(`ratio     ${(best / rate(records, seconds)).toFixed(1)} x tshark`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
