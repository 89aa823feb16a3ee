/**
 * Tells systemd how the program fares (`sd_notify(3)`), by the program `systemd-notify`: Node has no datagram sockets of the
 * file system. Where systemd does not ask (`NOTIFY_SOCKET`), nothing is run.
 */
import { execFile } from 'node:child_process';
import type { Logger } from './log.ts';

export interface Vitals {
  /** One line for people. */
  status(): string;
  /** What does not go on, or null. Settles late, or never, when the server does not answer. @param mostSeconds that the writer may take */
  stuck(mostSeconds: number): Promise<string | null>;
}

export interface SystemdNotify {
  /** The program is up; from now on it tells how it fares, and feeds the watchdog while all of it goes on. */
  ready(vitals: Vitals): void;
  stopping(): void;
}

/** How often the status is told when no watchdog asks for more. */
const STATUS_MS = 30_000;
const SEND_TIMEOUT_MS = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** The time within which systemd wants to hear of this process; null: it has no watchdog. Milliseconds. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | null {
  const micros = Number(WATCHDOG_USEC);
  if (!(micros > 0)) return null;
  return WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid ? micros / 1000 : null;
}

export function createSystemdNotify(log: Logger, environment: Environment = process.env): SystemdNotify {
  if (!environment.NOTIFY_SOCKET) return { ready() {}, stopping() {} };
  const limitMs = watchdogMs(environment);
  let timer: NodeJS.Timeout | null = null;
  let isLooking = false;

  const send = (...assignments: string[]) => {
    execFile('systemd-notify', assignments, { timeout: SEND_TIMEOUT_MS, env: environment }, (error) => {
      if (error) log.warn({ reason: error.message.trim() }, 'systemd cannot be told how the program fares');
    });
  };

  async function beat(vitals: Vitals, limit: number): Promise<void> {
    if (isLooking) return send('STATUS=stuck: the server does not answer');
    isLooking = true;
    const stuck = await vitals.stuck(limit / 1000).finally(() => {
      isLooking = false;
    });
    if (timer === null) return;
    if (stuck !== null) send(`STATUS=stuck: ${stuck}`);
    else send(`STATUS=${vitals.status()}`, ...(limitMs === null ? [] : ['WATCHDOG=1']));
  }

  return {
    ready(vitals) {
      send('READY=1', `STATUS=${vitals.status()}`);
      // Half of what systemd allows, as sd_watchdog_enabled(3) advises.
      const everyMs = limitMs === null ? STATUS_MS : limitMs / 2;
      timer = setInterval(() => void beat(vitals, limitMs ?? STATUS_MS), everyMs);
    },
    stopping() {
      if (timer) clearInterval(timer);
      timer = null;
      send('STOPPING=1', 'STATUS=writing what is left');
    },
  };
}
