import { decodeAs } from '../../claims/jwt/decode.js';
import type { ActivationClaims, Decoded } from '../../claims/types.js';
import { readSource } from '../source.js';
import { MAX_STORE_FILE_BYTES } from '../store/atomic.js';
import { unarmored } from '../store/token-file.js';

/** Reads and verifies an activation token: itself, or from a file, a web address or `-` for standard input; armored or bare. */
export async function readActivation(source: string): Promise<Decoded<ActivationClaims>> {
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(source) && source.startsWith('eyJ');
  const text = isToken ? source : await readSource(source, { maxBytes: MAX_STORE_FILE_BYTES });
  return decodeAs('activation', unarmored(text));
}
