/** Log lines on standard error: JSON for machines, readable on a terminal. */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { foldRepeats } from './log-repeats.ts';

export type { Logger };

export function createLog(): Logger {
  const options = { name: 'lvscope', hooks: { logMethod: foldRepeats() } };
  if (!process.stderr.isTTY) return pino(options, pino.destination(2));
  return pino(options, pretty({ destination: 2, sync: true, colorize: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss' }));
}
