/** The command line as a whole: every command, in groups. Help, completion and man page are made from this tree. */
import { Command } from 'commander';
import { addAlert } from './alert.ts';
import { addAsk } from './ask.ts';
import { addCompletion } from './completion/completion.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addExpect } from './expect.ts';
import { addProbe } from './probe.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addSilence } from './silence.ts';
import { addTop } from './top/top.ts';

const SEE_HELP = '(see lvscope --help)';

/** Headings of `lvscope --help`, and who stands below them. */
const GROUPS: readonly (readonly [heading: string, commands: readonly ((program: Command) => void)[]])[] = [
  ['Monitor:', [addRun, addProbe, addDemo]],
  ['Ask a running monitor:', [addAsk, addTop, addSilence]],
  ['Analyse recordings:', [addReplay]],
  ['Set up:', [addDoctor, addExpect, addCompletion, addAlert]],
];

export const EXAMPLES: readonly (readonly [command: string, does: string])[] = [
  ['lvscope run -i eth0', 'watch a port, serve http://127.0.0.1:9852/'],
  ['tcpdump -U -w - -i eth0 | lvscope run --read -', 'the same with the rights of another program'],
  ['lvscope connections vip=10.0.0.1:443 state=ESTABLISHED', 'as ipvsadm -Lnc prints them'],
  ['lvscope events --watch severity=critical', 'follow what happens, as tail -f does'],
  ['lvscope capture EVENT-ID > event.pcap', 'the frames behind an event'],
  ['lvscope replay lb.pcap --until +30 --show connections', 'the table 30 s into a recording'],
];

export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'fault while running, no monitor answers, or the doctor found something critical'],
  [2, 'wrong usage'],
  [3, 'no right: to capture, or to ask this monitor'],
  [4, 'no such interface or file'],
  [5, 'the capture is cut; what could be read was printed'],
];

/** For the manual page. */
export const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ['/var/lib/lvscope/lvscope.db', "what was seen, as SQLite: sqlite3 lvscope.db 'select * from connections'"],
  ['/var/lib/lvscope/history/', 'the frames of the last day, for questions with --at'],
];

function epilogue(): string {
  const width = Math.max(...EXAMPLES.map(([command]) => command.length));
  const examples = EXAMPLES.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`);
  const codes = EXIT_CODES.map(([code, meaning]) => `  ${code}  ${meaning}`);
  return ['', 'Examples:', ...examples, '', 'Exit codes:', ...codes].join('\n');
}

/** @param version of the program, for --version and the manual page */
export function createProgram(version: string): Command {
  const program = new Command('lvscope')
    .description('See a Linux load balancer from outside: its IPVS connection table, who is VRRP master, what is wrong')
    .version(version)
    .showHelpAfterError(SEE_HELP)
    .exitOverride()
    .addHelpText('after', epilogue());
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of commands) add(program);
  }
  // Subcommands take what they have not set themselves from the program.
  for (const command of program.commands) command.exitOverride().showHelpAfterError(SEE_HELP);
  return program;
}
