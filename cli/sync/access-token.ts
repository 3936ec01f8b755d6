import { cliError } from '../errors.js';
import { readTextFile } from '../store/atomic.js';

/** A secret that is given as a file, since an argument is seen by everyone on the machine. */
export async function secretOfFile(file: string): Promise<string> {
  const text = (await readTextFile(file))?.trim() ?? '';
  // What a header may hold, on one line.
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw cliError('ERR_TOKEN_SOURCE', `${file} holds no access token`, {
    hint: 'check --token-file',
    details: { file },
  });
}
