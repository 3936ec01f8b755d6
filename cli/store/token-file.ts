import { decodeAs } from '../../claims/jwt/decode.js';
import type { VerifySignature } from '../../claims/keys/verify.js';
import type { ClaimsByKind, Decoded } from '../../claims/types.js';
import { readTextFile, writeFileAtomic } from './atomic.js';
import { storeError } from './errors.js';

/** The kinds a store keeps. */
type StoredKind = 'operator' | 'account' | 'user';

/** Reads and verifies one token file; null where there is none. v1 tokens are read, to be upgraded. */
export async function readTokenFile<K extends StoredKind>(
  kind: K,
  file: string,
  options: { verify?: VerifySignature | undefined } = {},
): Promise<Decoded<ClaimsByKind[K]> | null> {
  const text = await readTextFile(file);
  if (text === null) return null;
  try {
    return decodeAs(kind, unarmored(text), { allowV1: true, verify: options.verify });
  } catch (error) {
    throw storeError('ERR_STORE_DAMAGED', `${file} does not hold a valid ${kind} JWT: ${messageOf(error)}`, {
      hint: kind === 'account' ? 'restore it, or fetch it with `natsctl pull A...`' : 'restore it from a backup',
      details: { file },
      cause: error,
    });
  }
}

/** As nsc writes it: the bare token, without armor or a final newline. */
export async function writeTokenFile(file: string, token: string): Promise<void> {
  await writeFileAtomic(file, token);
}

/** nsc writes bare tokens, people put in armored ones and final newlines. */
export function unarmored(text: string): string {
  const inside = /-----BEGIN [^\n]*-----\r?\n([\s\S]*?)\r?\n-{3,}END /.exec(text);
  return (inside?.[1] ?? text).trim();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
