import { X509Certificate } from 'node:crypto';
import { createSecureContext, type TlsOptions as NodeTlsOptions, type SecureVersion } from 'node:tls';
import { NatsctlError } from '../../../claims/errors.js';
import { TLS_TIMEOUT_MS } from '../../limits.js';
import { codeOf } from '../../log.js';
import type { BrokerErrorCode, TlsOptions } from '../../options.js';
import { openSslCiphers, openSslCurves, SECURE_OPTIONS } from './names.js';

/** Options of TLS, judged: what is here can be listened with. */
export interface TlsSettings {
  readonly node: NodeTlsOptions;
  readonly verify: boolean;
  readonly timeoutMs: number;
  /** SHA-256 of public keys; null = every certificate that verifies. */
  readonly pinned: ReadonlySet<string> | null;
  readonly handshakeFirst: boolean | number;
  /** Handshakes a second, 0 = unlimited. */
  readonly rateLimit: number;
}

/** @throws ERR_BROKER_TLS: never with a word of the key. */
export function tlsSettings(options: TlsOptions, where: 'tls' | 'websocket.tls'): TlsSettings {
  const bad = (message: string, hint: string, cause?: unknown): NatsctlError<BrokerErrorCode> =>
    new NatsctlError('ERR_BROKER_TLS', `${where}: ${message}`, { hint, cause });
  const { cert, key, ca, minVersion = '1.2', pinnedCerts, timeoutMs = TLS_TIMEOUT_MS } = options;
  if (!cert || !key) throw bad('certificate and key are both needed', 'give the PEM of both');
  if (minVersion !== '1.2' && minVersion !== '1.3') {
    throw bad(`unsupported TLS version: ${minVersion}`, 'choose 1.2 or 1.3');
  }
  const ciphers = openSslCiphers(options.cipherSuites);
  if ('unknown' in ciphers) {
    throw bad(`unrecognized or insecure cipher ${ciphers.unknown}`, 'choose among those of docs/broker.md');
  }
  const curves = openSslCurves(options.curvePreferences);
  if ('unknown' in curves)
    throw bad(`unrecognized curve preference ${curves.unknown}`, 'X25519 and CurveP256 are some');
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) throw bad('timeoutMs must be 1 or more', 'correct it');
  const rateLimit = options.connectionRateLimit ?? 0;
  if (!Number.isSafeInteger(rateLimit) || rateLimit < 0)
    throw bad('connectionRateLimit must be 0 or more', 'correct it');
  const { handshakeFirst = false } = options;
  if (typeof handshakeFirst === 'number' && !(Number.isSafeInteger(handshakeFirst) && handshakeFirst > 0)) {
    throw bad('handshakeFirst must be true, false or milliseconds', 'correct it');
  }
  const pinned = pinnedCerts?.map((each) => each.toLowerCase()) ?? [];
  const odd = pinned.find((each) => !/^[0-9a-f]{64}$/.test(each));
  if (odd !== undefined) throw bad('a pinned certificate is no SHA-256 in hex', 'give 64 hex digits');
  const verify = options.verify === true || options.verifyAndMap === true;
  const node: NodeTlsOptions = {
    cert,
    key,
    ca,
    ciphers: ciphers.list,
    ecdhCurve: curves.list,
    minVersion: `TLSv${minVersion}` as SecureVersion,
    honorCipherOrder: true,
    secureOptions: SECURE_OPTIONS,
    requestCert: verify,
    rejectUnauthorized: verify,
  };
  try {
    if (ca !== undefined) readCertificates(ca);
    createSecureContext(node);
  } catch (error) {
    throw bad(
      `the certificate, its key or a choice cannot be used (${codeOf(error)})`,
      'check that they belong together',
      error,
    );
  }
  return {
    node,
    verify,
    timeoutMs,
    pinned: pinned.length > 0 ? new Set(pinned) : null,
    handshakeFirst,
    rateLimit,
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** OpenSSL passes over an authority's file with nothing in it, and would then trust nobody, or Node's list. */
function readCertificates(pem: string): X509Certificate[] {
  const found = (pem.match(CERTIFICATE) ?? []).map((each) => new X509Certificate(each));
  if (found.length === 0) throw new Error('no certificate');
  return found;
}
