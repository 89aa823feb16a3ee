/** What Wireshark's and tcpdump's own programs say about a capture: the second opinion of the tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ExpectedFrame {
  /** Seconds since 1970 with nine decimals, as text. */
  readonly time: string;
  readonly captured: number;
  readonly original: number;
  readonly interface: string | null;
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/captures/${name}`, import.meta.url));
}

export function run(program: string, args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync(program, args, { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

export function framesOf(path: string, filter = ''): ExpectedFrame[] {
  const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.interface_name'];
  const args = ['-n', '-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const rows = run('tshark', filter ? [...args, '-Y', filter] : args)
    .toString()
    .split('\n')
    .filter(Boolean);
  return rows.map((row) => {
    const [time, captured, original, name] = row.split('\t');
    return { time, captured: Number(captured), original: Number(original), interface: name || null };
  });
}

/** Microseconds, rounded down: digits are cut off as text, so that no floating point is in the way. */
export function microsOfText(time: string): number {
  const [seconds, fraction = ''] = time.split('.');
  return Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** A directory for one test file's own files; call `remove` when done. */
export function scratch(): { file(name: string): string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'lvscope-capture-'));
  return {
    file: (name) => join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
