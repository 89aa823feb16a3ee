/** What may stand where the cursor is, from the tree of commands. */
import type { Argument, Command, Option } from 'commander';
import { type ListWords, listWords } from './fields.ts';

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The names of files are wanted; the shell knows them. */
  readonly files: boolean;
  /** The word goes on after it. */
  readonly open: boolean;
}

/** What only the machine and a running monitor know. None of them throws or waits for long. */
export interface Sources {
  interfaces(): readonly string[];
  /** Ids of what the list holds, with what they stand for. @param given options of the command line, by their long names */
  ids(noun: string, given: Given): Promise<readonly Candidate[]>;
  /** What a field of the list says at present. @param names of the field, and its aliases */
  values(noun: string, names: readonly string[], given: Given): Promise<readonly string[]>;
}

export type Given = ReadonlyMap<string, string>;

const NOTHING: Completion = { candidates: [], files: false, open: false };
const FILES: Completion = { ...NOTHING, files: true };

/** Only those that go on as typed. */
function among(candidates: readonly Candidate[], typed: string, open = false): Completion {
  return { candidates: candidates.filter(({ value }) => value.startsWith(typed)), files: false, open };
}

const plain = (values: readonly string[], about = ''): Candidate[] => values.map((value) => ({ value, about }));

interface Place {
  readonly command: Command;
  /** Arguments before this one. */
  readonly before: readonly string[];
  /** The option whose value this is; null: none. */
  readonly option: Option | null;
  readonly given: Given;
}

const takesValue = (option: Option | undefined): option is Option => option !== undefined && (option.required || option.optional);

function placeOf(program: Command, words: readonly string[]): Place {
  let command = program;
  let before: string[] = [];
  let option: Option | null = null;
  const given = new Map<string, string>();
  for (const word of words) {
    if (option) {
      given.set(option.long ?? '', word);
      option = null;
    } else if (word.startsWith('-') && word !== '-') {
      const [name, ...value] = word.split('=');
      const found = command.options.find(({ long, short }) => long === name || short === name);
      if (takesValue(found) && value.length > 0) given.set(found.long ?? '', value.join('='));
      else option = takesValue(found) ? found : null;
    } else {
      const next = before.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (next) command = next;
      else before = [...before, word];
    }
  }
  return { command, before, option, given };
}

/** After the last comma: the part that is being typed. */
function severalOf(typed: string, one: readonly Candidate[]): Completion {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1);
  return among(
    one.map(({ value, about }) => ({ value: before + value, about })),
    typed,
  );
}

async function optionValue({ command, given }: Place, option: Option, typed: string, sources: Sources): Promise<Completion> {
  const noun = command.name();
  const words = listWords(noun);
  if (option.argChoices) return among(plain(option.argChoices), typed);
  switch (option.long) {
    case '--interface':
      return among(plain(sources.interfaces()), typed);
    case '--sort':
      return among(plain((words?.orders ?? []).flatMap((order) => [order, `-${order}`])), typed);
    case '--fields':
      return severalOf(typed, plain(words?.fields ?? []));
    case '--id':
      return among(await sources.ids(noun, given), typed);
  }
  return /<(FILE|DIR)>/.test(option.flags) ? FILES : NOTHING;
}

async function filter(noun: string, { filters }: ListWords, typed: string, { given }: Place, sources: Sources): Promise<Completion> {
  const [, name, value] = /^([\w.]+)=(.*)$/.exec(typed) ?? [];
  const field = filters.find((one) => one.name === name || (name !== undefined && one.aliases.includes(name)));
  if (name === undefined || value === undefined)
    return among(
      filters.map((one) => ({ value: `${one.name}=`, about: one.about })),
      typed,
      true,
    );
  if (!field) return NOTHING;
  const said = field.values ?? (await sources.values(noun, [field.name, ...field.aliases], given));
  const all = [...new Set([...said, ...(field.optional ? ['none'] : [])])];
  const done = typed.slice(0, typed.length - value.length);
  const { candidates } = severalOf(value, plain(all));
  return among(
    candidates.map((one) => ({ ...one, value: done + one.value })),
    typed,
  );
}

async function argumentValue(place: Place, argument: Argument | undefined, typed: string, sources: Sources): Promise<Completion> {
  const { command, before, given } = place;
  if (argument?.argChoices) return among(plain(argument.argChoices), typed);
  const noun = command.name() === 'top' ? (given.get('--show') ?? 'services') : command.name();
  const words = listWords(noun);
  switch (argument?.name()) {
    case 'FILE':
      return FILES;
    case 'FILTER':
      return words ? filter(noun, words, typed, place, sources) : NOTHING;
    case 'EVENT-ID': {
      if (!words || before.length > 0) return NOTHING;
      return typed.includes('=') ? filter(noun, words, typed, place, sources) : among(await sources.ids('events', given), typed);
    }
  }
  return NOTHING;
}

/** @param words after the name of the program; the last one is being typed and may be empty */
export async function complete(program: Command, words: readonly string[], sources: Sources): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const place = placeOf(program, words.slice(0, -1));
  const { command, before, option } = place;
  if (option) return optionValue(place, option, typed, sources);
  const [, long, value] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? [];
  if (long !== undefined && value !== undefined) {
    const found = command.options.find((one) => one.long === long);
    const answer = found ? await optionValue(place, found, value, sources) : NOTHING;
    return { ...answer, candidates: answer.candidates.map((one) => ({ ...one, value: `${long}=${one.value}` })) };
  }
  const help = command.createHelp();
  if (typed.startsWith('-')) {
    const options = help.visibleOptions(command).map((one) => ({ value: one.long ?? one.flags, about: one.description }));
    return among(options, typed);
  }
  if (before.length === 0 && command.commands.length > 0)
    return among(
      help.visibleCommands(command).map((one) => ({ value: one.name(), about: one.description() })),
      typed,
    );
  const args = command.registeredArguments;
  const last = args.at(-1);
  return argumentValue(place, args[before.length] ?? (last?.variadic ? last : undefined), typed, sources);
}
