import { rename } from 'node:fs/promises';
import path from 'node:path';
import { isNatsctlError } from '../../claims/errors.js';
import { Seed } from '../../claims/keys/seed.js';
import { exists, makePrivateDir, readDir, readTextFile, syncDir, writeFileAtomic } from '../store/atomic.js';
import { ioError, storeError } from '../store/errors.js';
import { credsFile, keyFile, placeSeed } from '../store/keystore.js';
import { refuseLinks } from '../store/links.js';
import type { StorePaths } from '../store/paths.js';
import { alone } from './lock-keystore.js';

export interface Migration {
  keystore: string;
  dryRun: boolean;
  /** Where the old folders are kept; null where there was nothing to migrate. */
  kept: string | null;
  keys: { key: string; from: string; to: string }[];
  creds: { from: string; to: string }[];
}

/** What stands in the folders of an nsc before 2019. */
interface OldKeystore {
  /** Names in the keystore's root that move away. */
  entries: string[];
  seeds: { seed: Seed; from: string }[];
  creds: { names: [string, string, string]; text: string; from: string }[];
}

const MAX_DEPTH = 8;

/**
 * Files the seeds and creds of the old layout (`<operator>/accounts/<account>/users/<user>.creds`, `*.nk` anywhere) where they
 * belong, then moves the old folders beside the keystore. All is read and judged before anything is written; until the old folders
 * move, the same command does it all again.
 *
 * @param stamp ends the name of the folder that keeps the old ones
 */
export async function migrateKeystore(
  paths: StorePaths,
  { dryRun, stamp }: { dryRun: boolean; stamp: string },
): Promise<Migration> {
  const { keystore } = paths;
  const run = async (): Promise<Migration> => {
    const old = await readOld(keystore);
    const { entries, seeds, creds } = old;
    const kept = entries.length > 0 ? `${keystore}-old-${stamp}` : null;
    const to = (names: [string, string, string]) => credsFile(keystore, ...names);
    for (const one of creds) await refuseOtherCreds(to(one.names), one.text, one.from);
    if (!dryRun && kept !== null) {
      for (const { seed } of seeds) await placeSeed(keystore, seed);
      for (const { names, text } of creds) {
        await refuseLinks(keystore, path.dirname(to(names)));
        await writeFileAtomic(to(names), text, { exclusive: true });
      }
      await moveAway(keystore, entries, kept);
    }
    const keys = seeds.map(({ seed, from }) => ({ key: seed.publicKey, from, to: keyFile(keystore, seed.publicKey) }));
    for (const { seed } of seeds) seed.wipe();
    return { keystore, dryRun, kept, keys, creds: creds.map(({ names, from }) => ({ from, to: to(names) })) };
  };
  return dryRun ? run() : alone(paths, run);
}

async function readOld(keystore: string): Promise<OldKeystore> {
  const old: OldKeystore = { entries: [], seeds: [], creds: [] };
  for (const entry of await readDir(keystore)) {
    const place = path.join(keystore, entry.name);
    if (entry.name === 'keys' || entry.name === 'creds' || entry.name.startsWith('.')) continue;
    // `nsc --all-dirs` keeps stores and keys in one folder.
    if (entry.isDirectory() && (await exists(path.join(place, '.nsc')))) continue;
    const files = await secretsBelow(place, entry.isDirectory());
    if (files.length === 0) continue;
    old.entries.push(entry.name);
    for (const from of files) await readOne(keystore, from, old);
  }
  return old;
}

async function secretsBelow(place: string, isFolder: boolean, depth = 0): Promise<string[]> {
  if (!isFolder) return /\.(nk|creds)$/.test(place) ? [place] : [];
  if (depth > MAX_DEPTH) return [];
  const found: string[] = [];
  for (const entry of await readDir(place)) {
    found.push(...(await secretsBelow(path.join(place, entry.name), entry.isDirectory(), depth + 1)));
  }
  return found;
}

async function readOne(keystore: string, from: string, old: OldKeystore): Promise<void> {
  const text = await readTextFile(from, { noFollow: true });
  if (text === null) return;
  if (from.endsWith('.nk')) {
    try {
      old.seeds.push({ seed: Seed.parse(text.trim()), from });
    } catch (cause) {
      if (!isNatsctlError(cause)) throw cause;
      throw storeError('ERR_STORE_DAMAGED', `${from} does not hold a seed: nothing was migrated`, {
        hint: 'move that file out of the keystore, and look what it is',
        details: { file: from },
        cause,
      });
    }
    return;
  }
  const [operator, accounts, account, users, file, ...rest] = path.relative(keystore, from).split(path.sep);
  if (accounts !== 'accounts' || users !== 'users' || file === undefined || rest.length > 0) {
    throw storeError('ERR_STORE_DAMAGED', `${from} is not where creds were kept: nothing was migrated`, {
      hint: 'they were kept in OPERATOR/accounts/ACCOUNT/users/USER.creds; move that file out of the keystore',
      details: { file: from },
    });
  }
  old.creds.push({ names: [operator as string, account as string, file.slice(0, -'.creds'.length)], text, from });
}

async function refuseOtherCreds(to: string, text: string, from: string): Promise<void> {
  const held = await readTextFile(to, { noFollow: true });
  if (held === null || held === text) return;
  throw storeError('ERR_CREDS_IN_THE_WAY', `${to} holds other creds than ${from}: nothing was migrated`, {
    hint: 'move away the one of the two that is not wanted',
    details: { file: to },
  });
}

async function moveAway(keystore: string, entries: string[], kept: string): Promise<void> {
  try {
    await makePrivateDir(kept);
    for (const name of entries) await rename(path.join(keystore, name), path.join(kept, name));
    await syncDir(kept);
    await syncDir(keystore);
  } catch (error) {
    throw ioError(error, 'write', kept);
  }
}
