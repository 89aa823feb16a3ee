/** Who may ask, from the command line and the files that it names; followed while they change. */
import type { Listen } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { type Access, type AccessRules, NO_ACCESS_RULES } from './contract/access.ts';
import { EXIT, OperatorError } from './errors.ts';
import { type Followed, follow } from './followed.ts';
import type { TlsSettings } from './http/tls-settings.ts';
import type { Logger } from './log.ts';
import { readWebConfigFile, type WebConfigFile } from './web-config.ts';

export interface AccessOptions {
  /** File of `--web.config.file`; null: none. */
  readonly webConfig: string | null;
  /** File of `--config`, for its `access` section; null: none. */
  readonly config: string | null;
  /** `--insecure-listen`: whoever reaches the address may look. */
  readonly insecure: boolean;
  /** `--allowed-host`: names that requests may be addressed to besides. */
  readonly allowedHosts: readonly string[];
}

export interface HeldAccess {
  readonly access: Access;
  readonly tls: TlsSettings | null;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const NO_WEB_CONFIG: WebConfigFile = { tls: null, wantsHttp2: false, headers: {}, users: new Map(), rateLimit: null, paths: [] };

/** The table names every client: beyond this machine, who asks must say who he is. */
function refuseOpenAddress({ host }: Listen): never {
  throw new OperatorError(
    EXIT.usage,
    `--listen ${host} would show every client's address to whoever asks`,
    'name users or client certificates with --web.config.file, or tokens in --config (docs/access.md); --insecure-listen does without',
  );
}

/** @throws OperatorError */
function combine(web: WebConfigFile, rules: AccessRules, listen: Listen, insecure: boolean): HeldAccess {
  const { tls, users, headers, rateLimit } = web;
  const isNamed = users.size > 0 || rules.tokens.length > 0;
  const isLocal = LOOPBACK.test(listen.host);
  if (!isNamed && !isLocal && !insecure && tls?.clients !== 'verified') refuseOpenAddress(listen);
  const unnamed = isLocal && tls?.clients !== 'verified' ? 'admin' : 'read';
  return { access: { ...rules, users, headers, rateLimit, unnamed: isNamed ? null : unnamed }, tls };
}

function refuseSwitch(before: TlsSettings | null, { tls }: HeldAccess): void {
  const asks = (settings: TlsSettings | null) => settings !== null && settings.clients !== 'none';
  if ((before === null) === (tls === null) && asks(before) === asks(tls)) return;
  throw new OperatorError(
    EXIT.usage,
    'TLS, and whether clients are asked for certificates, cannot be switched on or off while running',
    'start lvscope anew',
  );
}

function tellUnencrypted(listen: Listen, { tls, access }: HeldAccess, wantsHttp2: boolean, log: Logger): void {
  if (wantsHttp2) log.info('http2: true is accepted, and HTTP/1.1 is served');
  if (tls || LOOPBACK.test(listen.host)) return;
  if (access.unnamed === null) log.warn({ listen }, 'credentials travel in clear text: there is no tls_server_config');
  else log.warn({ listen }, 'whoever reaches this address may see every client (--insecure-listen)');
}

/** @throws OperatorError with all that is wrong in the files, or when the address asks for more than they say */
export function openAccess(options: AccessOptions, listen: Listen, log: Logger): Followed<HeldAccess> {
  const { webConfig, config, insecure } = options;
  let started: HeldAccess | null = null;
  return follow<HeldAccess>({
    read() {
      const web = webConfig === null ? NO_WEB_CONFIG : readWebConfigFile(webConfig);
      const rules = (config === null ? null : readConfigFile(config).access) ?? NO_ACCESS_RULES;
      const value = combine(web, rules, listen, insecure);
      if (started) refuseSwitch(started.tls, value);
      else tellUnencrypted(listen, value, web.wantsHttp2, log);
      started = value;
      return { value, paths: config === null ? web.paths : [...web.paths, config] };
    },
    log,
  });
}
