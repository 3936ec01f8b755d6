import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseCreds } from '../../claims/creds.js';
import { isPublicKey, type KeyKind } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { cliError } from '../errors.js';
import { readTextFile } from '../store/atomic.js';
import { ioError } from '../store/errors.js';
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
  const text = file === '-' ? (await buffer(process.stdin)).toString('utf8') : await readTextFile(file);
  if (text !== null) return text;
  throw cliError('ERR_SIGNER_MISSING', 'what is given as the key is no public key, seed or file', {
    hint: 'give a file with a seed, or a public key of the keystore',
  });
}

/** The bytes of a file, or of stdin for `-`. */
export async function dataOf(file: string): Promise<Buffer> {
  let data: Buffer;
  try {
    data = file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (error) {
    throw ioError(error, 'read', file);
  }
  if (data.length <= MAX_DATA_BYTES) return data;
  throw cliError('ERR_DATA_TOO_LARGE', `${file} has more than ${MAX_DATA_BYTES} bytes`);
}
