/** A real Alertmanager of this machine's, alone, on 127.0.0.1, that pages one webhook at once; and the webhook's other end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilReady } from './prometheus.ts';

export interface Alertmanager {
  /** `HOST:PORT`, as Prometheus takes it for a target. */
  readonly address: string;
  stop(): Promise<void>;
}

/** One alert of a notification, as Alertmanager's webhook_config sends it. */
export interface PagedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Page {
  /** When it came, in milliseconds since 1970. */
  readonly atMs: number;
  readonly alert: PagedAlert;
}

export interface Pager {
  readonly url: string;
  /** All that came, oldest first. */
  readonly pages: readonly Page[];
  stop(): Promise<void>;
}

/** Takes notifications over HTTP. */
export async function startPager(): Promise<Pager> {
  const pages: Page[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { alerts } = JSON.parse(body) as { alerts: PagedAlert[] };
      const atMs = Date.now();
      pages.push(...alerts.map((alert) => ({ atMs, alert })));
      response.end();
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}/`,
    pages,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Start it after a check of `needs('alertmanager')`, and stop it in `afterAll`. @param webhook whom it pages */
export async function startAlertmanager(webhook: string): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-alertmanager-'));
  const config = {
    // An alert of its own for each: nothing waits for others to be told with it.
    route: { receiver: 'pager', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
    receivers: [{ name: 'pager', webhook_configs: [{ url: webhook }] }],
  };
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const program = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  program.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const stop = async () => {
    if (program.exitCode === null && program.kill()) await once(program, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  await untilReady(`http://${address}/-/ready`, program, () => said).catch(async (error) => {
    await stop();
    throw error;
  });
  return { address, stop };
}
