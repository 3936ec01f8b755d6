/**
 * A seed is the secret half of an nkey: `base32(two prefix bytes | 32 bytes | CRC16)`, 58 characters beginning with `S` and
 * the letter of its kind. It is a class, and not a string, so that it shows only by `reveal()`: printing, logging, JSON,
 * string building and `util.inspect` give its public key.
 */
import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { NatsctlError } from '../errors.js';
import { decodeBase32, encodeBase32 } from './base32.js';
import {
  encodePublicKey,
  type KeyErrorCode,
  type KeyKind,
  kindOfPrefix,
  PREFIX_BYTE,
  withChecksum,
  withoutChecksum,
} from './nkey.js';

const SEED_LENGTH = 58;
const SECRET_LENGTH = 32;
const SEED_PREFIX = 18 << 3;

/** Names of the curves in a JWK (RFC 8037). */
const CURVE = { signing: 'Ed25519', sealing: 'X25519' } as const;

export class Seed {
  readonly kind: KeyKind;
  readonly publicKey: string;
  readonly #bytes: Uint8Array;
  #wiped = false;

  private constructor(kind: KeyKind, bytes: Uint8Array, rawPublic?: Uint8Array) {
    this.kind = kind;
    this.#bytes = bytes;
    this.publicKey = encodePublicKey(kind, rawPublic ?? rawPublicKey(this.#privateKey()));
  }

  /** Any 32 random bytes are the secret of an Ed25519 or X25519 key (RFC 8032 section 5.1.5, RFC 7748 section 5). */
  static generate(kind: KeyKind): Seed {
    return new Seed(kind, new Uint8Array(randomBytes(SECRET_LENGTH)));
  }

  /** Of a pair that was generated just now, for thousands of them: that the two belong together is not computed again. */
  static ofPair(kind: KeyKind, secret: Uint8Array, rawPublic: Uint8Array): Seed {
    return new Seed(kind, secret, rawPublic);
  }

  /** @throws NatsctlError ERR_SEED_INVALID; no part of the text is in the message. */
  static parse(text: string | Uint8Array): Seed {
    const characters = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    const parsed = parse(characters);
    if (typeof parsed === 'string') {
      throw new NatsctlError<KeyErrorCode>('ERR_SEED_INVALID', `not a seed: ${parsed}`, {
        hint: 'a seed has 58 characters and begins with S: check that none is missing or changed',
      });
    }
    return new Seed(parsed.kind, parsed.bytes);
  }

  /** The seed as text: the one way to see it. */
  reveal(): string {
    this.#mustNotBeWiped();
    const prefix = PREFIX_BYTE[this.kind];
    const bytes = new Uint8Array(2 + this.#bytes.length);
    bytes[0] = SEED_PREFIX | (prefix >> 5);
    bytes[1] = (prefix & 31) << 3;
    bytes.set(this.#bytes, 2);
    return encodeBase32(withChecksum(bytes));
  }

  /** The private key for node:crypto, outside the reach of JavaScript. */
  privateKey(): KeyObject {
    this.#mustNotBeWiped();
    return this.#privateKey();
  }

  /** Overwrites the secret. Signers made before keep their own copy. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  toString(): string {
    return `[seed of ${this.publicKey}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /**
   * By way of a JWK, which OpenSSL takes as it is: reading PKCS #8 takes eight times as long. What `x` says is not looked at; the
   * public key comes from the secret.
   */
  #privateKey(): KeyObject {
    const crv = this.kind === 'curve' ? CURVE.sealing : CURVE.signing;
    const d = Buffer.from(this.#bytes).toString('base64url');
    return createPrivateKey({ key: { kty: 'OKP', crv, d, x: '' }, format: 'jwk' });
  }

  #mustNotBeWiped(): void {
    if (this.#wiped) throw new NatsctlError<KeyErrorCode>('ERR_SEED_WIPED', `the seed of ${this.publicKey} was wiped`);
  }
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url'));
}

/** Kind and secret bytes, or what is wrong with the text. */
function parse(text: string): { kind: KeyKind; bytes: Uint8Array } | string {
  if (text.length !== SEED_LENGTH) return `it has ${text.length} characters instead of ${SEED_LENGTH}`;
  const whole = decodeBase32(text);
  if (whole === null) return 'it is not base32 in its one spelling';
  const [first = 0, second = 0] = whole;
  if ((first & 0xf8) !== SEED_PREFIX || (second & 7) !== 0) return 'it does not begin as a seed does';
  const kind = kindOfPrefix(((first & 7) << 5) | (second >> 3));
  if (kind === undefined) return 'it is of no known kind';
  const body = withoutChecksum(whole);
  if (body === null) return 'its checksum does not fit';
  return { kind, bytes: body.slice(2) };
}
