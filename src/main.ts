/** The program: one command, one file under cli/; mistakes end here as one sentence, one hint and an exit code. */
import { Command, CommanderError } from 'commander';
import { addAsk } from './cli/ask.ts';
import { addCaptureCommand } from './cli/capture.ts';
import { addDemo } from './cli/demo.ts';
import { addExpect } from './cli/expect.ts';
import { addReplay } from './cli/replay.ts';
import { addRun } from './cli/run.ts';
import { EXIT, OperatorError } from './errors.ts';
import { version } from './version.ts';

function createProgram(): Command {
  const program = new Command('lvscope')
    .description('See a Linux load balancer from outside: its IPVS connection table, who is VRRP master, what is wrong')
    .version(version())
    .showHelpAfterError('(see lvscope --help)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  lvscope run -i eth0                        watch a port, serve http://127.0.0.1:9852/
  tcpdump -U -w - -i eth0 | lvscope run --read -
  lvscope replay lb.pcap --until +30 --show connections
  lvscope capture EVENT-ID > event.pcap      the frames behind an event
  lvscope connections vip=10.0.0.1:443 state=ESTABLISHED

Exit codes: 0 done, 1 fault while running, 2 wrong usage, 3 no right to capture, 4 no such interface or file, 5 the capture is cut`,
    );
  for (const add of [addRun, addDemo, addReplay, addAsk, addCaptureCommand, addExpect]) add(program);
  // Subcommands take what they have not set themselves from the program.
  for (const command of program.commands) command.exitOverride().showHelpAfterError('(see lvscope --help)');
  return program;
}

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
    await createProgram().parseAsync(argv);
  } catch (error) {
    report(error);
  }
}

await main(process.argv);
