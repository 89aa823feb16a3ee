/** `lvscope probe`: capture as a service of its own, so that the monitor needs no right. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { createLog } from '../log.ts';
import { createSystemdNotify } from '../systemd-notify.ts';
import { repeated, syncOption } from './options.ts';
import { stopOnSignals } from './stop.ts';

interface ProbeWords {
  readonly to: string;
  readonly interface?: string[];
  readonly sync: SyncChannel[];
  readonly endWithInput?: true;
}

export function addProbe(program: Command): void {
  program
    .command('probe')
    .description('capture as a service of its own, for lvscope run --from: the only one of the two that needs CAP_NET_RAW')
    .requiredOption('--to <SOCKET>', 'Unix socket to listen on; whoever may write to it (owner and group) may have the frames')
    .option('-i, --interface <IF>', 'give frames of this interface only; may be repeated (default: of any)', repeated)
    .addOption(syncOption())
    .option('--end-with-input', 'end when standard input does: for who starts it as a child')
    .action(async ({ to, interface: names, sync, endWithInput }: ProbeWords) => {
      // Loaded here, so that the other commands start without it.
      const { startProbeService } = await import('../capture/probe-service.ts');
      // Node would open its debugger to whoever may send this.
      process.on('SIGUSR1', () => {});
      const { stopped } = stopOnSignals();
      const service = await startProbeService({ socketPath: to, interfaces: names ?? null, sync });
      process.stdout.write(`lvscope: probes at ${to}\n`);
      const systemd = createSystemdNotify(createLog());
      systemd.ready({ status: () => `probes at ${to}`, stuck: async () => null });
      if (endWithInput) process.stdin.resume().once('end', () => stopped.abort());
      await once(stopped.signal, 'abort');
      systemd.stopping();
      service.stop();
      process.stdin.destroy();
    });
}
