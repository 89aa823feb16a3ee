/** `lvscope capture EVENT-ID`: the frames behind an event, as a capture on standard output. Without an event: where frames come from. */
import { pipeline } from 'node:stream/promises';
import { EXIT, OperatorError } from '../errors.ts';
import type { MonitorAccess } from './access.ts';
import { apiUrl, fetchFrom } from './monitor-client.ts';

const PCAP = 'application/vnd.tcpdump.pcap, application/x-pcapng';

export async function writeEvidence(access: MonitorAccess, eventId: string): Promise<void> {
  if (process.stdout.isTTY)
    throw new OperatorError(
      EXIT.usage,
      'a capture is not written to a terminal',
      `write it to a file: lvscope capture ${eventId} > event.pcap, or pipe it into tcpdump -r -`,
    );
  const answer = await fetchFrom(access, apiUrl(access, `events/${encodeURIComponent(eventId)}/pcap`), PCAP);
  await pipeline(answer, process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    // `| head` closes the pipe: the rest is wanted by nobody.
    if (error.code !== 'EPIPE') throw error;
  });
}
