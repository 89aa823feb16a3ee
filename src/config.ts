/** Command-line words to values, checked here once and frozen; nothing below reads options or the environment. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Address, addressText } from '../dissectors/address.ts';
import type { SyncChannel } from '../dissectors/dissector.ts';
import { parseAddress } from './contract/address-text.ts';
import { MOMENT_FORMS, parseMoment } from './contract/moment.ts';
import { EXIT, OperatorError } from './errors.ts';

export const DEFAULT_SYNC = '224.0.0.81:8848-8911';
export const DEFAULT_LISTEN = '127.0.0.1:9852';
export const DEFAULT_MAX_SESSIONS = 5_000_000;
export const DEFAULT_URL = `http://${DEFAULT_LISTEN}`;

export interface Listen {
  readonly host: string;
  readonly port: number;
}

function usage(message: string, hint: string): never {
  throw new OperatorError(EXIT.usage, message, hint);
}

function parsePort(text: string): number | null {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port > 0 && port <= 65535 ? port : null;
}

/** `HOST:PORT` or `[IPv6]:PORT` in two parts; null when it is neither. */
function splitHostPort(text: string): [string, string] | null {
  const match = /^\[([^\]]+)\]:([\d-]+)$/.exec(text) ?? /^([^:[\]]+):([\d-]+)$/.exec(text);
  return match ? [match[1], match[2]] : null;
}

function isMulticast(group: Address): boolean {
  return typeof group === 'number' ? group >>> 28 === 0xe : group[0] === 0xff;
}

/** `GROUP:PORT[-PORT]`, as `224.0.0.81:8848-8851` or `[ff02::81]:8848`. */
export function parseSyncChannel(text: string): SyncChannel {
  const hint = `write GROUP:PORT or GROUP:PORT-PORT, as in ${DEFAULT_SYNC} or [ff02::81]:8848`;
  const parts = splitHostPort(text);
  const group = parts && parseAddress(parts[0]);
  if (!parts || group === null) return usage(`--sync ${text} is no group and port`, hint);
  if (!isMulticast(group)) return usage(`--sync ${text}: ${parts[0]} is no multicast address`, hint);
  const [first, last = first] = parts[1].split('-');
  const fromPort = parsePort(first);
  const toPort = parsePort(last);
  if (fromPort === null || toPort === null || toPort < fromPort)
    return usage(`--sync ${text}: ${parts[1]} is no port or range of ports`, hint);
  return { group, fromPort, toPort };
}

/** As `parseSyncChannel` reads it. */
export function syncText({ group, fromPort, toPort }: SyncChannel): string {
  const address = addressText(group);
  return `${address.includes(':') ? `[${address}]` : address}:${fromPort}-${toPort}`;
}

/** `HOST:PORT`; port 0 lets the system choose. */
export function parseListen(text: string): Listen {
  const parts = splitHostPort(text);
  const port = parts && (parts[1] === '0' ? 0 : parsePort(parts[1]));
  if (!parts || port === null)
    return usage(`--listen ${text} is no address and port`, `write HOST:PORT, as in ${DEFAULT_LISTEN} or [::1]:9852`);
  return { host: parts[0], port };
}

/** A count of at least 1. */
export function parseCount(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) return usage(`${name} ${text} is no whole number above 0`, `for example ${name} 1000`);
  return value;
}

/** How many times faster than the recording: above 0. */
export function parseSpeed(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    return usage(`--speed ${text} is no number above 0`, 'for example --speed 1 for the recorded pace, --speed 10 for ten times as fast');
  return value;
}

/** A moment, or seconds after the first packet; in microseconds. */
export type Until = { readonly atMicros: number } | { readonly afterFirstMicros: number };

/** Epoch seconds, ISO 8601, or `+seconds` from the first packet. */
export function parseUntil(text: string): Until {
  if (/^\+\d+(\.\d+)?$/.test(text)) return { afterFirstMicros: Math.round(Number(text) * 1_000_000) };
  const atMicros = parseMoment(text);
  if (atMicros !== null) return { atMicros };
  return usage(`--until ${text} is no moment`, `write ${MOMENT_FORMS}, or +seconds from the first packet (+30)`);
}

/** In the data folder; `DATABASE.lock` beside it keeps a second lvscope off. */
export const DATABASE = 'lvscope.db';

/** In words, for help and manual page, which are the same for everybody. */
export const DATA_FOLDERS = '$STATE_DIRECTORY, /var/lib/lvscope for root, else ~/.local/state/lvscope';

/** Where the database goes unless told otherwise: systemd's StateDirectory, /var/lib for root, else the user's state folder. */
export function defaultDataFolder(): string {
  const { STATE_DIRECTORY, XDG_STATE_HOME } = process.env;
  if (STATE_DIRECTORY) return STATE_DIRECTORY.split(':')[0];
  if (process.getuid?.() === 0) return '/var/lib/lvscope';
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'lvscope');
}
