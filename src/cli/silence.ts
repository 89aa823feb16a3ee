/** `lvscope silence`: what alerts are kept quiet in a running monitor. */
import { type Command, Option } from 'commander';
import type { Silence } from '../contract/silence.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { addClientOptions, type ClientOptions, monitorAccess } from './access.ts';
import { apiUrl, fetchAll, fetchFrom, fetchJson, type List } from './monitor-client.ts';
import { createOutput } from './output.ts';
import { printableJson } from './printable.ts';

interface AddWords extends ClientOptions {
  readonly for?: string;
  readonly from?: string;
  readonly to?: string;
  readonly comment: string;
}

const NUMBERS = ['vrid', 'vlan'];
const SINGLE = ['severity', 'family'];

/** `FIELD=VALUE[,VALUE...]` as the API takes it. */
function matchOf(filters: readonly string[]): Record<string, unknown> {
  const parts = filters.map((filter) => {
    const [, name, text] = /^([^=]+)=(.+)$/.exec(filter) ?? [];
    if (name === undefined || text === undefined)
      throw new OperatorError(EXIT.usage, `${filter} is no filter`, 'write FIELD=VALUE, as in vrid=51 or kind=vrrp.*');
    if (SINGLE.includes(name)) return [name, text];
    const values = text.split(',');
    return [name, NUMBERS.includes(name) ? values.map(Number) : values];
  });
  return Object.fromEntries(parts);
}

function line({ id, active, match, from, to, comment }: Silence): string {
  const about = Object.entries(match).map(([name, value]) => `${name}=${[value].flat().join(',')}`);
  const span = from === null || to === null ? 'every week' : `${from.slice(0, 19)}Z to ${to.slice(0, 19)}Z`;
  return `${id}  ${active ? 'active' : 'waits'}  ${span}  ${about.join(' ') || 'everything'}  # ${comment}`;
}

async function print(...lines: string[]): Promise<void> {
  const output = createOutput();
  for (const text of lines) await output.line(text);
  await output.end();
}

async function list({ json, ...access }: ClientOptions & { json?: true }): Promise<void> {
  const asked = monitorAccess(access);
  const { items } = (await fetchAll(asked, apiUrl(asked, 'silences'))) as List<Silence>;
  await print(...(json ? [printableJson(items)] : items.map(line)));
}

async function add(filters: readonly string[], { for: span, from, to, comment, ...access }: AddWords): Promise<void> {
  const asked = monitorAccess(access);
  const json = { match: matchOf(filters), for: span, from, to, comment };
  const silence = (await fetchJson(asked, apiUrl(asked, 'silences'), { method: 'POST', json })) as Silence;
  await print(silence.id);
}

async function end(id: string, access: ClientOptions): Promise<void> {
  const asked = monitorAccess(access);
  await fetchFrom(asked, apiUrl(asked, `silences/${encodeURIComponent(id)}`), 'application/json', { method: 'DELETE' });
}

export function addSilence(program: Command): void {
  const silence = program.command('silence').description('keep alerts of a running monitor quiet');
  addClientOptions(silence.command('list').description('silences and maintenance windows, of the file and of run time'))
    .option('--json', 'one JSON array')
    .action(list);
  addClientOptions(silence.command('add').description('tell nobody of what matches, for a while'))
    .argument('<FILTER...>', 'FIELD=VALUE: kind (vrrp.*), severity (at least), vrid, family, address, vip, interface, vlan')
    .addOption(new Option('--for <TIME>', 'for so long: 30m, 4h, 1d').conflicts('to'))
    .option('--from <TIME>', 'from then on, as in 2026-12-01T20:00:00Z (default: now, by the time of the monitor)')
    .option('--to <TIME>', 'until then')
    .requiredOption('--comment <TEXT>', 'why')
    .action(add);
  addClientOptions(silence.command('end').description('tell again from now on')).argument('<ID>', 'as silence list prints it').action(end);
  for (const command of silence.commands) command.exitOverride().showHelpAfterError('(see lvscope silence --help)');
}
