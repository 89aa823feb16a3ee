/** `lvscope NOUN [FILTER...]`: asks a running monitor over its REST interface. */
import type { Command } from 'commander';
import type { Event } from '../contract/event.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { addClientOptions, type ClientOptions, type MonitorAccess, monitorAccess } from './access.ts';
import { writeEvidence } from './capture.ts';
import { fieldTable } from './field-table.ts';
import { filterParameters } from './filters.ts';
import { followEvents, followedLine, PAST_EVENTS } from './follow.ts';
import { apiUrl, fetchAll, fetchFrom, fetchJson, type List } from './monitor-client.ts';
import { CAPTURE, LISTS, type Noun, STATUS } from './nouns.ts';
import { createOutput, type Output } from './output.ts';
import { printable, printableJson } from './printable.ts';
import { bodyText } from './request.ts';
import { ansi, hasColours, tinted } from './styled.ts';
import { watchLines } from './watch.ts';

interface AskOptions extends ClientOptions {
  readonly json?: true;
  readonly watch?: true;
  readonly id?: string;
  readonly fields?: string;
  readonly sort?: string;
  readonly limit?: string;
  readonly at?: string;
  readonly persistentConn?: true;
}

interface Question {
  readonly noun: Noun;
  readonly access: MonitorAccess;
  readonly url: URL;
  readonly options: AskOptions;
  /** One thing, not a list. */
  readonly single: boolean;
}

const ASKED = ['fields', 'sort', 'limit', 'at'] as const;

function questionOf(noun: Noun, filters: readonly string[], options: AskOptions): Question {
  const access = monitorAccess(options);
  const { id } = options;
  if (id !== undefined && filters.length > 0)
    throw new OperatorError(EXIT.usage, '--id and filters exclude each other', 'leave the filters out: an id names one thing');
  const url = apiUrl(access, id === undefined ? noun.name : `${noun.name}/${encodeURIComponent(id)}`);
  for (const [name, value] of filterParameters(filters)) url.searchParams.append(name, value);
  for (const name of ASKED) if (options[name] !== undefined) url.searchParams.append(name, options[name]);
  return { noun, access, url, options, single: id !== undefined || noun === STATUS };
}

async function itemsOf({ access, url, single }: Question, signal?: AbortSignal): Promise<readonly unknown[]> {
  if (single) return [await fetchJson(access, url, signal ? { signal } : {})];
  return ((await fetchAll(access, url, signal)) as List<unknown>).items;
}

function linesOf({ noun, options: { fields, persistentConn } }: Question, items: readonly unknown[]): string[] {
  return fields === undefined ? noun.lines(items, persistentConn === true) : fieldTable(fields.split(','), items);
}

/** The whole table may be long: the monitor writes the text itself, a part at a time. */
function isStreamed({ noun, single, options: { json, fields, sort } }: Question): boolean {
  return noun.name === 'connections' && !single && !json && fields === undefined && sort === undefined;
}

async function lookAt(question: Question, signal: AbortSignal): Promise<readonly string[]> {
  if (!isStreamed(question)) {
    const items = await itemsOf(question, signal);
    if (question.options.json) return [printableJson(question.single ? items[0] : items)];
    return linesOf(question, items);
  }
  const { access, url } = textUrl(question);
  return (await bodyText(await fetchFrom(access, url, 'text/plain', { signal }))).trimEnd().split('\n');
}

function textUrl({ access, url, options }: Question): { access: MonitorAccess; url: URL } {
  const text = new URL(url);
  if (options.persistentConn) text.searchParams.set('persistentConn', 'true');
  return { access, url: text };
}

/** Lines as they come, however many. */
async function printStream(question: Question, output: Output): Promise<void> {
  const { access, url } = textUrl(question);
  const answer = (await fetchFrom(access, url, 'text/plain')).setEncoding('utf8');
  let rest = '';
  for await (const part of answer) {
    const lines = (rest + (part as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await output.line(line);
  }
  if (rest !== '') await output.line(rest);
}

async function printOnce(question: Question, output: Output): Promise<void> {
  const colours = hasColours();
  if (isStreamed(question)) await printStream(question, output);
  else {
    const items = await itemsOf(question);
    if (question.options.json) await output.json(question.single ? items[0] : items);
    else for (const line of linesOf(question, items)) await output.raw(ansi(tinted(printable(line)), colours));
  }
  await output.end();
}

async function follow(question: Question, output: Output): Promise<void> {
  const colours = hasColours();
  const { options } = question;
  async function latest(most: number, signal: AbortSignal): Promise<readonly Event[]> {
    const url = new URL(question.url);
    url.searchParams.set('sort', '-at');
    url.searchParams.delete('limit');
    // Of what is printed each time the fields are ours to choose: without the id nothing can be told apart.
    url.searchParams.delete('fields');
    if (Number.isFinite(most)) url.searchParams.set('limit', String(most));
    return (await itemsOf({ ...question, url }, signal)) as readonly Event[];
  }
  const fields = options.fields?.split(',');
  async function print(event: Event): Promise<void> {
    const picked = fields ? Object.fromEntries(fields.map((name) => [name, (event as unknown as Record<string, unknown>)[name]])) : event;
    if (options.json) await output.json(picked);
    else if (fields) await output.line(fieldTable(fields, [event])[1]);
    else await output.raw(ansi(tinted(followedLine(event)), colours));
  }
  await followEvents(latest, Number(options.limit ?? PAST_EVENTS), print, output);
}

async function ask(noun: Noun, filters: readonly string[], options: AskOptions): Promise<void> {
  const question = questionOf(noun, filters, options);
  const output = createOutput();
  if (!options.watch) await printOnce(question, output);
  else if (options.at !== undefined) throw new OperatorError(EXIT.usage, '--watch and --at exclude each other', 'what was does not change');
  else if (noun.log && !question.single) await follow(question, output);
  else await watchLines((signal) => lookAt(question, signal), output, options.json === true);
}

function addOptions(command: Command, noun: Noun): Command {
  addClientOptions(command)
    .option('--json', noun === STATUS ? 'one JSON object' : 'one JSON array; one object with --id')
    .option('--watch', noun.log ? 'go on with what comes, line by line, until stopped' : 'again every second, until stopped');
  if (noun !== CAPTURE) command.option('--at <TIME>', 'as it was then, by the history: 2026-11-21T05:24:00Z or epoch seconds');
  if (noun === STATUS) return command;
  command
    .option('--id <ID>', 'this one only')
    .option('--fields <NAMES>', 'these only, apart by commas, in this order: as columns, or in JSON')
    .option('--sort <FIELD>', 'by this field; -FIELD: the greatest first')
    .option('--limit <N>', noun.log ? 'so many at most; with --watch so many of the past' : 'so many at most');
  return noun.name === 'connections' ? command.option('--persistent-conn', 'with persistence engine') : command;
}

const FILTER = ['[FILTER...]', "FIELD=VALUE, or an expression: 'client == 198.51.100.0/24 && state != CLOSE'"] as const;

export function addAsk(program: Command): void {
  for (const noun of LISTS)
    addOptions(
      program
        .command(noun.name)
        .description(noun.description)
        .argument(...FILTER),
      noun,
    ).action((filters: string[], options: AskOptions) => ask(noun, filters, options));
  addOptions(program.command('status').description(STATUS.description), STATUS).action((options: AskOptions) => ask(STATUS, [], options));
  addOptions(program.command('capture'), CAPTURE)
    .description(`the frames behind an event, passwords masked, as a capture on standard output; without an event: ${CAPTURE.description}`)
    .argument('[EVENT-ID]', 'as lvscope events --fields id,text shows it; or filters as elsewhere')
    .argument('[FILTER...]')
    .action((first: string | undefined, rest: string[], options: AskOptions) => {
      if (first !== undefined && rest.length === 0 && /^[^\s=]+$/.test(first)) return writeEvidence(monitorAccess(options), first);
      return ask(CAPTURE, first === undefined ? [] : [first, ...rest], options);
    });
}
