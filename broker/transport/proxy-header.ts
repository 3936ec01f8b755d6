import { isIPv4, isIPv6 } from 'node:net';

/** What the first bytes of a connection say of who sent them through a proxy. */
export type ProxyHeader =
  /** `taken` bytes are the header; null = the proxy speaks for itself (a health check: LOCAL, UNKNOWN). */
  | { kind: 'proxied'; taken: number; source: { address: string; port: number } | null }
  /** Something else: a client that comes without a proxy. */
  | { kind: 'none'; taken: 0 }
  | { kind: 'invalid'; taken: 0; why: string };

const V1_PREFIX = Buffer.from('PROXY ');
/** With CR LF (the protocol's own bound). */
const V1_MAX = 107;
const V2_SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V2_HEAD = 16;
/** Addresses and extensions (TLV); larger ones are no header of a TCP connection. */
const V2_MAX = 4_096;
/** As many bytes tell the versions and everything else apart (nats-server detectProxyProtoVersion). */
const TELLING = 6;

/** Reads a PROXY protocol header, version 1 or 2; undefined while it is not whole. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const seen = Math.min(bytes.length, TELLING);
  const isV1 = bytes.compare(V1_PREFIX, 0, seen, 0, seen) === 0;
  const isV2 = bytes.compare(V2_SIGNATURE, 0, seen, 0, seen) === 0;
  if (!isV1 && !isV2) return { kind: 'none', taken: 0 };
  if (seen < TELLING) return undefined;
  return isV1 ? parseV1(bytes) : parseV2(bytes);
}

function invalid(why: string): ProxyHeader {
  return { kind: 'invalid', taken: 0, why };
}

function parseV1(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, V1_MAX).indexOf('\r\n');
  if (end === -1) return bytes.length >= V1_MAX ? invalid('the line is too long') : undefined;
  const taken = end + 2;
  const [family, source = '', target = '', ...ports] = bytes
    .toString('latin1', TELLING, end)
    .split(' ')
    .filter(Boolean);
  if (family === 'UNKNOWN') return { kind: 'proxied', taken, source: null };
  if (ports.length !== 2) return invalid('it has not the five fields');
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null;
  if (isAddress === null) return invalid('its protocol is not known');
  if (!isAddress(source) || !isAddress(target) || source.includes('%'))
    return invalid('an address is not one of its protocol');
  const [sourcePort, targetPort] = ports.map(portOf);
  if (sourcePort === undefined || targetPort === undefined || sourcePort < 0 || targetPort < 0) {
    return invalid('a port is no port');
  }
  const address = family === 'TCP6' ? shortest(source) : source;
  return { kind: 'proxied', taken, source: { address, port: sourcePort } };
}

function portOf(text: string): number {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : -1;
}

const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;
const INET = 1;
const INET6 = 2;

function parseV2(bytes: Buffer): ProxyHeader | undefined {
  const seen = Math.min(bytes.length, V2_SIGNATURE.length);
  if (bytes.compare(V2_SIGNATURE, 0, seen, 0, seen) !== 0) return invalid('its signature is wrong');
  if (bytes.length < V2_HEAD) return undefined;
  const version = (bytes[12] as number) >> 4;
  const command = (bytes[12] as number) & 0xf;
  const family = (bytes[13] as number) >> 4;
  const protocol = (bytes[13] as number) & 0xf;
  const length = bytes.readUInt16BE(14);
  const taken = V2_HEAD + length;
  if (version !== 2) return invalid('its version is not known');
  if (command !== LOCAL && command !== PROXY) return invalid('its command is not known');
  if (length > V2_MAX) return invalid('it is too long');
  if (command === PROXY && protocol !== STREAM) return invalid('it is not of a TCP connection');
  if (command === PROXY && family > INET6) return invalid('its address family is not supported');
  if (bytes.length < taken) return undefined;
  if (command === LOCAL || family === 0) return { kind: 'proxied', taken, source: null };
  const size = family === INET ? 4 : 16;
  if (length < 2 * size + 4) return invalid('its addresses are too short');
  const address = bytes.subarray(V2_HEAD, V2_HEAD + size);
  const port = bytes.readUInt16BE(V2_HEAD + 2 * size);
  return { kind: 'proxied', taken, source: { address: size === 4 ? address.join('.') : ipv6(address), port } };
}

function ipv6(bytes: Buffer): string {
  return shortest(Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':'));
}

/** An IPv6 address as the address of a socket is shown: in its shortest form, and IPv4 in IPv6 form as IPv4. */
function shortest(address: string): string {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (mapped === null) return text;
  const value = Number.parseInt(mapped[1] ?? '', 16) * 0x10000 + Number.parseInt(mapped[2] ?? '', 16);
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff].join('.');
}
