/** `lvscope doctor`: what can be seen from here, by looking and by listening for a while; what cannot, and why. */
import { type Command, Option } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { DATA_FOLDERS, defaultDataFolder, type Listen, parseCount } from '../config.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Finding } from './doctor/finding.ts';
import { listenOption, repeated, syncOption } from './options.ts';
import { createOutput } from './output.ts';

interface DoctorWords {
  readonly interface?: string[];
  readonly sync: SyncChannel[];
  readonly join: boolean;
  readonly seconds: number;
  readonly data: string;
  readonly listen: Listen;
  readonly json?: true;
}

function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ kind }) => kind === 'rights.no_capture')) return EXIT.noPermission;
  return findings.some(({ severity }) => severity === 'critical') ? EXIT.fault : EXIT.done;
}

async function doctor({ interface: wanted, data, listen, json, ...options }: DoctorWords): Promise<ExitCode> {
  // Loaded here, so that the other commands start without them.
  const { listenAndTell, look } = await import('./doctor/examine.ts');
  const { findingLines, heardLists, listLines, summaryLine } = await import('./doctor/report.ts');
  const output = createOutput();
  const print = async (lines: readonly string[]) => {
    if (!json) for (const line of lines) await output.line(line);
    await output.end();
  };
  const { interfaces, findings: seen } = await look(wanted ?? null, data, listen);
  await print([...seen.flatMap(findingLines), '', `listening on ${interfaces.join(', ')} for ${options.seconds} s`, '']);
  const { heard, findings: told } = await listenAndTell({ ...options, interfaces });
  const findings = [...seen, ...told];
  const lists = heardLists(heard);
  await print([...told.flatMap(findingLines), ...listLines(lists), '', summaryLine(findings)]);
  if (json) await output.json({ findings, ...lists });
  await output.end();
  return exitCodeOf(findings);
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what can be seen from here: rights, interfaces, joins, what is heard, what stays unknown and why')
    .option('-i, --interface <IF>', 'listen here; may be repeated (default: every interface that is up, loopback excepted)', repeated)
    .addOption(syncOption())
    .option('--no-join', 'do not join the multicast groups: nothing at all is sent')
    .addOption(new Option('--seconds <N>', 'how long to listen').default(10).argParser((text) => parseCount('--seconds', text)))
    .addOption(new Option('--data <DIR>', 'folder of the database, as for lvscope run').default(defaultDataFolder(), DATA_FOLDERS))
    .addOption(listenOption())
    .option('--json', 'JSON instead of text')
    .action(async (words: DoctorWords) => {
      process.exitCode = await doctor(words);
    });
}
