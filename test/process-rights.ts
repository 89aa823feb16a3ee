/** What the kernel says that a process may do: /proc/PID/status (proc_pid_status(5)). */
import { readFileSync } from 'node:fs';

/** CAP_NET_RAW is number 13 (linux/capability.h). */
export const NET_RAW = (1 << 13).toString(16).padStart(16, '0');
export const NOTHING = '0'.repeat(16);

export interface Rights {
  /** Real, effective, saved, of the file system. */
  readonly uids: string[];
  readonly gids: string[];
  readonly groups: string[];
  readonly inheritable: string;
  readonly permitted: string;
  readonly effective: string;
  readonly bounding: string;
  readonly ambient: string;
  readonly noNewPrivileges: boolean;
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

function rightsIn(statusFile: string): Rights {
  const fields = new Map(
    readFileSync(statusFile, 'utf8')
      .split('\n')
      .map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()]),
  );
  const field = (name: string) => fields.get(name) ?? `no ${name}`;
  return {
    uids: words(field('Uid')),
    gids: words(field('Gid')),
    groups: words(field('Groups')),
    inheritable: field('CapInh'),
    permitted: field('CapPrm'),
    effective: field('CapEff'),
    bounding: field('CapBnd'),
    ambient: field('CapAmb'),
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}

export const rightsOf = (pid: number): Rights => rightsIn(`/proc/${pid}/status`);

/** All five sets. */
export const capabilitiesOf = ({ inheritable, permitted, effective, bounding, ambient }: Rights): string[] => [
  inheritable,
  permitted,
  effective,
  bounding,
  ambient,
];

export function childrenOf(pid: number): number[] {
  return words(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')).map(Number);
}

export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

/** Neither gone nor waiting to be buried. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
