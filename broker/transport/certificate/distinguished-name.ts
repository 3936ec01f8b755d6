import type { Attribute, Certificate } from './certificate.js';

/** Attribute types that nats-server knows (internal/ldap attributeTypeNames); a subject with another one matches no name. */
const TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
  '0.9.2342.19200300.100.1.25': 'DC',
};

const DOMAIN_COMPONENT = '0.9.2342.19200300.100.1.25';
const COMMON_NAME = '2.5.4.3';
const SERIAL_NUMBER = '2.5.4.5';
/** Types in the order in which Go's pkix.Name puts them, and whether only the last value counts. */
const GO_ORDER = [
  '2.5.4.6',
  '2.5.4.8',
  '2.5.4.7',
  '2.5.4.9',
  '2.5.4.17',
  '2.5.4.10',
  '2.5.4.11',
  COMMON_NAME,
  SERIAL_NUMBER,
];

/** Relative names, each the attributes that make it up, as sorted `TYPE=value`: two are equal when their texts are. */
export type DistinguishedName = readonly (readonly string[])[];

/** The subject from its end, as RFC 4514 writes it. Null for one with types or values that have no name there, and for an empty one. */
export function subjectName({ subject }: Certificate): DistinguishedName | null {
  const name: string[][] = [];
  for (const attributes of [...subject].reverse()) {
    const pairs: string[] = [];
    for (const { type, value } of attributes) {
      const known = TYPES[type];
      if (known === undefined || value === null) return null;
      pairs.push(`${known}=${value}`);
    }
    name.push(pairs.sort());
  }
  return name.length === 0 ? null : name;
}

/** Reads a name as RFC 4514 writes it (nats-server ldap.ParseDN): escapes, `+`, blanks around values. Null when it is none. */
export function parseName(text: string): DistinguishedName | null {
  const name: string[][] = [];
  let relative: string[] = [];
  let type: string | null = null;
  let bytes: number[] = [];
  let blanks = 0;
  const take = (): string => {
    const taken = Buffer.from(bytes.slice(0, bytes.length - blanks)).toString('utf8');
    bytes = [];
    blanks = 0;
    return taken;
  };
  const source = Buffer.from(text, 'utf8');
  for (let i = 0; i < source.length; i++) {
    const char = String.fromCharCode(source[i] as number);
    if (char === '\\') {
      const next = String.fromCharCode(source[i + 1] ?? 0);
      const hex = source.toString('latin1', i + 1, i + 3);
      blanks = 0;
      if (' "#+,;<=>\\'.includes(next)) bytes.push(next.charCodeAt(0));
      else if (/^[0-9a-fA-F]{2}$/.test(hex)) bytes.push(Number.parseInt(hex, 16));
      else return null;
      i += ' "#+,;<=>\\'.includes(next) ? 1 : 2;
    } else if (char === '=') {
      type = take();
      // BER in hex, which nats-server does not read either.
      if (source[i + 1] === 0x23) return null;
    } else if (char === ',' || char === '+') {
      if (!type) return null;
      relative.push(`${type.toUpperCase()}=${take()}`);
      type = null;
      if (char === ',') {
        name.push(relative.sort());
        relative = [];
      }
    } else if (char !== ' ' || bytes.length > 0) {
      blanks = char === ' ' ? blanks + 1 : 0;
      bytes.push(source[i] as number);
    }
  }
  if (bytes.length > 0) {
    if (!type) return null;
    relative.push(`${type.toUpperCase()}=${take()}`);
    name.push(relative.sort());
  }
  return name.length === 0 ? null : name;
}

/** Part by part, in their order. */
export function isSameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return keyOf(a.map(partKey)) === keyOf(b.map(partKey));
}

/** The same parts, each as often, in any order (nats-server RDNsMatch since CVE-2026-33248). */
export function hasSameParts(a: DistinguishedName, b: DistinguishedName): boolean {
  return keyOf(a.map(partKey).sort()) === keyOf(b.map(partKey).sort());
}

function partKey(part: readonly string[]): string {
  return JSON.stringify(part);
}

function keyOf(parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** The subject as Go's crypto/x509 prints it (`pkix.Name.ToRDNSequence().String()`), which nats-server compares with user names. */
export function goSubject({ subject }: Certificate): string {
  const all = subject.flat();
  const parts: string[] = [];
  for (const type of GO_ORDER) {
    let values = all.filter((each) => each.type === type && each.value !== null);
    if (type === COMMON_NAME || type === SERIAL_NUMBER) values = values.slice(-1).filter(({ value }) => value !== '');
    if (values.length > 0) parts.push(values.map(printed).join('+'));
  }
  return parts.reverse().join(',');
}

/** Domain components, which Go's text leaves out, in the order of the certificate (nats-server getTLSAuthDCs). */
export function domainComponents({ subject }: Certificate): string {
  const all = subject.flat().filter(({ type, value }) => type === DOMAIN_COMPONENT && value !== null);
  return all.map(({ value }) => `DC=${value}`).join(',');
}

function printed({ type, value }: Attribute): string {
  const text = (value ?? '')
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<=.) $/s, '\\ ');
  return `${TYPES[type]}=${text}`;
}
