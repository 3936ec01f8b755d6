import type { X509Certificate } from 'node:crypto';
import { readCertificate } from './certificate.js';
import { domainComponents, goSubject, hasSameParts, isSameName, parseName, subjectName } from './distinguished-name.js';

/**
 * Which of the given users a verified certificate names, in nats-server's order (checkClientTLSCertSubject): email addresses, DNS
 * names, URIs, the distinguished name whatever way it is written, then its text with domain components and without. Null when none
 * is: a certificate without a name names nobody.
 */
export function userOfCertificate(certificate: X509Certificate, users: ReadonlySet<string>): string | null {
  const read = readCertificate(certificate.raw);
  if (read === null) return null;
  for (const name of [...read.emails, ...read.dnsNames, ...read.uris]) if (name !== '' && users.has(name)) return name;
  const subject = subjectName(read);
  if (subject !== null) {
    const named = [...users].flatMap((user) => {
      const name = parseName(user);
      return name === null ? [] : [{ user, name }];
    });
    const found =
      named.find(({ name }) => isSameName(name, subject)) ?? named.find(({ name }) => hasSameParts(name, subject));
    if (found !== undefined) return found.user;
  }
  const text = goSubject(read);
  const components = domainComponents(read);
  for (const name of components === '' ? [text] : [`${text},${components}`, text]) {
    if (name !== '' && users.has(name)) return name;
  }
  return null;
}
