import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { DATABASE_FILE, MASTER_KEY_FILE } from '../store/data-dir.js';
import { exposure, readPrivateFile, writePrivateFile } from '../store/private-file.js';

/** AES-256. */
const MASTER_KEY_BYTES = 32;

/** The master key as given (base64), or that of the data folder, which is made on the first start. */
export async function loadMasterKey(dataDir: string, given: string | undefined): Promise<Uint8Array> {
  if (given !== undefined) return parse(given, 'the master key given (NATSCTL_MASTER_KEY)');
  const file = path.join(dataDir, MASTER_KEY_FILE);
  const text = await read(file);
  if (text !== null) return parse(text.trimEnd(), file);
  if (await holdsDatabase(dataDir)) throw fileFault(file, 'is missing', undefined, RESTORE);
  const key = randomBytes(MASTER_KEY_BYTES);
  await writePrivateFile(file, `${key.toString('base64')}\n`, { replace: false });
  return key;
}

const RESTORE = 'restore the one this data folder was made with, or give it by NATSCTL_MASTER_KEY';

/** The key is made before the database: where there is one already, a new key would only hide that the old one is gone. */
async function holdsDatabase(dataDir: string): Promise<boolean> {
  const stat = await lstat(path.join(dataDir, DATABASE_FILE)).catch(() => null);
  return stat !== null && stat.size > 0;
}

async function read(file: string): Promise<string | null> {
  try {
    const exposed = await exposure(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (exposed) throw fileFault(file, exposed);
    return await readPrivateFile(file);
  } catch (error) {
    if (error instanceof NatsctlError) throw error;
    throw fileFault(file, 'cannot be read', error);
  }
}

function parse(text: string, where: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length !== MASTER_KEY_BYTES || key.toString('base64') !== text) {
    throw new NatsctlError<ServiceErrorCode>('ERR_MASTER_KEY_INVALID', `${where} is not 32 bytes in base64`, {
      hint: 'make one with `openssl rand -base64 32`, or restore the one this data folder was made with',
    });
  }
  return key;
}

function fileFault(
  file: string,
  what: string,
  cause?: unknown,
  hint = `make it a plain file that only the service's user can read: \`chmod 600 ${file}\``,
): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_MASTER_KEY_FILE', `the master key file ${file} ${what}`, {
    hint,
    details: { file },
    cause,
  });
}
