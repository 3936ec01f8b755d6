import { createHash, type X509Certificate } from 'node:crypto';
import { readCertificate } from '../certificate/certificate.js';

/** True for a certificate whose public key, as its bytes stand in it, is one of those (nats-server matchesPinnedCert). */
export function isPinned(certificate: X509Certificate | null, pinned: ReadonlySet<string> | null): boolean {
  if (pinned === null) return true;
  const read = certificate === null ? null : readCertificate(certificate.raw);
  return read !== null && pinned.has(createHash('sha256').update(read.publicKey).digest('hex'));
}
