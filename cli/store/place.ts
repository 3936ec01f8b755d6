import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makePrivateDir, readDir, syncDir, writeFileAtomic } from './atomic.js';
import { ioError, systemCode } from './errors.js';
import type { NamedToken } from './store.js';
import { writeTokenFile } from './token-file.js';

/**
 * New folders appear whole: they are filled under another name and renamed into place. Half a folder is worse than none:
 * nsc adds no user anywhere while one account folder lacks its JWT, and `nats auth` reads no store while one folder of the
 * store root lacks its `.nsc`. Callers hold the store's lock, so what an earlier run left half-filled is nobody's work.
 */
const STAGING_PREFIX = 'new-';
/** And folders go whole: they are renamed away, then emptied. */
const LEAVING_PREFIX = 'old-';

interface AccountFolder extends NamedToken {
  users: NamedToken[];
}

interface OperatorFolder extends NamedToken {
  accounts: AccountFolder[];
  /** Its keys are kept by somebody else. */
  managed?: boolean | undefined;
}

/** Our own folder inside an operator's; nsc and `nats auth` do not look at it. */
export function ownDir(operatorDir: string): string {
  return path.join(operatorDir, '.natsctl');
}

export async function placeAccount(operatorDir: string, account: AccountFolder): Promise<void> {
  const own = ownDir(operatorDir);
  await removeLeftovers(own, STAGING_PREFIX);
  const staging = path.join(own, `${STAGING_PREFIX}${randomBytes(6).toString('hex')}`);
  await fillAccount(staging, account);
  const accounts = path.join(operatorDir, 'accounts');
  await makePrivateDir(accounts);
  await moveIn(staging, path.join(accounts, account.name));
}

/** @returns the operator's folder */
export async function placeOperator(root: string, operator: OperatorFolder): Promise<string> {
  // Beside the store root, since every folder in it must be a whole operator's.
  const beside = path.dirname(root);
  const prefix = `.${path.basename(root)}.natsctl-${STAGING_PREFIX}`;
  await makePrivateDir(root);
  let dir = path.join(beside, `${prefix}${randomBytes(6).toString('hex')}`);
  try {
    await removeLeftovers(beside, prefix);
    await makePrivateDir(dir);
  } catch {
    // The parent is not ours to write in (`--store /mnt/keys`): then inside, where the window is short.
    await removeLeftovers(root, prefix);
    dir = path.join(root, path.basename(dir));
  }
  const place = path.join(root, operator.name);
  await fillOperator(dir, operator);
  try {
    await moveIn(dir, place);
  } catch (error) {
    if (systemCode(error instanceof Error ? error.cause : undefined) !== 'EXDEV') throw error;
    // The root is a mount point of its own.
    const inside = path.join(root, path.basename(dir));
    await fillOperator(inside, operator);
    await moveIn(inside, place);
  }
  return place;
}

/** Takes an account's folder out of the store at once. */
export async function takeAccountAway(operatorDir: string, name: string): Promise<void> {
  const own = ownDir(operatorDir);
  await makePrivateDir(own);
  await removeLeftovers(own, LEAVING_PREFIX);
  const place = path.join(operatorDir, 'accounts', name);
  await moveAway(place, path.join(own, `${LEAVING_PREFIX}${randomBytes(6).toString('hex')}`));
}

/** Takes an operator's folder out of the store root at once. */
export async function takeOperatorAway(root: string, dir: string): Promise<void> {
  const prefix = `.${path.basename(root)}.natsctl-${LEAVING_PREFIX}`;
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  try {
    await removeLeftovers(path.dirname(root), prefix);
    await moveAway(dir, path.join(path.dirname(root), name));
  } catch {
    // The parent is not ours to write in: what makes the folder an operator's goes first, so that it is none at once.
    await rm(path.join(dir, '.nsc'), { force: true });
    await rm(dir, { recursive: true, force: true });
    await syncDir(root);
  }
}

async function moveAway(place: string, away: string): Promise<void> {
  try {
    await rename(place, away);
    await syncDir(path.dirname(place));
    await rm(away, { recursive: true, force: true });
  } catch (error) {
    throw ioError(error, 'write', place);
  }
}

async function fillOperator(dir: string, operator: OperatorFolder): Promise<void> {
  await makePrivateDir(path.join(dir, 'accounts'));
  for (const account of operator.accounts) await fillAccount(path.join(dir, 'accounts', account.name), account);
  await writeTokenFile(path.join(dir, `${operator.name}.jwt`), operator.token);
  const info = { managed: operator.managed === true, name: operator.name, kind: 'operator', version: '1' };
  await writeFileAtomic(path.join(dir, '.nsc'), JSON.stringify(info));
}

async function fillAccount(dir: string, account: AccountFolder): Promise<void> {
  for (const user of account.users) await writeTokenFile(path.join(dir, 'users', `${user.name}.jwt`), user.token);
  await writeTokenFile(path.join(dir, `${account.name}.jwt`), account.token);
}

async function moveIn(staging: string, place: string): Promise<void> {
  try {
    // Fails where a folder with something in it has the name, and replaces an empty one.
    await rename(staging, place);
    await syncDir(path.dirname(place));
  } catch (error) {
    await rm(staging, { recursive: true, force: true }).catch(() => {});
    throw ioError(error, 'write', place);
  }
}

async function removeLeftovers(dir: string, prefix: string): Promise<void> {
  for (const entry of await readDir(dir)) {
    if (entry.isDirectory() && entry.name.startsWith(prefix)) {
      await rm(path.join(dir, entry.name), { recursive: true, force: true });
    }
  }
}
