import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import process from 'node:process';
import { Flags } from '@oclif/core';
import { usageError } from '../errors.js';

/** Longer than any URL. */
const MAX_BYTES = 8_192;

export const databaseFlags = {
  'database-url': Flags.string({
    description:
      'PostgreSQL database to use in place of a file in the data folder. A command line is seen by every user of the machine: ' +
      'a URL with a password belongs in the variable or in a file.',
    helpValue: 'postgres://USER@HOST/DATABASE',
    env: 'NATSCTL_DATABASE_URL',
  }),
  'database-url-file': Flags.string({
    description: 'Private file (mode 600) that holds the URL of the PostgreSQL database.',
    helpValue: 'FILE',
    env: 'NATSCTL_DATABASE_URL_FILE',
  }),
};

/** The URL the flags give; undefined where the database is the file of the data folder. No message of it holds the URL. */
export async function databaseUrl(flags: {
  'database-url'?: string | undefined;
  'database-url-file'?: string | undefined;
}): Promise<string | undefined> {
  const { 'database-url': url, 'database-url-file': file } = flags;
  if (url && file) throw usageError('--database-url and --database-url-file both name a database', 'give one of them');
  return file ? readUrl(file) : url || undefined;
}

async function readUrl(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new Error('it is no file');
      if ((stat.mode & 0o077) !== 0 && process.platform !== 'win32') throw new Error('other users can read it');
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`the database URL cannot be read from ${file}: ${why}`, `\`chmod 600 ${file}\`, or name another`);
  }
}
