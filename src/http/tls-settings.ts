/** What TLS connections are held to, and whether a client's certificate passes. */
import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

/** `none`: nobody is asked. `any`: some certificate. `verified`: one of the authority. `…_if_given`: who has none passes as well. */
export type ClientCertificates = 'none' | 'any_if_given' | 'any' | 'verified_if_given' | 'verified';

export interface TlsSettings {
  /** Certificate, key, authority, versions, suites. */
  readonly secure: SecureContextOptions;
  readonly clients: ClientCertificates;
  /** Of which a client's certificate must have one; null: no matter. */
  readonly allowedNames: ReadonlySet<string> | null;
}

/** Values of the subject alternative names; Node puts those with commas or quotes in JSON's quotes. */
function namesOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? '').matchAll(/(?:^|, )([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)/gy);
  return [...names].map(([, , value]) => (value.startsWith('"') ? String(JSON.parse(value)) : value));
}

/** Whether the connection may go on, after the handshake. */
export function clientPasses(socket: TLSSocket, { clients, allowedNames }: TlsSettings): boolean {
  if (clients === 'none') return true;
  const { raw } = socket.getPeerCertificate();
  if (!raw) return clients === 'any_if_given' || clients === 'verified_if_given';
  if (clients.startsWith('verified') && !socket.authorized) return false;
  return allowedNames === null || namesOf(new X509Certificate(raw)).some((name) => allowedNames.has(name));
}
