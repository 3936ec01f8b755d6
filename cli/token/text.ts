import { readSource } from '../source.js';
import { MAX_STORE_FILE_BYTES } from '../store/atomic.js';

/** The text that holds one token: a token given as it is, or what is in a file, at a URL or on stdin (`-`); armored or bare. */
export function tokenText(source: string): Promise<string> {
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(source)) return Promise.resolve(source);
  return readSource(source, { maxBytes: MAX_STORE_FILE_BYTES });
}
