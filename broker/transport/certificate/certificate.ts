import { childrenOf, contentOf, type Element, objectIdentifier, readElement, sequenceOf } from './der.js';

/** `TYPE=value`; the value is null for one that is no text. */
export interface Attribute {
  readonly type: string;
  readonly value: string | null;
}

/** What of a certificate says who its owner is. */
export interface Certificate {
  /** SubjectPublicKeyInfo, as its bytes stand there. */
  readonly publicKey: Buffer;
  /** In the order of the certificate; most have one attribute each. */
  readonly subject: readonly (readonly Attribute[])[];
  readonly emails: readonly string[];
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
}

const SUBJECT_ALT_NAME = '2.5.29.17';
const EXTENSIONS = 0xa3;
const VERSION = 0xa0;
const OCTET_STRING = 0x04;
const EMAIL = 0x81;
const DNS_NAME = 0x82;
const URI = 0x86;
const BMP_STRING = 0x1e;
/** UTF8String, NumericString, PrintableString, T61String, IA5String: what Go reads as text. */
const TEXTS = new Set([0x0c, 0x12, 0x13, 0x14, 0x16]);

/**
 * Reads DER that OpenSSL has verified already. Node shows these fields as text only, in which one value can be written so that it looks
 * like two. Null when it does not add up.
 */
export function readCertificate(der: Buffer): Certificate | null {
  const body = sequenceOf(der)?.[0];
  const fields = body === undefined ? null : childrenOf(der, body);
  if (fields === null) return null;
  const first = fields[0]?.tag === VERSION ? 1 : 0;
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  const subject = fields[first + 4];
  const publicKey = fields[first + 5];
  if (subject === undefined || publicKey === undefined) return null;
  const names = readName(der, subject);
  const others = readAlternativeNames(der, fields);
  if (names === null || others === null) return null;
  return { publicKey: der.subarray(publicKey.start, publicKey.end), subject: names, ...others };
}

function readName(der: Buffer, name: Element): Attribute[][] | null {
  const sets = childrenOf(der, name);
  if (sets === null) return null;
  const subject: Attribute[][] = [];
  for (const set of sets) {
    const attributes: Attribute[] = [];
    for (const pair of childrenOf(der, set) ?? []) {
      const [type, value] = childrenOf(der, pair) ?? [];
      if (type === undefined || value === undefined) return null;
      attributes.push({ type: objectIdentifier(contentOf(der, type)), value: textOf(der, value) });
    }
    if (attributes.length > 0) subject.push(attributes);
  }
  return subject;
}

function textOf(der: Buffer, { tag, contentStart, end }: Element): string | null {
  const content = der.subarray(contentStart, end);
  if (TEXTS.has(tag)) return content.toString('utf8');
  // UTF-16, big-endian.
  if (tag === BMP_STRING && content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le');
  return null;
}

type AlternativeNames = Pick<Certificate, 'emails' | 'dnsNames' | 'uris'>;

function readAlternativeNames(der: Buffer, fields: readonly Element[]): AlternativeNames | null {
  const emails: string[] = [];
  const dnsNames: string[] = [];
  const uris: string[] = [];
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const list = extensions && readElement(der, extensions.contentStart, extensions.end);
  for (const extension of (list && childrenOf(der, list)) ?? []) {
    const parts = childrenOf(der, extension);
    const [type] = parts ?? [];
    if (type === undefined || objectIdentifier(contentOf(der, type)) !== SUBJECT_ALT_NAME) continue;
    const value = parts?.find(({ tag }) => tag === OCTET_STRING);
    const names = value && readElement(der, value.contentStart, value.end);
    const all = names ? childrenOf(der, names) : null;
    if (all === null) return null;
    for (const name of all) {
      const text = contentOf(der, name).toString('latin1');
      if (name.tag === EMAIL) emails.push(text);
      else if (name.tag === DNS_NAME) dnsNames.push(text);
      else if (name.tag === URI) uris.push(text);
    }
  }
  return { emails, dnsNames, uris };
}
