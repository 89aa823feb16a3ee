/** As a client: which monitor to ask, and as whom: options of the command line, environment variables, or the URL itself. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { DEFAULT_URL } from '../config.ts';
import { EXIT, OperatorError } from '../errors.ts';

export interface ClientOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly user?: string;
  readonly ca?: string;
}

export interface MonitorAccess {
  readonly base: URL;
  /** Says who asks; empty when nobody said. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; null: the authorities that Node brings. */
  readonly ca: Buffer | null;
}

/** Environment variables, for help and man page as well. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['LVSCOPE_URL', 'the running monitor, as --url'],
  ['LVSCOPE_TOKEN', 'the token itself, where no other credentials are given'],
  ['NO_COLOR', 'when set to anything, nothing is coloured'],
];

export function addClientOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <URL>', 'the running monitor').default(DEFAULT_URL).env('LVSCOPE_URL'))
    .addOption(new Option('--token-file <FILE>', 'ask with the token in this file (or in LVSCOPE_TOKEN)').conflicts('user'))
    .option('--user <NAME:PASSWORD>', 'ask as this user; may stand in the URL as well')
    .option('--ca <FILE>', 'https: trust the certificate authorities in this file (PEM)');
}

function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(EXIT.notFound, `${option} ${path} cannot be read: ${reason}`, 'is the path right, and may this user read it?');
  }
}

function bearer(token: string, from: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new OperatorError(EXIT.usage, `${from} holds no token`, 'a token is one line of printable characters without spaces');
  return `Bearer ${token}`;
}

function basic(user: string): string {
  if (!user.includes(':')) throw new OperatorError(EXIT.usage, '--user has no password', 'write --user NAME:PASSWORD');
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

function authorization({ tokenFile, user }: ClientOptions, { username, password }: URL): string | null {
  if (tokenFile !== undefined) return bearer(readFile('--token-file', tokenFile).toString('utf8').trim(), tokenFile);
  if (user !== undefined) return basic(user);
  if (username !== '') return basic(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const token = process.env.LVSCOPE_TOKEN;
  return token ? bearer(token.trim(), 'LVSCOPE_TOKEN') : null;
}

/** @throws OperatorError for a URL that is none, and files that cannot be read */
export function monitorAccess(options: ClientOptions): MonitorAccess {
  const base = URL.canParse(options.url) ? new URL(options.url) : null;
  if (!base || !/^https?:$/.test(base.protocol))
    throw new OperatorError(EXIT.usage, `--url ${options.url} is no URL`, 'for example --url http://127.0.0.1:9852');
  // A proxy may have the monitor below a path.
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const who = authorization(options, base);
  return {
    base,
    headers: who === null ? {} : { authorization: who },
    ca: options.ca === undefined ? null : readFile('--ca', options.ca),
  };
}
