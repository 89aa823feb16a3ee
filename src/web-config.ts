/** `--web.config.file` and the certificates that it names, read and checked as a whole. */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ShapeProblem } from './contract/shape.ts';
import { cipherList, curveList, TLS_VERSIONS } from './contract/tls-names.ts';
import { readWebConfig, type TlsSection, type WebConfig } from './contract/web-config.ts';
import type { ClientCertificates, TlsSettings } from './http/tls-settings.ts';
import { readYamlFile } from './yaml-file.ts';

export interface WebConfigFile extends Omit<WebConfig, 'tls'> {
  /** Null: plain HTTP. */
  readonly tls: TlsSettings | null;
  /** The file itself and those that it names. */
  readonly paths: readonly string[];
}

const HINT = "the file is exporter-toolkit's (docs/access.md); promtool check web-config FILE reads it as well";

/** Names of Go, what they come to. */
const CLIENTS: Readonly<Record<NonNullable<TlsSection['client_auth_type']>, ClientCertificates>> = {
  '': 'none',
  NoClientCert: 'none',
  RequestClientCert: 'any_if_given',
  RequireAnyClientCert: 'any',
  RequireClientCert: 'any',
  VerifyClientCertIfGiven: 'verified_if_given',
  RequireAndVerifyClientCert: 'verified',
};

type FileKey = 'cert_file' | 'key_file' | 'client_ca_file';

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads what a key names, and remembers what was wrong with it. */
function pemReader(folder: string, tls: TlsSection, problems: ShapeProblem[]) {
  return (fileKey: FileKey, inline: 'cert' | 'key' | 'client_ca', check: (pem: string) => unknown): string | undefined => {
    const key = tls[fileKey] ? fileKey : inline;
    try {
      const pem = tls[fileKey] ? readFileSync(resolve(folder, tls[fileKey]), 'utf8') : tls[inline];
      if (pem) check(pem);
      return pem;
    } catch (error) {
      problems.push({ path: ['tls_server_config', key], text: textOf(error) });
      return undefined;
    }
  };
}

function settingsOf(folder: string, tls: TlsSection, problems: ShapeProblem[]): TlsSettings {
  const read = pemReader(folder, tls, problems);
  const cert = read('cert_file', 'cert', (pem) => new X509Certificate(pem));
  const key = read('key_file', 'key', createPrivateKey);
  const ca = read('client_ca_file', 'client_ca', (pem) => new X509Certificate(pem));
  const { cipher_suites: suites = [], curve_preferences: curves = [], client_allowed_sans: names } = tls;
  const clients = CLIENTS[tls.client_auth_type ?? ''];
  const secure: SecureContextOptions = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca ? { ca } : {}),
    minVersion: TLS_VERSIONS[tls.min_version ?? 'TLS12'],
    maxVersion: TLS_VERSIONS[tls.max_version ?? 'TLS13'],
    ...(suites.length > 0 ? { ciphers: cipherList(suites) } : {}),
    ...(curves.length > 0 ? { ecdhCurve: curveList(curves) } : {}),
    honorCipherOrder: tls.prefer_server_cipher_suites ?? true,
    // A session taken up again would pass by what its first handshake was judged by.
    ...(clients === 'none' ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
  try {
    if (problems.length === 0) createSecureContext(secure);
  } catch (error) {
    problems.push({ path: ['tls_server_config'], text: `certificate and key do not go together: ${textOf(error)}` });
  }
  return { secure, clients, allowedNames: names ? new Set(names) : null };
}

/** @throws OperatorError with the lines of all that is wrong, in the file or with what it names */
export function readWebConfigFile(path: string): WebConfigFile {
  const file = readYamlFile(path, HINT);
  const found = readWebConfig(file.data);
  if ('problems' in found) {
    file.refuse(found.problems);
    throw new Error('a file is refused for its problems');
  }
  const { tls, ...config } = found.value;
  const folder = dirname(path);
  const problems: ShapeProblem[] = [];
  const settings = tls && settingsOf(folder, tls, problems);
  file.refuse(problems);
  const named = tls ? [tls.cert_file, tls.key_file, tls.client_ca_file] : [];
  return { ...config, tls: settings, paths: [path, ...named.flatMap((name) => (name ? [resolve(folder, name)] : []))] };
}
