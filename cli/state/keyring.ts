import { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import { findSeed } from '../store/keystore.js';

type MadeKind = 'operator' | 'account' | 'user' | 'curve';

/** The private keys of a change that is not written yet: those of the keystore, those given, and those made for it. */
export interface Keyring {
  /** @returns the public key of a new one. `of` says whose it is, for people. */
  make(kind: MadeKind, of: string): string;
  /** What `make` made, by public key. */
  made: ReadonlyMap<string, { seed: Seed; of: string }>;
  find(publicKey: string): Promise<Seed | null>;
  /** The first that is held. */
  signer(publicKeys: readonly string[]): Promise<Signer | null>;
}

/** @param given on the command line: preferred to those of the keystore */
export function makeKeyring(keystore: string, given: readonly Seed[] = []): Keyring {
  const made = new Map<string, { seed: Seed; of: string }>();
  const held = new Map<string, Promise<Seed | null>>(given.map((seed) => [seed.publicKey, Promise.resolve(seed)]));
  const signers = new Map<string, Signer>();
  const preferred = new Set(given.map((seed) => seed.publicKey));
  const find = (publicKey: string): Promise<Seed | null> => {
    const known = held.get(publicKey) ?? Promise.resolve(made.get(publicKey)?.seed ?? findSeed(keystore, publicKey));
    held.set(publicKey, known);
    return known;
  };
  return {
    made,
    make(kind, of) {
      const seed = Seed.generate(kind);
      made.set(seed.publicKey, { seed, of });
      return seed.publicKey;
    },
    find,
    async signer(publicKeys) {
      const given = publicKeys.filter((key) => preferred.has(key));
      for (const key of [...given, ...publicKeys]) {
        const known = signers.get(key);
        if (known !== undefined) return known;
        const seed = await find(key);
        if (seed === null) continue;
        const signer = seedSigner(seed);
        signers.set(key, signer);
        return signer;
      }
      return null;
    },
  };
}
