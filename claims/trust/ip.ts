/** IP addresses and networks as text, read as Go's net package reads them. claims/ opens no sockets, so node:net is not at hand. */

/** 4 or 16 bytes; an IPv4 address in IPv6 form (`::ffff:a.b.c.d`) becomes 4. */
export type Address = Uint8Array;

export interface Network {
  address: Address;
  /** Leading bits that count. */
  bits: number;
}

/** An address without zone, or null. */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** `10.0.0.0/8`, `fe80::/10`, or null. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return null;
  const bits = Number(digits);
  const host = text.slice(0, slash);
  const address = parseAddress(host);
  if (address === null) return null;
  if (!host.includes(':')) return bits <= 32 ? { address, bits } : null;
  if (bits > 128) return null;
  if (address.length === 16) return { address, bits };
  // An IPv4 network in IPv6 form; a shorter prefix than the form's own 96 bits is no IPv4 network.
  return bits >= 96 ? { address, bits: bits - 96 } : { address: mapped(address), bits };
}

export function contains(network: Network, address: Address): boolean {
  if (network.address.length !== address.length) return false;
  const whole = network.bits >> 3;
  for (let at = 0; at < whole; at++) if (network.address[at] !== address[at]) return false;
  const rest = network.bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return (((network.address[whole] as number) ^ (address[whole] as number)) & mask) === 0;
}

function parseV4(text: string): Address | null {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (const [at, part] of parts.entries()) {
    // No leading zeros: some readers take them for octal.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    bytes[at] = Number(part);
  }
  return bytes;
}

function parseV6(text: string): Address | null {
  if (text.length > 45) return null;
  const halves = text.split('::', 3);
  if (halves.length > 2) return null;
  const head = groups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] as string, true) : [];
  if (head === null || tail === null) return null;
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 16 : given > 14) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** The bytes of groups with a colon between; the last may be an IPv4 address where they end the address. */
function groups(text: string, ending: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (ending && at === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === null) return null;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function mapped(v4: Address): Address {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff], 10);
  bytes.set(v4, 12);
  return bytes;
}
