import { rm } from 'node:fs/promises';
import path from 'node:path';
import { decodeAs } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { readTextFile, writeFileAtomic } from './atomic.js';
import { ownDir } from './place.js';
import type { OperatorStore } from './store.js';

/**
 * What the service was last seen to hold of each account: the token that a push names as the one it was made from, and the
 * common ancestor of a merge. It is written after the service has answered, so a crash in between only makes the next push
 * find out that nothing is to be done.
 */
function baseFile(store: OperatorStore, account: string): string {
  return path.join(ownDir(store.dir), 'base', `${decodePublicKey(account, 'account').text}.jwt`);
}

/** Null where the account was never pushed nor pulled, and where the record is damaged: then the service is asked anew. */
export async function readBase(store: OperatorStore, account: string): Promise<Decoded<AccountClaims> | null> {
  const token = await readBaseToken(store, account);
  if (token === null) return null;
  try {
    const base = decodeAs('account', token);
    return base.claims.sub === account ? base : null;
  } catch {
    return null;
  }
}

/** Its text alone, unverified: enough to see whether anything changed. */
export async function readBaseToken(store: OperatorStore, account: string): Promise<string | null> {
  return (await readTextFile(baseFile(store, account)))?.trim() ?? null;
}

export async function writeBase(store: OperatorStore, account: string, token: string): Promise<void> {
  await writeFileAtomic(baseFile(store, account), token);
  await rm(goneFile(store, account), { force: true });
}

export async function removeBase(store: OperatorStore, account: string): Promise<void> {
  await rm(baseFile(store, account), { force: true });
  await rm(goneFile(store, account), { force: true });
}

/** What was there once, for the one who wants to know what to prune: the next push is one of a new account. */
function goneFile(store: OperatorStore, account: string): string {
  return path.join(ownDir(store.dir), 'gone', `${decodePublicKey(account, 'account').text}.jwt`);
}

/** The account is no longer held where it was seen before. */
export async function setGone(store: OperatorStore, account: string): Promise<void> {
  const token = await readBaseToken(store, account);
  if (token === null) return;
  await writeFileAtomic(goneFile(store, account), token);
  await rm(baseFile(store, account), { force: true });
}

/** The token as it was last seen where it now is gone; null where it never was, or still is. */
export async function readGoneToken(store: OperatorStore, account: string): Promise<string | null> {
  return (await readTextFile(goneFile(store, account)))?.trim() ?? null;
}
