/** `lvscope alert test`: whether each receiver of the configuration file can be reached; no monitor need run. */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { tryReceivers } from '../alerts/try-receivers.ts';
import { DEFAULT_URL } from '../config.ts';
import type { ConfigFile } from '../config-file.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { configOption } from './options.ts';
import { createOutput } from './output.ts';

interface Words {
  readonly config: ConfigFile;
  readonly receiver?: string | null;
}

async function test({ config, receiver = null }: Words): Promise<void> {
  const { alerts } = config;
  if (!alerts || alerts.receivers.length === 0)
    throw new OperatorError(EXIT.usage, 'the configuration file has no receivers', 'docs/alerts.md has an example of the section alerts');
  const names = alerts.receivers.map(({ name }) => name);
  if (receiver !== null && !names.includes(receiver))
    throw new OperatorError(EXIT.usage, `there is no receiver ${receiver}`, `there are: ${names.join(', ')}`);
  const tried = await tryReceivers(alerts, receiver, { sensor: hostname(), url: alerts.url ?? DEFAULT_URL });
  const output = createOutput();
  for (const { id, kind, error } of tried) await output.line(`${id} (${kind}): ${error ?? 'ok'}`);
  await output.end();
  if (tried.some(({ error }) => error !== null)) process.exitCode = EXIT.fault;
}

export function addAlert(program: Command): void {
  const alert = program.command('alert').description('alerts that lvscope sends itself');
  const command = alert
    .command('test')
    .description('send a test notification to each receiver; exit code 1 when one of them fails')
    .addOption(configOption().makeOptionMandatory())
    .option('--receiver <NAME>', 'to this one only')
    .action(test);
  command.exitOverride().showHelpAfterError('(see lvscope alert test --help)');
}
