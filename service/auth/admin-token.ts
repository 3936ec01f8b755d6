import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { ADMIN_TOKEN_FILE } from '../store/data-dir.js';
import type { Store } from '../store/open.js';
import { exposure, readPrivateFile, writePrivateFile } from '../store/private-file.js';
import type { AccessTokens } from './tokens.js';

export interface AdminToken {
  token: string;
  file: string;
  /** True when it was made just now. */
  made: boolean;
}

const NAME = 'admin.token';

/**
 * The token of whoever owns the data folder, in `admin.token`. Where the file is missing or its token no longer holds, a new
 * one takes its place and the older ones of this name end: who can write the folder can already do anything to the service.
 */
export async function ensureAdminToken(store: Store, tokens: AccessTokens, dataDir: string): Promise<AdminToken> {
  const file = path.join(dataDir, ADMIN_TOKEN_FILE);
  const kept = await keptToken(file);
  if (kept !== null && (await holds(tokens, kept))) return { token: kept, file, made: false };
  const { token } = await store.transaction(async (tx) => {
    const older = await tx.accessToken.findMany({ where: { name: NAME, revokedAt: null }, select: { hash: true } });
    for (const { hash } of older) await tokens.revoke(tx, hash, 'service');
    return tokens.issue(tx, { name: NAME, role: 'admin' }, 'service');
  });
  await writePrivateFile(file, `${token}\n`, { replace: true });
  return { token, file, made: true };
}

async function keptToken(file: string): Promise<string | null> {
  try {
    const exposed = await exposure(file);
    if (exposed) {
      throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR', `the token file ${file} ${exposed}`, {
        hint: 'remove it: a new token is made at the next start, and this one ends',
      });
    }
    return (await readPrivateFile(file))?.trim() ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function holds(tokens: AccessTokens, token: string): Promise<boolean> {
  try {
    await tokens.verify(token);
    return true;
  } catch {
    return false;
  }
}
