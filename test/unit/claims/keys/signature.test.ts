import { fromPublic, fromSeed } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase32 } from '../../../../claims/keys/base32.js';
import { open, seal } from '../../../../claims/keys/curve.js';
import { PREFIX_BYTE, withChecksum } from '../../../../claims/keys/nkey.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { MAX_CACHED_KEYS, verifySignature } from '../../../../claims/keys/verify.js';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

describe('signatures', () => {
  it('are the same bytes as nkeys.js makes, and each verifies the other', () => {
    const seed = Seed.generate('account');
    const pair = fromSeed(new TextEncoder().encode(seed.reveal()));
    const signer = seedSigner(seed);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const signature = signer.sign(data) as Uint8Array;
        expect(signature).toEqual(pair.sign(data));
        expect(verifySignature(seed.publicKey, data, signature)).toBe(true);
        expect(fromPublic(seed.publicKey).verify(data, signature)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('are refused with any bit changed, in the data, the signature or the key', () => {
    const seed = Seed.generate('user');
    const data = new TextEncoder().encode('nonce');
    const signature = seedSigner(seed).sign(data) as Uint8Array;
    for (let at = 0; at < 64; at++) {
      const changed = signature.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(verifySignature(seed.publicKey, data, changed)).toBe(false);
    }
    expect(verifySignature(seed.publicKey, new TextEncoder().encode('noncf'), signature)).toBe(false);
    expect(verifySignature(Seed.generate('user').publicKey, data, signature)).toBe(false);
  });

  it('are refused in their malleable form, which the library under nkeys.js accepts', () => {
    const seed = Seed.generate('user');
    const data = new TextEncoder().encode('nonce');
    const signature = seedSigner(seed).sign(data) as Uint8Array;
    let s = 0n;
    for (let at = 31; at >= 0; at--) s = (s << 8n) | BigInt(signature[32 + at] as number);
    const malleable = signature.slice();
    for (let at = 0; at < 32; at++) malleable[32 + at] = Number(((s + L) >> BigInt(8 * at)) & 0xffn);
    expect(fromPublic(seed.publicKey).verify(data, malleable)).toBe(true);
    expect(verifySignature(seed.publicKey, data, malleable)).toBe(false);
  });

  it('never throw for junk: keys of odd length, weak keys, short signatures, wrong types', () => {
    const signature = new Uint8Array(64);
    const oddKeys = [0, 1, 31, 33].map((n) =>
      encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE.operator, ...new Uint8Array(n)]))),
    );
    const identity = encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE.user, 1, ...new Uint8Array(31)])));
    for (const key of [...oddKeys, identity, '', 'x', Seed.generate('curve').publicKey, undefined, null, 7, {}]) {
      expect(verifySignature(key as string, new Uint8Array(3), signature)).toBe(false);
    }
    const good = Seed.generate('user').publicKey;
    for (const bad of [new Uint8Array(0), new Uint8Array(63), new Uint8Array(65), undefined, null, 'x'.repeat(64)]) {
      expect(verifySignature(good, new Uint8Array(3), bad as Uint8Array)).toBe(false);
    }
    expect(verifySignature(good, undefined as unknown as Uint8Array, signature)).toBe(false);
  });

  it('of the identity key, which would verify for every message, are refused', () => {
    const identity = encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE.user, 1, ...new Uint8Array(31)])));
    const signature = new Uint8Array(64);
    signature[0] = 1;
    expect(verifySignature(identity, new TextEncoder().encode('anything'), signature)).toBe(false);
  });

  it('go on verifying when more keys pass than the cache holds', () => {
    const seed = Seed.generate('user');
    const data = new Uint8Array([1, 2, 3]);
    const signature = seedSigner(seed).sign(data) as Uint8Array;
    expect(verifySignature(seed.publicKey, data, signature)).toBe(true);
    for (let n = 0; n < MAX_CACHED_KEYS + 10; n++) {
      const raw = new Uint8Array(32).fill(9);
      new DataView(raw.buffer).setUint32(0, n);
      const key = encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE.user, ...raw])));
      expect(verifySignature(key, data, signature)).toBe(false);
    }
    expect(verifySignature(seed.publicKey, data, signature)).toBe(true);
  });

  it('are not made by curve keys', () => {
    expect(() => seedSigner(Seed.generate('curve'))).toThrowError(expect.objectContaining({ code: 'ERR_SEED_KIND' }));
  });
});

describe('xkeys', () => {
  const text = new TextEncoder().encode('a secret');

  it('open what was sealed to them, and nkeys.js opens it too', () => {
    const [a, b] = [Seed.generate('curve'), Seed.generate('curve')];
    const sealed = seal(a, b.publicKey, text);
    expect(new TextDecoder().decode(sealed.subarray(0, 4))).toBe('xkv1');
    expect(open(b, a.publicKey, sealed)).toEqual(text);
    expect(fromSeed(new TextEncoder().encode(b.reveal())).open(sealed, a.publicKey)).toEqual(text);
  });

  it('differ between recipients and between two sealings of one text (CVE-2023-46129)', () => {
    const [a, b, c] = [Seed.generate('curve'), Seed.generate('curve'), Seed.generate('curve')];
    const boxes = [seal(a, b.publicKey, text), seal(a, b.publicKey, text), seal(a, c.publicKey, text)].map((box) =>
      Buffer.from(box).toString('hex'),
    );
    expect(new Set(boxes).size).toBe(3);
  });

  it('refuse the wrong recipient, the wrong sender, changed and short boxes', () => {
    const [a, b, c] = [Seed.generate('curve'), Seed.generate('curve'), Seed.generate('curve')];
    const sealed = seal(a, b.publicKey, text);
    const changed = sealed.slice();
    changed[40] = (changed[40] as number) ^ 1;
    const otherVersion = sealed.slice();
    otherVersion[3] = 0x32;
    expect(() => open(c, a.publicKey, sealed)).toThrowError(expect.objectContaining({ code: 'ERR_XKEY_OPEN' }));
    expect(() => open(b, c.publicKey, sealed)).toThrowError(expect.objectContaining({ code: 'ERR_XKEY_OPEN' }));
    for (const bad of [changed, otherVersion, sealed.slice(0, 28), sealed.slice(0, 3), new Uint8Array(0)]) {
      expect(() => open(b, a.publicKey, bad)).toThrowError(expect.objectContaining({ code: 'ERR_XKEY_OPEN' }));
    }
  });

  it('seal to no weak point and with no signing key', () => {
    const a = Seed.generate('curve');
    const zero = encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE.curve, ...new Uint8Array(32)])));
    expect(() => seal(a, zero, text)).toThrowError(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
    expect(() => open(a, zero, text)).toThrowError(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
    expect(() => seal(a, Seed.generate('user').publicKey, text)).toThrowError(
      expect.objectContaining({ code: 'ERR_KEY_KIND' }),
    );
    expect(() => seal(Seed.generate('user'), a.publicKey, text)).toThrowError(
      expect.objectContaining({ code: 'ERR_SEED_KIND' }),
    );
  });
});
