/** `lvscope completion SHELL`: the script; and `lvscope __complete`, which the scripts ask. */
import { Argument, type Command } from 'commander';
import { createOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { SCRIPTS, SHELLS, type Shell } from './scripts.ts';

/** Of what a candidate means: a line is not to wrap. */
const MOST_ABOUT = 100;

async function answer(program: Command, words: readonly string[]): Promise<void> {
  // Loaded here: no other command needs the fields of all lists.
  const { complete } = await import('./complete.ts');
  const { SOURCES } = await import('./sources.ts');
  const { candidates, files, open } = await complete(program, words, SOURCES);
  const output = createOutput();
  for (const { value, about } of candidates) await output.raw(`${value}\t${printable(about).slice(0, MOST_ABOUT)}`);
  await output.raw(`:${files ? 'files' : ''}${open ? 'open' : ''}`);
  await output.end();
}

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the completion script of a shell: eval "$(lvscope completion bash)"')
    .addArgument(new Argument('<SHELL>', 'whose script').choices(SHELLS))
    .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]));
  program
    .command('__complete', { hidden: true })
    .argument('[WORDS...]')
    .action((words: string[]) => answer(program, words));
}
