import { Seed } from '../../claims/keys/seed.js';
import { openBytes, sealBytes } from './aead.js';
import { sealedError } from './errors.js';
import type { Unwrapped } from './header.js';

/**
 * What an encrypted seed looks like in its file, one line: a word that tells a person what it is, the version, the public key,
 * the id of the data key, and the sealed seed. The public key is bound to it: files cannot be swapped for each other.
 */
const WORD = 'natsctl-encrypted-seed';
const LINE = /^natsctl-encrypted-seed 1 (\w{1,80}) ([\w-]{1,200}) ([\w-]{1,400})$/;

export function isSealedSeed(text: string): boolean {
  return text.startsWith(WORD);
}

export function sealSeed({ header, dataKey }: Unwrapped, seed: Seed): string {
  const plain = Buffer.from(seed.reveal(), 'latin1');
  const sealed = sealBytes(dataKey, plain, about(seed.publicKey, header.id)).toString('base64url');
  plain.fill(0);
  return `${WORD} 1 ${seed.publicKey} ${header.id} ${sealed}\n`;
}

/** The seed of a file outside a keystore. @throws ERR_SEED_ENCRYPTED, ERR_SEED_INVALID */
export function parsePlainSeed(text: string): Seed {
  if (!isSealedSeed(text)) return Seed.parse(text);
  throw sealedError('ERR_SEED_ENCRYPTED', 'that file holds an encrypted seed, which opens in its keystore alone', {
    hint: 'name the public key instead of the file, or take it out with `natsctl keys export`',
  });
}

/** The id of the data key that a sealed seed names, or null where the text is none. */
export function sealedBy(text: string): string | null {
  return LINE.exec(text.trim())?.[2] ?? null;
}

/** Null where it was sealed for another public key or by another data key, or was changed. */
export function openSeed({ header, dataKey }: Unwrapped, publicKey: string, text: string): Seed | null {
  const [, , id, sealed] = LINE.exec(text.trim()) ?? [];
  if (id !== header.id || sealed === undefined) return null;
  const bytes = Buffer.from(sealed, 'base64url');
  // The last letter has bits to spare: of all its spellings the one that is written is taken.
  const plain = bytes.toString('base64url') === sealed ? openBytes(dataKey, bytes, about(publicKey, id)) : null;
  if (plain === null) return null;
  try {
    return Seed.parse(plain);
  } finally {
    plain.fill(0);
  }
}

function about(publicKey: string, id: string): string {
  return `natsctl seed 1 ${publicKey} ${id}`;
}
