import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { MASTER_KEY_FILE } from '../store/data-dir.js';
import { holdsDatabase } from '../store/open.js';
import { exposure, readPrivateFile, writePrivateFile } from '../store/private-file.js';
import { keyring } from './keyring.js';
import { localMasterKey } from './local-key.js';
import { KEY_BYTES, type MasterKey } from './master-key.js';
import { parseTransitKey } from './vault/key-name.js';
import { transitMasterKey } from './vault/transit-master-key.js';
import type { Vault } from './vault/vault.js';

/** Keys given at once: the one in use, and those that are on their way out. */
const MAX_KEYS = 16;

/**
 * The master keys as given, or those of the data folder's file, which is made on the first start. Several are separated by commas
 * (in the file: one a line), newest first. Each is 32 bytes in base64, or `transit:MOUNT/NAME`: an aes256-gcm96 key of the
 * Transit engine of Vault or OpenBao. The key is made before the database: where there is one already, a new key would only hide
 * that the old one is gone.
 */
export async function loadMasterKey(
  dataDir: string,
  given: string | undefined,
  vault: () => Vault,
  databaseUrl?: string,
): Promise<MasterKey> {
  if (given !== undefined) return parseKeys(given.split(','), 'the master key given (NATSCTL_MASTER_KEY)', vault);
  const file = path.join(dataDir, MASTER_KEY_FILE);
  const text = await read(file);
  if (text !== null) return parseKeys(text.trimEnd().split(/\r?\n/), file, vault);
  if (await holdsDatabase(dataDir, databaseUrl)) throw fileFault(file, 'is missing', undefined, RESTORE);
  const key = randomBytes(KEY_BYTES);
  await writePrivateFile(file, `${key.toString('base64')}\n`, { replace: false });
  return localMasterKey(key);
}

const RESTORE = 'restore the one this data folder was made with, or give it by NATSCTL_MASTER_KEY';

function parseKeys(texts: string[], where: string, vault: () => Vault): MasterKey {
  const [first = '', ...rest] = texts;
  if (new Set(texts).size < texts.length || texts.length > MAX_KEYS) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_MASTER_KEY_INVALID',
      `${where} lists one key twice, or more than ${MAX_KEYS}`,
      { hint: 'list the new key first, then each one it replaces' },
    );
  }
  return keyring([parseKey(first, where, vault), ...rest.map((text) => parseKey(text, where, vault))]);
}

function parseKey(text: string, where: string, vault: () => Vault): MasterKey {
  if (text.startsWith(TRANSIT)) return transitMasterKey(vault(), parseTransitKey(text.slice(TRANSIT.length)));
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new NatsctlError<ServiceErrorCode>('ERR_MASTER_KEY_INVALID', `${where} is not 32 bytes in base64`, {
      hint: 'make one with `openssl rand -base64 32`, or restore the one this data folder was made with',
    });
  }
  return localMasterKey(key);
}

const TRANSIT = 'transit:';

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
