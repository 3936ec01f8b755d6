import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { createPair, fromPublic, Prefix } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, encodeBase32 } from '../../../../claims/keys/base32.js';
import { crc16 } from '../../../../claims/keys/crc16.js';
import {
  decodePublicKey,
  encodePublicKey,
  isPublicKey,
  type KeyKind,
  PREFIX_BYTE,
  withChecksum,
} from '../../../../claims/keys/nkey.js';

const KINDS: [KeyKind, Prefix, string][] = [
  ['operator', Prefix.Operator, 'O'],
  ['account', Prefix.Account, 'A'],
  ['user', Prefix.User, 'U'],
  ['server', Prefix.Server, 'N'],
  ['cluster', Prefix.Cluster, 'C'],
  ['curve', Prefix.Curve, 'X'],
];

function keyOfBytes(kind: KeyKind, raw: Uint8Array): string {
  return encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE[kind], ...raw])));
}

describe('base32', () => {
  it('round-trips any bytes and accepts one spelling only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = encodeBase32(bytes);
        expect(decodeBase32(text)).toEqual(bytes);
        expect(decodeBase32(`${text}=`)).toBeNull();
        expect(decodeBase32(text.toLowerCase())).toEqual(/[A-Z]/.test(text) ? null : bytes);
      }),
    );
  });

  it('refuses leftover bits that are not zero, and lengths that no bytes have', () => {
    expect(decodeBase32('AA')).toEqual(new Uint8Array([0]));
    expect(decodeBase32('AB')).toBeNull();
    expect(decodeBase32('A')).toBeNull();
    expect(decodeBase32('AAA')).toBeNull();
    expect(decodeBase32('A1')).toBeNull();
    expect(decodeBase32('Aé')).toBeNull();
  });
});

describe('crc16', () => {
  it('is CRC-16/XMODEM', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x31c3);
  });
});

describe('public keys', () => {
  it.each(KINDS)('reads and writes %s keys as nkeys.js does', (kind, prefix, letter) => {
    const text = createPair(prefix).getPublicKey();
    const key = decodePublicKey(text, kind);
    expect(key).toMatchObject({ kind, text });
    expect(text[0]).toBe(letter);
    expect(encodePublicKey(kind, key.raw)).toBe(text);
    expect(fromPublic(encodePublicKey(kind, key.raw)).getPublicKey()).toBe(text);
    expect(isPublicKey(text)).toBe(true);
    expect(isPublicKey(text, kind)).toBe(true);
  });

  it('tells a key of another kind from what is no key', () => {
    const user = createPair(Prefix.User).getPublicKey();
    expect(() => decodePublicKey(user, 'account', 'operator')).toThrowError(
      expect.objectContaining({ code: 'ERR_KEY_KIND', message: expect.stringContaining('is a user key') }),
    );
    expect(isPublicKey(user, 'account')).toBe(false);
    for (const junk of [
      undefined,
      null,
      7,
      {},
      '',
      'U',
      `${user}\n`,
      ` ${user}`,
      user.toLowerCase(),
      user.slice(0, 55),
      '='.repeat(56),
    ]) {
      expect(isPublicKey(junk)).toBe(false);
      expect(() => decodePublicKey(junk as string)).toThrowError(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
    }
  });

  it('refuses every change of one character', () => {
    const key = createPair(Prefix.Account).getPublicKey();
    fc.assert(
      fc.property(fc.nat(55), fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), (at, letter) => {
        const changed = key.slice(0, at) + letter + key.slice(at + 1);
        expect(isPublicKey(changed)).toBe(changed === key);
      }),
    );
  });

  // NATS advisory 2026-23: keys with a right checksum and another length stopped the process.
  it.each([0, 1, 31, 33, 64])('refuses a key of %i bytes with a right checksum', (length) => {
    const raw = new Uint8Array(length).fill(9);
    expect(isPublicKey(keyOfBytes('operator', raw))).toBe(false);
    expect(() => encodePublicKey('operator', raw)).toThrowError(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
  });

  it('does not repeat a seed given in the wrong place', () => {
    const seed = new TextDecoder().decode(createPair(Prefix.User).getSeed());
    try {
      decodePublicKey(seed);
      expect.unreachable();
    } catch (error) {
      expect(String((error as Error).message)).not.toContain(seed.slice(2, 20));
      expect(error).toMatchObject({ code: 'ERR_KEY_INVALID', hint: 'give the public key, not the seed' });
    }
  });

  it('refuses seeds and private keys of the nkeys family', () => {
    expect(isPublicKey(encodeBase32(withChecksum(new Uint8Array([15 << 3, ...new Uint8Array(32).fill(9)]))))).toBe(
      false,
    );
    expect(isPublicKey(encodeBase32(withChecksum(new Uint8Array([18 << 3, ...new Uint8Array(32).fill(9)]))))).toBe(
      false,
    );
  });
});

describe('weak points', () => {
  const P = 2n ** 255n - 19n;
  const littleEndian = (value: bigint, topBit = false): Uint8Array => {
    const bytes = new Uint8Array(32);
    for (let at = 0; at < 32; at++) bytes[at] = Number((value >> BigInt(8 * at)) & 0xffn);
    if (topBit) bytes[31] = (bytes[31] as number) | 0x80;
    return bytes;
  };
  const modpow = (base: bigint, exponent: bigint): bigint => {
    let result = 1n;
    for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
    return result;
  };
  // Points of order 8 satisfy y^4 * d ... : found here by their definition, x^2 = y^2 * -1 with 8P = identity, not copied.
  const d = (P - ((121665n * modpow(121666n, P - 2n)) % P)) % P;
  const smallOrderY = (() => {
    // Doubling a point of order 8 gives order 4, whose y is 0: y^2 + x^2 = 0, so x^2 = -y^2, and -x^2 + y^2 = 1 + d x^2 y^2
    // becomes 2 y^2 = 1 - d y^4. With t = y^2: d t^2 + 2 t - 1 = 0.
    const sqrt = (n: bigint): bigint | null => {
      let root = modpow(n, (P + 3n) / 8n);
      if ((root * root) % P !== n % P) root = (root * modpow(2n, (P - 1n) / 4n)) % P;
      return (root * root) % P === n % P ? root : null;
    };
    const discriminant = sqrt((1n + d) % P) as bigint;
    const found: bigint[] = [0n, 1n, P - 1n];
    for (const root of [discriminant, P - discriminant]) {
      const t = (((root + P - 1n) % P) * modpow(d, P - 2n)) % P;
      const y = sqrt(t);
      if (y !== null) found.push(y, P - y);
    }
    return found;
  })();

  it('refuses every Ed25519 point of small order, with either sign', () => {
    expect(smallOrderY).toHaveLength(5);
    for (const y of smallOrderY) {
      expect(isPublicKey(keyOfBytes('user', littleEndian(y)))).toBe(false);
      expect(isPublicKey(keyOfBytes('user', littleEndian(y, true)))).toBe(false);
    }
  });

  it('refuses every Ed25519 spelling at or over the prime', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      expect(isPublicKey(keyOfBytes('account', littleEndian(y)))).toBe(false);
      expect(isPublicKey(keyOfBytes('account', littleEndian(y, true)))).toBe(false);
    }
    expect(isPublicKey(keyOfBytes('account', littleEndian(P - 2n)))).toBe(true);
  });

  it('refuses X25519 points of small order, over the prime, and with the unused bit set', () => {
    // The two points of order 8, by definition: OpenSSL refuses a shared secret of zero.
    const order8 = [
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    ].map((hex) => BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`));
    const privateKey = generateKeyPairSync('x25519').privateKey;
    for (const u of [0n, 1n, P - 1n, ...order8]) {
      const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), littleEndian(u)]);
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      expect(() => diffieHellman({ privateKey, publicKey })).toThrowError();
    }
    const low = [0n, 1n, ...order8, P - 1n, P, P + 1n, 2n ** 255n - 1n];
    for (const u of low) expect(isPublicKey(keyOfBytes('curve', littleEndian(u)))).toBe(false);
    expect(isPublicKey(keyOfBytes('curve', littleEndian(9n)))).toBe(true);
    expect(isPublicKey(keyOfBytes('curve', littleEndian(9n, true)))).toBe(false);
  });
});
