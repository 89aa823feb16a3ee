/**
 * The passwords of the recordings, and what could be compared with a guess, appear nowhere: the program itself reads each
 * recording, and its database, everything that it answers over REST, the evidence of every event and its log are searched.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCapture } from '../src/capture/file.ts';
import { startMonitor } from './cli/running-monitor.ts';
import { FIXTURES } from './environment.ts';

const RECORDINGS = [
  ['captures', 'misconfigured'],
  ['captures', 'vrrp-zoo'],
  ['captures', 'dr-v1-failover'],
  ['keepalived', 'auth-ah-and-pass'],
];
const NOUNS = ['events', 'vrrp', 'daemons', 'services', 'connections', 'capture', 'status'];
const PASS = 1;

/** Password octets of the version 2 adverts: RFC 3768 section 5.1, read here without the program's own dissectors. */
function passwordsIn(bytes: Uint8Array): Buffer[] {
  let at = bytes[12] === 0x81 && bytes[13] === 0x00 ? 18 : 14;
  if (bytes[at] >>> 4 !== 4) return [];
  let protocol = bytes[at + 9];
  at += (bytes[at] & 15) * 4;
  if (protocol === 51) {
    protocol = bytes[at];
    at += (bytes[at + 1] + 2) * 4;
  }
  if (protocol !== 112 || bytes[at] >>> 4 !== 2 || bytes[at + 4] !== PASS) return [];
  const from = at + 8 + 4 * bytes[at + 3];
  return [Buffer.from(bytes.subarray(from, from + 8))];
}

async function passwordsOf(path: string): Promise<Buffer[]> {
  const found = new Map<string, Buffer>();
  await readCapture(path, {
    frame: ({ bytes }) => passwordsIn(bytes).forEach((password) => void found.set(password.toString('hex'), password)),
  });
  return [...found.values()];
}

/** What must not be found of a password: itself, written otherwise, and its hashes, of all 8 octets and without the zeros behind. */
function tracesOf(password: Buffer): Buffer[] {
  const text = password.subarray(0, password.indexOf(0) < 0 ? 8 : password.indexOf(0));
  const hashes = [password, text].flatMap((octets) =>
    ['md5', 'sha1', 'sha256', 'sha512'].map((algorithm) => createHash(algorithm).update(octets).digest()),
  );
  const binary = [password, ...hashes];
  const written = binary.flatMap((octets) => [octets.toString('hex'), octets.toString('hex').toUpperCase(), octets.toString('base64')]);
  return [...binary, ...written.map((one) => Buffer.from(one)), Buffer.from(`"${text.toString('latin1')}"`)];
}

/** Paths below a folder: the database, the history. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function fetched(url: string): Promise<Buffer> {
  const response = await fetch(url);
  return Buffer.from(await response.arrayBuffer());
}

test.each(RECORDINGS)('%s/%s', async (folder, name) => {
  const recording = join(FIXTURES, folder, `${name}.pcap`);
  const passwords = await passwordsOf(recording);
  expect(passwords.length).toBeGreaterThan(0);

  const program = await startMonitor(recording, '127.0.0.1:0', '--sync', '224.0.0.81:8848-8911');
  onTestFinished(() => program.stop());
  const places = new Map<string, Buffer>();
  for (const noun of NOUNS) places.set(noun, await fetched(`${program.url}api/v1/${noun}`));
  places.set('metrics', await fetched(`${program.url}metrics`));
  const { items } = JSON.parse(String(places.get('events'))) as { items: { id: string }[] };
  expect(items.length).toBeGreaterThan(0);
  for (const { id } of items) places.set(`evidence of ${id}`, await fetched(`${program.url}api/v1/events/${id}/pcap`));
  await program.end();
  places.set('log', Buffer.from(program.log()));
  for (const file of filesIn(program.data)) places.set(file, readFileSync(join(program.data, file)));

  // The search would find them: they are in the recording.
  for (const password of passwords) expect(readFileSync(recording).includes(password)).toBe(true);
  expect([...places.keys()].some((place) => place.startsWith('history'))).toBe(true);
  expect(places.get('lvscope.db')?.includes('masked01')).toBe(true);
  for (const [place, octets] of places)
    for (const password of passwords)
      for (const trace of tracesOf(password)) expect(octets.includes(trace), `${trace.toString('latin1')} in ${place}`).toBe(false);
});
