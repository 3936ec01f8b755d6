import path from 'node:path';
import { Seed } from '../../claims/keys/seed.js';
import { holdsSeed, keyFile, seedOfCreds } from '../store/keystore.js';
import type { FileWrite } from '../store/transaction.js';
import { type KeystoreHeader, readHeader, type Unwrapped } from './header.js';
import { sealSeed } from './seed-text.js';
import { unlockHeader } from './unlock.js';

/**
 * The files of a change as this keystore wants them: seeds encrypted, and no creds where none are kept. Here, so that no change
 * of several files has to think of it, and so that its journal holds no plain seed either. Creds that would hold the one copy of
 * a seed leave it in the keystore.
 */
export async function sealWrites(keystore: string, writes: readonly FileWrite[]): Promise<readonly FileWrite[]> {
  if (!writes.some((write) => isSeed(write) || isCreds(write))) return writes;
  const header = await readHeader(keystore);
  if (header === null) return writes;
  const kept = header.creds === 'keep' ? writes : await withoutCreds(keystore, writes);
  let key: Unwrapped | null = null;
  const sealed: FileWrite[] = [];
  for (const write of kept) {
    const seed = isSeed(write) ? wantedSealed(header, write.content) : null;
    if (seed === null) sealed.push(write);
    else {
      key ??= await unlockHeader(header, keystore);
      sealed.push({ ...write, content: sealSeed(key, seed) });
      seed.wipe();
    }
  }
  return sealed;
}

async function withoutCreds(keystore: string, writes: readonly FileWrite[]): Promise<readonly FileWrite[]> {
  const seeds = new Map<string, FileWrite>();
  for (const write of writes) {
    const seed = isCreds(write) ? seedOfCreds(write.content as string) : null;
    if (seed === null) continue;
    const file = path.relative(keystore, keyFile(keystore, seed.publicKey)).split(path.sep).join('/');
    const isWritten = writes.some((one) => one.in === 'keystore' && one.path === file && one.content !== null);
    if (!isWritten && !(await holdsSeed(keystore, seed.publicKey))) {
      seeds.set(file, { in: 'keystore', path: file, content: seed.reveal() });
    }
    seed.wipe();
  }
  return [...seeds.values(), ...writes.filter((write) => !isCreds(write))];
}

function isSeed({ in: root, path, content }: FileWrite): boolean {
  return root === 'keystore' && content !== null && path.startsWith('keys/') && path.endsWith('.nk');
}

export function isCreds({ in: root, path, content }: FileWrite): boolean {
  return root === 'keystore' && content !== null && path.startsWith('creds/') && path.endsWith('.creds');
}

/** The seed of a plain text that this keystore does not want plain. */
function wantedSealed({ kinds }: KeystoreHeader, text: string | null): Seed | null {
  if (text === null || !/^S[OAUNCX][A-Z2-7]{56}\s*$/.test(text)) return null;
  const seed = Seed.parse(text.trim());
  return kinds.includes(seed.kind) ? seed : null;
}
