/**
 * Public nkeys: `base32(prefix byte | 32-byte key | CRC16)`, 56 characters, the first of which names the kind.
 *
 * Parsing is the gate for every key that arrives from outside: it accepts one spelling, the exact length (a key of another
 * length with a right checksum once stopped servers before authentication: NATS advisory 2026-23), and no weak point.
 *
 * @example
 * const { kind, raw } = decodePublicKey('ADPZ...', 'account');
 */
import { NatsctlError } from '../errors.js';
import { decodeBase32, encodeBase32 } from './base32.js';
import { crc16 } from './crc16.js';
import { isWeakEd25519, isWeakX25519 } from './weak-points.js';

export type KeyKind = 'operator' | 'account' | 'user' | 'server' | 'cluster' | 'curve';

/** Every code this folder throws. */
export type KeyErrorCode =
  | 'ERR_KEY_INVALID'
  | 'ERR_KEY_KIND'
  | 'ERR_SEED_INVALID'
  | 'ERR_SEED_KIND'
  | 'ERR_SEED_WIPED'
  | 'ERR_XKEY_OPEN';

export interface PublicKey {
  kind: KeyKind;
  /** The 32 bytes of the Ed25519 (curve: X25519) public key. */
  raw: Uint8Array;
  text: string;
}

export const PREFIX_BYTE: Readonly<Record<KeyKind, number>> = {
  operator: 14 << 3,
  account: 0,
  user: 20 << 3,
  server: 13 << 3,
  cluster: 2 << 3,
  curve: 23 << 3,
};

const KIND_OF_PREFIX = new Map(Object.entries(PREFIX_BYTE).map(([kind, prefix]) => [prefix, kind as KeyKind]));

const PUBLIC_KEY_LENGTH = 56;
const RAW_LENGTH = 32;

/** @throws NatsctlError ERR_KEY_INVALID for what is no key at all, ERR_KEY_KIND for a key that is of none of `kinds`. */
export function decodePublicKey(text: string, ...kinds: KeyKind[]): PublicKey {
  const parsed = parse(text);
  if (typeof parsed === 'string') {
    // The text itself stays out of the message: it may be a seed put in the wrong place.
    throw new NatsctlError<KeyErrorCode>('ERR_KEY_INVALID', `not a public nkey: ${parsed}`, {
      hint: looksLikeSeed(text)
        ? 'give the public key, not the seed'
        : 'check the key for a missing or changed character',
    });
  }
  if (kinds.length > 0 && !kinds.includes(parsed.kind)) {
    throw new NatsctlError<KeyErrorCode>(
      'ERR_KEY_KIND',
      `${text} is ${article(parsed.kind)} key, where ${kinds.map(article).join(' or ')} key is needed`,
      { details: { key: text, kind: parsed.kind, wanted: kinds } },
    );
  }
  return parsed;
}

/** True for a sound public key, of one of `kinds` where any are given. */
export function isPublicKey(text: unknown, ...kinds: KeyKind[]): text is string {
  const parsed = parse(text);
  return typeof parsed !== 'string' && (kinds.length === 0 || kinds.includes(parsed.kind));
}

export function encodePublicKey(kind: KeyKind, raw: Uint8Array): string {
  const bytes = new Uint8Array(1 + RAW_LENGTH);
  if (raw.length !== RAW_LENGTH) {
    throw new NatsctlError<KeyErrorCode>('ERR_KEY_INVALID', `a public key has ${RAW_LENGTH} bytes, not ${raw.length}`);
  }
  bytes[0] = PREFIX_BYTE[kind];
  bytes.set(raw, 1);
  return encodeBase32(withChecksum(bytes));
}

/** The bytes followed by their CRC16, little-endian. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 2);
  whole.set(bytes);
  new DataView(whole.buffer).setUint16(bytes.length, crc16(bytes), true);
  return whole;
}

/** The bytes without the CRC16 at their end, or null where it does not fit. */
export function withoutChecksum(whole: Uint8Array): Uint8Array | null {
  const bytes = whole.subarray(0, whole.length - 2);
  const stored = (whole[whole.length - 2] as number) | ((whole[whole.length - 1] as number) << 8);
  return crc16(bytes) === stored ? bytes : null;
}

export function kindOfPrefix(prefix: number): KeyKind | undefined {
  return KIND_OF_PREFIX.get(prefix);
}

/** "an account", "a user". */
export function article(kind: KeyKind): string {
  return /^[ao]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** The key, or what is wrong with the text. */
function parse(text: unknown): PublicKey | string {
  if (typeof text !== 'string') return 'it is not a text';
  if (text.length !== PUBLIC_KEY_LENGTH) return `it has ${text.length} characters instead of ${PUBLIC_KEY_LENGTH}`;
  const whole = decodeBase32(text);
  if (whole === null) return 'it holds a character that no key has (A-Z and 2-7 only)';
  const kind = kindOfPrefix(whole[0] as number);
  if (kind === undefined) return `no kind of key begins with "${text[0]}${text[1]}"`;
  const bytes = withoutChecksum(whole);
  if (bytes === null) return 'its checksum does not fit';
  const raw = bytes.slice(1);
  if (kind === 'curve' ? isWeakX25519(raw) : isWeakEd25519(raw))
    return 'it is a weak point that no key generation makes';
  return { kind, raw, text };
}

function looksLikeSeed(text: unknown): boolean {
  return typeof text === 'string' && /^S[OAUNCX]/.test(text);
}
