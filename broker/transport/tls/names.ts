import { constants } from 'node:crypto';
import { getCiphers } from 'node:tls';

/**
 * Cipher suites as Go and IANA name them, and as OpenSSL does: those of nats-server's `cipher_suites` that Go does not call insecure
 * (crypto/tls CipherSuites). The ones with CBC are taken when named, and not offered otherwise.
 */
const CIPHERS: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
};

/** Of TLS 1.3 Go always offers all three, whatever is chosen of 1.2. */
const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Go's names without the prefix that says which package they are from (nats-server curvePreferenceMap). */
const CURVES: Readonly<Record<string, string>> = {
  X25519: 'X25519',
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519MLKEM768: 'X25519MLKEM768',
  SecP256r1MLKEM768: 'SecP256r1MLKEM768',
  SecP384r1MLKEM1024: 'SecP384r1MLKEM1024',
};

const known = new Set(getCiphers());

/** OpenSSL's list for Go's names; the name that is not known, or that is not safe, otherwise. */
export function openSslCiphers(names: readonly string[] | undefined): { list: string } | { unknown: string } {
  const modern = Object.keys(CIPHERS).filter((name) => !name.includes('_CBC_'));
  const chosen: string[] = [];
  for (const name of names ?? modern) {
    if (TLS13.includes(name)) continue;
    const cipher = Object.hasOwn(CIPHERS, name) ? (CIPHERS[name] as string) : '';
    if (!known.has(cipher.toLowerCase())) return { unknown: name };
    chosen.push(cipher);
  }
  // Only TLS 1.3 was named: what Go does then for 1.2 is to offer nothing.
  return { list: [...TLS13, ...chosen].join(':') };
}

export function openSslCurves(names: readonly string[] | undefined): { list: string } | { unknown: string } {
  if (names === undefined) return { list: 'auto' };
  const unknown = names.find((name) => !Object.hasOwn(CURVES, name));
  if (unknown !== undefined) return { unknown };
  return { list: names.map((name) => CURVES[name]).join(':') };
}

/** The server chooses among what both know, as nats-server (`PreferServerCipherSuites`). */
export const SECURE_OPTIONS = constants.SSL_OP_CIPHER_SERVER_PREFERENCE | constants.SSL_OP_NO_RENEGOTIATION;
