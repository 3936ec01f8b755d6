import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { isNatsctlError } from '../../claims/errors.js';
import type { Seed } from '../../claims/keys/seed.js';
import { parsePlainSeed } from '../sealed/seed-text.js';
import { exists, makePrivateDir, readDir, readTextFile, syncDir, writeFileAtomic } from '../store/atomic.js';
import { ioError, storeError } from '../store/errors.js';
import { findSeed, keyFile, writeSeed } from '../store/keystore.js';
import { readSnapshot } from '../store/snapshot.js';
import { changing, type Workspace } from '../workspace.js';
import type { ListedKey } from './references.js';

export interface TransferredKey {
  key: string;
  file: string;
  result: 'imported' | 'already there' | 'exported' | 'not here' | 'unreadable';
  /** Why it is unreadable. */
  message?: string;
  removed?: boolean;
}

/** How deep folders are looked into. */
const MAX_DEPTH = 32;

/** Puts seeds of files (`*.nk` of folders, or any file that is named) into the keystore; one that is there stays. */
export async function importKeys(
  keystore: string,
  sources: string[],
  options: { recurse: boolean; dryRun: boolean },
): Promise<TransferredKey[]> {
  const files: string[] = [];
  for (const source of sources) files.push(...(await seedFiles(source, options.recurse)));
  const results: TransferredKey[] = [];
  for (const file of files) {
    let seed: Seed;
    try {
      seed = parsePlainSeed(((await readTextFile(file)) ?? '').trim());
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      results.push({ key: '', file, result: 'unreadable', message: error.message });
      continue;
    }
    const held = (await findSeed(keystore, seed.publicKey)) !== null;
    if (!held && !options.dryRun) await writeSeed(keystore, seed);
    results.push({ key: seed.publicKey, file, result: held ? 'already there' : 'imported' });
    seed.wipe();
  }
  return results;
}

async function seedFiles(source: string, recurse: boolean, depth = 0): Promise<string[]> {
  let isDirectory: boolean;
  try {
    isDirectory = (await lstat(source)).isDirectory();
  } catch (error) {
    throw ioError(error, 'read', source);
  }
  if (!isDirectory) return [source];
  const found: string[] = [];
  for (const entry of await readDir(source)) {
    const file = path.join(source, entry.name);
    if (entry.isDirectory()) {
      if (recurse && depth < MAX_DEPTH) found.push(...(await seedFiles(file, recurse, depth + 1)));
    } else if (entry.name.endsWith('.nk')) found.push(file);
  }
  return found;
}

export interface ExportOptions {
  dir: string;
  force: boolean;
  /** Take them out of the keystore once they are safely written. */
  remove: boolean;
  includeJwts: boolean;
  dryRun: boolean;
}

/** Writes seeds in plain text, a file each, as nsc does. All files are free before the first is written. */
export function exportKeys(workspace: Workspace, keys: ListedKey[], options: ExportOptions): Promise<TransferredKey[]> {
  return changing(workspace, async () => {
    const { keystore, store } = workspace;
    const dir = path.resolve(options.dir);
    const target = (key: string, ending: string) => path.join(dir, `${key}.${ending}`);
    const tokens = options.includeJwts ? tokensOf(await readSnapshot(store)) : new Map<string, string>();
    if (!options.force) {
      for (const { key } of keys) {
        for (const ending of ['nk', 'jwt']) {
          const file = target(key, ending);
          if (!(await exists(file))) continue;
          throw storeError('ERR_KEY_CONFLICT', `${file} exists`, {
            hint: 'add --force to replace it',
            details: { file },
          });
        }
      }
    }
    const results: TransferredKey[] = [];
    if (!options.dryRun) await makePrivateDir(dir);
    for (const { key } of keys) {
      const seed = await findSeed(keystore, key);
      const file = target(key, 'nk');
      if (seed === null) {
        results.push({ key, file, result: 'not here' });
        continue;
      }
      if (!options.dryRun) {
        await writeFileAtomic(file, seed.reveal());
        const token = tokens.get(key);
        if (token !== undefined) await writeFileAtomic(target(key, 'jwt'), token);
        if (options.remove) await forget(keystore, key);
      }
      results.push({ key, file, result: 'exported', ...(options.remove && { removed: true }) });
      seed.wipe();
    }
    return results;
  });
}

async function forget(keystore: string, key: string): Promise<void> {
  const file = keyFile(keystore, key);
  try {
    await rm(file);
    await syncDir(path.dirname(file));
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}

/** The newest JWT of each identity key. */
function tokensOf({ operator, accounts }: Awaited<ReturnType<typeof readSnapshot>>): Map<string, string> {
  const tokens = new Map<string, string>();
  if (operator) tokens.set(operator.jwt.claims.sub, operator.jwt.token);
  for (const { jwt, users } of accounts) {
    tokens.set(jwt.claims.sub, jwt.token);
    for (const user of users) tokens.set(user.jwt.claims.sub, user.jwt.token);
  }
  return tokens;
}
