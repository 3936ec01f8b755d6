import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { askedSecret, canAsk } from '../prompt.js';
import { ioError } from '../store/errors.js';
import { sealedError } from './errors.js';

/** Longer than anybody types, and than any key file of a passphrase. */
const MAX_FILE_BYTES = 4096;
const MIN_LENGTH = 8;

/** The first line of a file that nobody else may read. */
export async function passphraseOfFile(file: string): Promise<string> {
  let text: string;
  try {
    // A pipe that nobody writes to is opened at once, and refused as what it is.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > MAX_FILE_BYTES) throw refused(file, 'it is not a file of one line');
      if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
        throw refused(file, `others may read it (mode ${(stat.mode & 0o777).toString(8)})`, `chmod 600 ${file}`);
      }
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ioError(error, 'read', file);
  }
  // Some editors begin a file with a mark that nobody types.
  const passphrase = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  if (passphrase === '') throw refused(file, 'its first line is empty');
  return passphrase;
}

/**
 * A passphrase for something new: of the file named, or asked for twice.
 *
 * @param flag how the file is named on the command line
 */
export async function newPassphrase(file: string | undefined, what: string, flag: string): Promise<string> {
  if (file !== undefined) return longEnough(await passphraseOfFile(file), file);
  if (!canAsk()) {
    throw sealedError('ERR_PASSPHRASE_MISSING', `there is no passphrase for ${what}`, {
      hint: `name a private file (mode 600) that holds it: ${flag}; it is only asked for on a terminal`,
    });
  }
  const passphrase = longEnough(await askedSecret(`New passphrase of ${what}`));
  if ((await askedSecret('Once more')) === passphrase) return passphrase;
  throw sealedError('ERR_PASSPHRASE_MISMATCH', 'the two passphrases differ: nothing was changed');
}

/** A passphrase that something has already: of the file named, or asked for. */
export async function passphraseOf(file: string | undefined, question: string, flag: string): Promise<string> {
  if (file !== undefined) return passphraseOfFile(file);
  if (canAsk()) return askedSecret(question);
  throw sealedError('ERR_PASSPHRASE_MISSING', 'there is no passphrase', {
    hint: `name a private file (mode 600) that holds it: ${flag}; it is only asked for on a terminal`,
  });
}

function longEnough(passphrase: string, file?: string): string {
  if ([...passphrase].length >= MIN_LENGTH) return passphrase;
  const message = `a passphrase has ${MIN_LENGTH} characters at least${file === undefined ? '' : `; that of ${file} has fewer`}`;
  throw sealedError('ERR_PASSPHRASE_FILE', message, { hint: 'several words are easier to remember, and safer' });
}

function refused(file: string, reason: string, hint?: string): Error {
  return sealedError('ERR_PASSPHRASE_FILE', `the passphrase file ${file} is refused: ${reason}`, {
    hint: hint ?? 'put the passphrase alone on its first line',
    details: { file },
  });
}
