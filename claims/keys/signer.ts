/** What signs: a seed held here, or later a key held elsewhere (a hardware module, a signing service). */
import { type KeyObject, sign } from 'node:crypto';
import { NatsctlError } from '../errors.js';
import type { KeyErrorCode } from './nkey.js';
import type { Seed } from './seed.js';

export interface Signer {
  readonly publicKey: string;
  /** Where the key is held here: for another thread to sign with, as this one would. */
  readonly key?: KeyObject;
  /** The 64-byte Ed25519 signature over the data. */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Signs with node:crypto: the same bytes as nkeys.js makes (Ed25519 is deterministic), some hundred times faster. */
export function seedSigner(seed: Seed): Signer {
  if (seed.kind === 'curve') {
    throw new NatsctlError<KeyErrorCode>(
      'ERR_SEED_KIND',
      `${seed.publicKey} is a curve key: it seals and opens, it cannot sign`,
    );
  }
  const key = seed.privateKey();
  return { publicKey: seed.publicKey, key, sign: (data) => new Uint8Array(sign(null, data, key)) };
}
