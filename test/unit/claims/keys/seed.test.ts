import { inspect } from 'node:util';
import { createPair, fromSeed, Prefix } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import type { KeyKind } from '../../../../claims/keys/nkey.js';
import { Seed } from '../../../../claims/keys/seed.js';

const KINDS: [KeyKind, Prefix][] = [
  ['operator', Prefix.Operator],
  ['account', Prefix.Account],
  ['user', Prefix.User],
  ['server', Prefix.Server],
  ['cluster', Prefix.Cluster],
  ['curve', Prefix.Curve],
];
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

describe('seeds', () => {
  it.each(KINDS)('reads %s seeds of nkeys.js and gives back the same text and public key', (kind, prefix) => {
    const pair = createPair(prefix);
    const text = new TextDecoder().decode(pair.getSeed());
    const seed = Seed.parse(text);
    expect(seed.kind).toBe(kind);
    expect(seed.publicKey).toBe(pair.getPublicKey());
    expect(seed.reveal()).toBe(text);
    expect(Seed.parse(pair.getSeed()).publicKey).toBe(seed.publicKey);
  });

  it.each(KINDS)('makes %s seeds that nkeys.js reads', (kind) => {
    const seed = Seed.generate(kind);
    expect(seed.kind).toBe(kind);
    expect(fromSeed(new TextEncoder().encode(seed.reveal())).getPublicKey()).toBe(seed.publicKey);
    expect(Seed.generate(kind).publicKey).not.toBe(seed.publicKey);
  });

  it('shows the public key only, however it is printed', () => {
    const seed = Seed.generate('user');
    const secret = seed.reveal();
    const shown = [
      String(seed),
      `${seed}`,
      JSON.stringify({ seed }),
      inspect(seed),
      inspect({ a: [seed] }, { depth: 9, showHidden: true }),
    ];
    shown.push(JSON.stringify(Object.entries(seed)), JSON.stringify({ ...seed }), ''.concat(seed as unknown as string));
    for (const text of shown) {
      expect(text).not.toContain(secret.slice(2, 30));
      expect(text).not.toMatch(/S[OAUNCX][A-Z2-7]{56}/);
    }
    expect(inspect(seed)).toContain(seed.publicKey);
  });

  it('refuses aliases: other values of the two spare bits of the last character', () => {
    const text = Seed.generate('account').reveal();
    const value = BASE32.indexOf(text[57] as string);
    for (let spare = 1; spare < 4; spare++) {
      const alias = text.slice(0, 57) + BASE32[value + spare];
      expect(() => Seed.parse(alias)).toThrowError(expect.objectContaining({ code: 'ERR_SEED_INVALID' }));
    }
  });

  it('refuses damaged text without repeating it', () => {
    const seed = Seed.generate('user');
    const text = seed.reveal();
    const changed = text.slice(0, 20) + (text[20] === 'A' ? 'B' : 'A') + text.slice(21);
    for (const bad of [
      '',
      'SU',
      text.slice(0, 57),
      `${text}A`,
      `${text}\n`,
      text.toLowerCase(),
      changed,
      seed.publicKey,
      `U${text.slice(1)}`,
    ]) {
      try {
        Seed.parse(bad);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_SEED_INVALID' });
        if (bad.length > 10) expect(inspect(error)).not.toContain(bad.slice(2, 20));
      }
    }
    expect(() => Seed.parse(new Uint8Array([0xff, 0xfe]))).toThrowError(
      expect.objectContaining({ code: 'ERR_SEED_INVALID' }),
    );
  });

  it('gives nothing away after a wipe', () => {
    const seed = Seed.generate('user');
    seed.wipe();
    expect(() => seed.reveal()).toThrowError(expect.objectContaining({ code: 'ERR_SEED_WIPED' }));
    expect(() => seed.privateKey()).toThrowError(expect.objectContaining({ code: 'ERR_SEED_WIPED' }));
    expect(seed.publicKey).toMatch(/^U/);
  });
});
