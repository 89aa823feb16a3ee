/** Names that Go's crypto/tls has, as exporter-toolkit files write them, and what OpenSSL calls the same. */

export const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
export type TlsVersion = keyof typeof TLS_VERSIONS;
export const TLS_VERSION_NAMES = Object.keys(TLS_VERSIONS) as TlsVersion[];

const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const;

/** Those of Go's `tls.CipherSuites()` (those with RSA key exchange: until Go 1.21). */
const TLS12_SUITES = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
} as const;

type Tls12Suite = keyof typeof TLS12_SUITES;
export type CipherSuite = Tls12Suite | (typeof TLS13_SUITES)[number];
export const CIPHER_SUITES = [...TLS13_SUITES, ...Object.keys(TLS12_SUITES)] as CipherSuite[];

/** OpenSSL's list. Those of TLS 1.3 cannot be chosen in Go: they are always there. */
export function cipherList(suites: readonly CipherSuite[]): string {
  const chosen = suites.flatMap((suite) => (suite in TLS12_SUITES ? [TLS12_SUITES[suite as Tls12Suite]] : []));
  return [...TLS13_SUITES, ...chosen].join(':');
}

const CURVES = { CurveP256: 'P-256', CurveP384: 'P-384', CurveP521: 'P-521', X25519: 'X25519' } as const;
export type Curve = keyof typeof CURVES;
export const CURVE_NAMES = Object.keys(CURVES) as Curve[];

export function curveList(curves: readonly Curve[]): string {
  return curves.map((curve) => CURVES[curve]).join(':');
}
