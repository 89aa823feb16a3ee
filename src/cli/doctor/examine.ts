/** The examination: what can be told at once, then what listening tells. */
import { listInterfaces } from '../../capture/interfaces.ts';
import { namesToWatch } from '../../capture/live.ts';
import type { Listen } from '../../config.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { captureFindings } from './capture.ts';
import { dataFindings, pageFinding } from './data.ts';
import type { Finding } from './finding.ts';
import { groupFindings } from './groups.ts';
import { interfaceFindings } from './interfaces.ts';
import { joinFindings } from './joins.ts';
import { type Heard, type ListenOptions, listen } from './listen.ts';
import { placeFindings, rightFindings } from './rights.ts';
import { syncFindings } from './sync.ts';
import { wireFindings } from './wire.ts';

export interface Examination {
  readonly interfaces: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * What needs no listening.
 * @param wanted null: every interface that `lvscope run` would take
 * @throws OperatorError (exit code 4) for an interface that is not there, or when none is up
 */
export async function look(wanted: readonly string[] | null, data: string, page: Listen): Promise<Examination> {
  const all = listInterfaces();
  const interfaces = namesToWatch(wanted, all);
  const findings = [...placeFindings(), ...interfaceFindings(all, interfaces), ...dataFindings(data), await pageFinding(page)];
  return { interfaces, findings };
}

async function hear(options: ListenOptions): Promise<{ heard: Heard; refusal: OperatorError | null }> {
  try {
    return { heard: await listen(options, 'pcap'), refusal: null };
  } catch (error) {
    // Without the right, or without the module, the sync group is still to be heard by plain sockets.
    if (!(error instanceof OperatorError) || error.exitCode === EXIT.notFound) throw error;
    return { heard: await listen(options, 'udp'), refusal: error };
  }
}

/** What listening tells. */
export async function listenAndTell(options: ListenOptions): Promise<{ heard: Heard; findings: Finding[] }> {
  const { heard, refusal } = await hear(options);
  const families = [joinFindings, captureFindings, syncFindings, wireFindings, groupFindings];
  return { heard, findings: [...rightFindings(refusal), ...families.flatMap((family) => family(heard))] };
}
