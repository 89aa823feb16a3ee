/** `lvscope capture EVENT-ID`: the frames behind an event, as a capture on standard output. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { apiUrl, fetchFrom } from './monitor-client.ts';
import { urlOption } from './options.ts';

const PCAP = 'application/vnd.tcpdump.pcap, application/x-pcapng';

async function capture(eventId: string, url: string): Promise<void> {
  if (process.stdout.isTTY)
    throw new OperatorError(
      EXIT.usage,
      'a capture is not written to a terminal',
      `write it to a file: lvscope capture ${eventId} > event.pcap, or pipe it into tcpdump -r -`,
    );
  const response = await fetchFrom(apiUrl(url, `events/${encodeURIComponent(eventId)}/pcap`), PCAP);
  if (!process.stdout.write(new Uint8Array(await response.arrayBuffer()))) await once(process.stdout, 'drain');
}

export function addCaptureCommand(program: Command): void {
  program
    .command('capture')
    .description('ask a running monitor: the frames behind an event, passwords masked, as a capture on standard output')
    .argument('<EVENT-ID>', 'as lvscope events --json shows it')
    .addOption(urlOption())
    .action((eventId: string, { url }: { url: string }) => capture(eventId, url));
}
