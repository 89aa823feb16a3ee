/** The program: what was typed goes to its command; mistakes end here as one sentence, one hint and an exit code. */
import { CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';
import { EXIT, OperatorError } from './errors.ts';
import { version } from './version.ts';

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has printed it already; help and version are no mistakes.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else if (error instanceof OperatorError) {
    process.stderr.write(`lvscope: ${error.message}\nhint: ${error.hint}\n`);
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(`lvscope: internal fault: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = EXIT.fault;
  }
}

export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram(version()).parseAsync(argv);
  } catch (error) {
    report(error);
  }
}

await main(process.argv);
