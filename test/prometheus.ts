/** A real Prometheus of this machine's, in a folder of its own on 127.0.0.1, asked over its HTTP API. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A series of an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** Without a slash at the end. */
  readonly url: string;
  /** Where its configuration and extra files lie, and the names in `rule_files` count from. */
  readonly folder: string;
  /** `data` of an answer of the API: `api('rules')`, `api('query_range', {...})`. @throws Error with what Prometheus says is wrong */
  api(path: string, parameters?: Readonly<Record<string, string | number>>): Promise<unknown>;
  /** An instant query whose answer is a vector. */
  query(expression: string): Promise<Series[]>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  /** The configuration as `prometheus.yml` has it: an object, as JSON is YAML. */
  readonly config: unknown;
  /** Further files by name, beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

const START_MS = 30_000;
const STEP_MS = 50;

/** A port that nobody listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Waits for a program's ready page. @param said what it wrote so far, for the error */
export async function untilReady(url: string, program: ChildProcess, said: () => string): Promise<void> {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(STEP_MS)) {
    if (program.exitCode !== null) break;
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
  }
  throw new Error(`${url} is not ready: ${said()}`);
}

function apiOf(url: string): Prometheus['api'] {
  return async (path, parameters = {}) => {
    const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    const answer = (await (await fetch(`${url}/api/v1/${path}?${query}`)).json()) as { status: string; data: unknown; error?: string };
    if (answer.status !== 'success') throw new Error(`${path} ${query.get('query') ?? ''}: ${answer.error}`);
    return answer.data;
  };
}

interface Vector {
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[];
}

/** Start it after a check of `needs('prometheus')`, and stop it in `afterAll`. */
export async function startPrometheus({ config, files = {} }: PrometheusOptions): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-prometheus-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const listen = `127.0.0.1:${await freePort()}`;
  const program = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${listen}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const stop = async () => {
    if (program.exitCode === null && program.kill()) await once(program, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://${listen}`;
  await untilReady(`${url}/-/ready`, program, () => said).catch(async (error) => {
    await stop();
    throw error;
  });
  const api = apiOf(url);
  return {
    url,
    folder,
    api,
    async query(expression) {
      const { result } = (await api('query', { query: expression })) as Vector;
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    stop,
  };
}
