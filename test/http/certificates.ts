/** Certificates by openssl: an authority, and what it or nobody vouches for. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** @param names subject alternative names: `{DNS: 'lb.example', IP: '192.0.2.1'}`. @param by who signs; itself, when absent */
export function certificate(commonName: string, names: Readonly<Record<string, string>>, by?: Pair): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-cert-'));
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const config = join(folder, 'openssl.cnf');
  // In a section of their own, so that a name may have commas.
  const lines = Object.entries(names).map(([kind, name]) => `${kind}.1 = ${name}`);
  writeFileSync(
    config,
    [
      '[req]',
      'distinguished_name = dn',
      'x509_extensions = ext',
      '[dn]',
      '[ext]',
      'subjectAltName = @names',
      `basicConstraints = critical, CA:${by ? 'FALSE' : 'TRUE'}`,
      '[names]',
      ...lines,
      '',
    ].join('\n'),
  );
  const authority = by ? ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key')] : [];
  try {
    if (by) {
      writeFileSync(join(folder, 'ca.pem'), by.cert);
      writeFileSync(join(folder, 'ca.key'), by.key);
    }
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyPath];
    const subject = ['-config', config, '-subj', `/CN=${commonName}`];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...authority, '-out', certPath], { stdio: 'pipe' });
    return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
