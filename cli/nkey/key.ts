import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey, type KeyKind } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { cliError } from '../errors.js';
import { readInput } from '../source.js';
import { readSeed } from '../store/keystore.js';

export const KEY_KINDS: Record<string, KeyKind> = {
  operator: 'operator',
  account: 'account',
  user: 'user',
  server: 'server',
  cluster: 'cluster',
  curve: 'curve',
  x25519: 'curve',
};

/** The most that is signed or sealed at once: it is held in memory whole. */
const MAX_DATA_BYTES = 64 * 1024 * 1024;

/** A creds file with the largest token. */
const MAX_KEY_BYTES = 2 * 1024 * 1024;

/** A private key: a file with a seed (or creds), a public key of the keystore, or a seed. */
export async function seedOf(text: string, keystore: string): Promise<Seed> {
  if (isPublicKey(text)) return readSeed(keystore, text, 'the key');
  if (/^S[OAUNCX][A-Z2-7]{56}$/.test(text)) return Seed.parse(text);
  const held = await heldIn(text);
  return /BEGIN USER NKEY SEED/.test(held) ? parseCreds(held).seed : Seed.parse(held.trim());
}

/** A public key, as it is or of a file that holds it or its seed. */
export async function publicKeyOf(text: string): Promise<string> {
  if (isPublicKey(text)) return text;
  const held = (await heldIn(text)).trim();
  if (isPublicKey(held)) return held;
  const seed = /BEGIN USER NKEY SEED/.test(held) ? parseCreds(held).seed : Seed.parse(held);
  seed.wipe();
  return seed.publicKey;
}

async function heldIn(file: string): Promise<string> {
  try {
    return (await readInput(file, { maxBytes: MAX_KEY_BYTES })).toString('utf8');
  } catch (cause) {
    if (!isNatsctlError(cause, 'ERR_SOURCE')) throw cause;
    // Without the text: what was meant as a seed and is none must not be repeated.
    throw cliError('ERR_SIGNER_MISSING', 'what is given as the key is no public key, seed or file', {
      hint: 'give a file with a seed, or a public key of the keystore',
    });
  }
}

/** The bytes of a file, or of stdin for `-`. */
export function dataOf(file: string): Promise<Buffer> {
  return readInput(file, { maxBytes: MAX_DATA_BYTES });
}
