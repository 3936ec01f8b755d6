import { Seed } from '../../claims/keys/seed.js';
import { readTextFile } from '../store/atomic.js';
import { storeError } from '../store/errors.js';
import { sealedError } from './errors.js';
import { readHeader } from './header.js';
import { isSealedSeed, openSeed, sealedBy, sealSeed } from './seed-text.js';
import { unlock } from './unlock.js';

/** What the file of a seed holds: the seed as nsc has it, or encrypted where this keystore wants it so. */
export async function seedText(keystore: string, seed: Seed): Promise<string> {
  const header = await readHeader(keystore);
  if (!header?.kinds.includes(seed.kind)) return seed.reveal();
  const key = await unlock(keystore);
  return key === null ? seed.reveal() : sealSeed(key, seed);
}

/** The seed in a file of the keystore, encrypted or not; null where there is none. Whose it is, the caller checks. */
export async function readSeedFile(keystore: string, file: string, publicKey: string): Promise<Seed | null> {
  const held = (await readTextFile(file, { noFollow: true }))?.trim();
  // nsc files the public key alone where the private one is kept elsewhere.
  if (held === undefined || held === publicKey) return null;
  if (isSealedSeed(held)) return decrypted(keystore, file, publicKey, held);
  try {
    return Seed.parse(held);
  } catch (error) {
    throw storeError('ERR_STORE_DAMAGED', `${file} does not hold a seed`, {
      hint: 'restore it from a backup',
      details: { file, key: publicKey },
      cause: error,
    });
  }
}

async function decrypted(keystore: string, file: string, publicKey: string, text: string): Promise<Seed> {
  const key = await unlock(keystore);
  const details = { file, key: publicKey };
  if (key === null || sealedBy(text) !== key.header.id) {
    throw sealedError('ERR_SEED_ENCRYPTED', `${file} was encrypted in another keystore, whose key is not here`, {
      hint: 'decrypt it there first: `natsctl keys decrypt`, or `natsctl keys export`',
      details,
    });
  }
  const seed = openSeed(key, publicKey, text);
  if (seed !== null) return seed;
  throw storeError('ERR_STORE_DAMAGED', `${file} is not what was encrypted for ${publicKey}`, {
    hint: 'restore it from a backup',
    details,
  });
}
