import { cliError } from '../errors.js';
import { readInput } from '../source.js';

/** Longer is no header that a server takes. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** A secret that is given as a file, since an argument is seen by everyone on the machine. */
export async function secretOfFile(file: string): Promise<string> {
  const text = (await readInput(file, { maxBytes: MAX_TOKEN_BYTES })).toString('utf8').trim();
  // What a header may hold, on one line.
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw cliError('ERR_TOKEN_SOURCE', `${file} holds no access token`, {
    hint: 'check --token-file',
    details: { file },
  });
}
