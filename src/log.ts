/** Log lines on standard error: JSON for machines, readable on a terminal. */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

export function createLog(): Logger {
  if (!process.stderr.isTTY) return pino({ name: 'lvscope' }, pino.destination(2));
  return pino(
    { name: 'lvscope' },
    pretty({ destination: 2, sync: true, colorize: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss' }),
  );
}
