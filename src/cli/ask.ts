/** `lvscope NOUN [FIELD=VALUE...]`: asks a running monitor over its REST interface. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Anomaly } from '../contract/anomaly.ts';
import type { Daemon } from '../contract/daemon.ts';
import type { Event } from '../contract/event.ts';
import type { Failover } from '../contract/failover.ts';
import type { Group } from '../contract/group.ts';
import type { Neighbor } from '../contract/neighbor.ts';
import type { Status } from '../contract/status.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { anomalyLines } from './anomaly-text.ts';
import { failoverLines } from './failover-text.ts';
import { apiUrl, fetchAll, fetchFrom, type List } from './monitor-client.ts';
import { urlOption } from './options.ts';
import { createOutput, type Output } from './output.ts';
import { daemonLines, eventLines, groupLines, neighborLines, vrrpLines } from './tables.ts';
import { statusText } from './text.ts';

interface AskOptions {
  readonly url: string;
  readonly json?: true;
  readonly watch?: true;
  readonly persistentConn?: true;
}

interface Noun {
  readonly name: string;
  readonly description: string;
  /** Null: the monitor writes the text itself, in ipvsadm's layout. */
  readonly lines: ((body: unknown) => string[]) | null;
}

const WATCH_MS = 1000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

const items = <Item>(body: unknown): Item[] => (body as List<Item>).items;

const NOUNS: readonly Noun[] = [
  { name: 'connections', description: 'the connection table, as ipvsadm -Lnc prints it', lines: null },
  { name: 'services', description: 'virtual services and real servers, as ipvsadm -Ln --exact prints them', lines: null },
  { name: 'vrrp', description: 'virtual routers and their masters', lines: (body) => vrrpLines(items<VirtualRouter>(body)) },
  { name: 'neighbors', description: 'who has which address, and who had it', lines: (body) => neighborLines(items<Neighbor>(body)) },
  { name: 'groups', description: 'who listens to which multicast group, and who asks', lines: (body) => groupLines(items<Group>(body)) },
  { name: 'daemons', description: 'who sends connection sync, and who listens', lines: (body) => daemonLines(items<Daemon>(body)) },
  { name: 'events', description: 'what happened', lines: (body) => eventLines(items<Event>(body)) },
  {
    name: 'anomalies',
    description: 'what is wrong, what it means and what to do; what was wrong; what cannot be told',
    lines: (body) => anomalyLines(items<Anomaly>(body)),
  },
  {
    name: 'failovers',
    description: 'each change of master: the gap, who was told, what became of the sessions',
    lines: (body) => failoverLines(items<Failover>(body)),
  },
  { name: 'status', description: 'what the monitor has read, keeps and cannot see', lines: (body) => statusText(body as Status) },
];

/** Filters as `field=value` become the query. */
function address(noun: Noun, filters: readonly string[], options: AskOptions): URL {
  const url = apiUrl(options.url, noun.name);
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 1)
      throw new OperatorError(EXIT.usage, `${filter} is no filter`, 'write FIELD=VALUE, as in state=ESTABLISHED or client=198.51.100.0/24');
    url.searchParams.append(filter.slice(0, equals), filter.slice(equals + 1));
  }
  if (options.persistentConn) url.searchParams.set('persistentConn', 'true');
  return url;
}

async function printText(url: URL, output: Output): Promise<void> {
  const response = await fetchFrom(url, 'text/plain');
  await output.line((await response.text()).trimEnd());
}

async function ask(noun: Noun, filters: readonly string[], options: AskOptions): Promise<void> {
  const url = address(noun, filters, options);
  const output = createOutput();
  do {
    if (options.watch && process.stdout.isTTY) await output.line(CLEAR_SCREEN);
    if (noun.lines === null && !options.json) await printText(url, output);
    else {
      const body = await fetchAll(url);
      if (options.json) await output.line(JSON.stringify((body as Partial<List<unknown>>).items ?? body));
      else for (const line of noun.lines?.(body) ?? []) await output.line(line);
    }
    await output.end();
    if (options.watch) await sleep(WATCH_MS);
  } while (options.watch);
}

export function addAsk(program: Command): void {
  for (const noun of NOUNS) {
    const command = program
      .command(noun.name)
      .description(`ask a running monitor: ${noun.description}`)
      .argument('[FILTER...]', 'FIELD=VALUE, as in state=ESTABLISHED')
      .addOption(urlOption())
      .option('--json', 'one JSON array (status: one object)')
      .option('--watch', 'again every second, until stopped');
    if (noun.name === 'connections') command.option('--persistent-conn', 'with persistence engine');
    command.action((filters: string[], options: AskOptions) => ask(noun, filters, options));
  }
}
