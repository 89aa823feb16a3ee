/** The program itself behind its access rules, with a recording that comes over its standard input while it is being attacked. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { type RequestOptions, request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXTURES, LVSCOPE } from '../environment.ts';

/** bcrypt by the C library (libxcrypt), with cost 4 to be quick. */
export function bcrypt(password: string, cost = '04'): string {
  return execFileSync('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, `$2y$${cost}$abcdefghijklmnopqrstuu`], {
    encoding: 'utf8',
  });
}

export const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
export const bearer = (token: string): string => `Bearer ${token}`;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Unlike fetch, it sends any Host and any path as they are given. */
export function ask(url: string, options: RequestOptions & { readonly path?: string; readonly body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const request = url.startsWith('https') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, ...rest }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends octets as they are; resolves with everything that comes until the server closes, or until it is quiet. */
export async function raw(port: number, text: string, quietMs = 500): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (part) => (said += part.toString('latin1')));
  socket.on('error', () => socket.destroy());
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return said;
}

export interface Guarded {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Where its files lie. */
  readonly folder: string;
  readonly child: ChildProcess;
  /** All that it wrote on standard error. */
  log(): string;
  /** Resident memory in octets. */
  memory(): number;
  stop(): Promise<void>;
}

/** @param files by name; `web.yml` and `lvscope.yml` are handed over. @param source of the frames: a recording, or `-` for standard input */
export async function guarded(
  files: Readonly<Record<string, string>>,
  source: string = join(FIXTURES, 'captures', 'nat-v0.pcap'),
  host = '127.0.0.1',
): Promise<Guarded> {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-access-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const named = [
    ...('web.yml' in files ? ['--web.config.file', join(folder, 'web.yml')] : []),
    ...('lvscope.yml' in files ? ['--config', join(folder, 'lvscope.yml')] : []),
  ];
  const words = [
    'run',
    '--read',
    source,
    '--listen',
    `${host}:0`,
    '--data',
    join(folder, 'data'),
    '--allowed-host',
    'lb.example',
    ...named,
  ];
  const child = spawn(process.execPath, [LVSCOPE, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let logged = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (logged += text));
  const found = () => /^lvscope: (https?:\S+:(\d+))\/$/m.exec(said);
  for (let i = 0; i < 400 && !found() && child.exitCode === null; i++) await sleep(25);
  const [, url, port] = found() ?? [];
  if (!url) throw new Error(`did not start: ${said}${logged}`);
  return {
    url: url.replace(host, '127.0.0.1'),
    port: Number(port),
    folder,
    child,
    log: () => logged,
    memory: () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
