import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { readHeader } from '../sealed/header.js';
import { isCreds, sealWrites } from '../sealed/seal-writes.js';
import { exists, makeNewPrivateDir, makePrivateDir, syncDir, TEMPORARY_SUFFIX } from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';
import {
  checkPath,
  type FileWrite,
  journalFile,
  type Place,
  readJournal,
  removeHalfWritten,
  writeJournal,
} from './journal.js';
import { keepReplacedSeed, seedOfCreds } from './keystore.js';
import { refuseLinks } from './links.js';
import { type Replacement, replaceFiles } from './replace.js';

export type { FileWrite, Place } from './journal.js';

/**
 * A change of several files, of which all are made or none, whatever stops it: a redo journal. What is to be written is first
 * written into one file, flushed to the disk; from then on the change is decided. Each file is then replaced in its turn, all
 * are flushed, and the journal goes. Who finds a journal under the lock completes it before anything else (`completeUnfinished`); a reader that
 * finds one waits for the lock and does the same (cli/workspace.ts). A fault on the way (a full disk, a folder that is not
 * ours) takes back what was already replaced.
 *
 * The journal holds seeds, and it decides what is written: so it lives in the keystore, which is private, and not in the store,
 * which teams keep in repositories.
 *
 * The fast path of bulk creation, hence the calls that block: 30,000 files take a second or two so, and some ten times that
 * through promises. A flush for each would cap it at a few thousand files a second on any disk; as the journal holds all of it,
 * one flush of the file system, before the journal goes, is enough.
 */

export interface CommitOptions {
  /** Called once for every file that is in its place. */
  onFile?: (() => void) | undefined;
}

/** Makes a change under the store's lock (`changing`). Files that exist are replaced; callers refuse what must not be. */
export async function commitFiles(
  place: Place,
  wanted: readonly FileWrite[],
  options: CommitOptions = {},
): Promise<void> {
  const writes = await decide(place, wanted);
  if (writes.length === 0) return;
  const undone: FileWrite[] = [];
  try {
    await apply(place, writes, { ...options, replaced: (before) => undone.push(before) });
  } catch (error) {
    await takeBack(place, undone.reverse(), error);
    for (const write of writes) removeEmptyFolders(rootOf(place, write), path.dirname(fileOf(place, write)));
    await removeJournal(place);
    throw error;
  }
  await removeJournal(place);
}

/**
 * The journal holds the files as the keystore wants them once it is there: who takes the encryption away from another store of
 * the same keystore (keys/encrypt.ts) either finds this journal, or is found here.
 */
async function decide(place: Place, wanted: readonly FileWrite[]): Promise<readonly FileWrite[]> {
  for (;;) {
    const before = await encryptionOf(place);
    const writes = await sealWrites(place.keystore, wanted);
    if (writes.length === 0) return writes;
    for (const write of writes) checkPath(write.path);
    await checkFolders(place, writes);
    await makePrivateDir(place.keystore);
    await keepReplacedSeeds(place, writes);
    await writeJournal(place, writes);
    if ((await encryptionOf(place)) === before) return writes;
    await removeJournal(place);
  }
}

async function encryptionOf({ keystore }: Place): Promise<string> {
  return JSON.stringify(await readHeader(keystore));
}

/** Up to its root, which may be new too. */
function foldersAbove({ storeRoot, keystore }: Place, folder: string): string[] {
  const above: string[] = [];
  for (let dir = folder; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    above.push(dir);
    if (dir === storeRoot || dir === keystore) break;
  }
  return above;
}

async function keepReplacedSeeds(place: Place, writes: readonly FileWrite[]): Promise<void> {
  for (const write of writes) {
    if (!isCreds(write) || !existsSync(fileOf(place, write))) continue;
    const next = seedOfCreds(write.content as string);
    await keepReplacedSeed(place.keystore, fileOf(place, write), next?.publicKey ?? '');
    next?.wipe();
  }
}

/** Completes what a process that died had decided. Under the store's lock. @returns whether there was such a change */
export async function completeUnfinished(place: Place): Promise<boolean> {
  const decided = await readJournal(place);
  if (decided === null) {
    removeHalfWritten(place);
    return false;
  }
  // The keystore may have been encrypted since, from another store that shares it.
  const writes = await sealWrites(place.keystore, decided);
  await checkFolders(place, writes);
  await apply(place, writes, {});
  await removeJournal(place);
  return true;
}

export async function hasUnfinished(place: Place): Promise<boolean> {
  return exists(journalFile(place));
}

function fileOf(place: Place, write: FileWrite): string {
  return path.join(rootOf(place, write), ...write.path.split('/'));
}

function rootOf(place: Place, write: FileWrite): string {
  return write.in === 'store' ? place.storeRoot : place.keystore;
}

/** A rename replaces a link and does not follow it, so the folders are what must be looked at, each once. */
async function checkFolders(place: Place, writes: readonly FileWrite[]): Promise<void> {
  const folders = writes.filter((write) => write.in === 'keystore').map((write) => path.dirname(fileOf(place, write)));
  for (const folder of new Set(folders)) if (folder !== place.keystore) await refuseLinks(place.keystore, folder);
}

interface ApplyOptions extends CommitOptions {
  /** Told what stood where a file was replaced. */
  replaced?: (before: FileWrite) => void;
}

async function apply(place: Place, writes: readonly FileWrite[], { onFile, replaced }: ApplyOptions): Promise<void> {
  const many = writes.length > MANY_FILES;
  const folders = new Map<string, Set<string>>();
  const replacements: (Replacement & { write: FileWrite; before: string | null })[] = [];
  // Where a file is named twice, what is last holds.
  const last = new Map(writes.map((write) => [fileOf(place, write), write]));
  for (const [file, write] of last) {
    const folder = path.dirname(file);
    if (write.content === null) {
      const before = replaced ? contentOf(file) : null;
      remove(rootOf(place, write), file);
      replaced?.({ ...write, content: before });
      onFile?.();
      continue;
    }
    let names = folders.get(folder);
    if (names === undefined) {
      if (many && makeNewPrivateDir(folder)) names = new Set();
      else {
        await makePrivateDir(folder, { flush: !many });
        names = new Set(readdirSync(folder));
      }
      folders.set(folder, names);
    }
    const name = path.basename(file);
    const before = replaced && names.has(name) ? contentOf(file) : null;
    // The same name in each attempt, so that a second one leaves nothing of the first behind.
    const temporary = path.join(folder, `.${name}${TEMPORARY_SUFFIX}`);
    replacements.push({ file, temporary, content: write.content, write, before });
  }
  // One folder after the other: two threads that make files in one folder wait for each other.
  if (many) replacements.sort((a, b) => (a.file < b.file ? -1 : 1));
  const { done, failed } = await replaceFiles(replacements, { flush: !many, onFile });
  for (const one of done) {
    const { write, before } = one as (typeof replacements)[number];
    replaced?.({ ...write, content: before });
  }
  if (failed) throw ioError(failed.error, 'write', failed.file);
  if (many) {
    if (await flushFileSystems(place)) return;
    for (const { file } of replacements) flush(file);
  }
  const above = many ? [...folders.keys()].flatMap((folder) => foldersAbove(place, folder)) : [];
  for (const folder of new Set([...folders.keys(), ...above])) {
    await syncDir(folder).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw ioError(error, 'write', folder);
    });
  }
}

/** From here on the file system is flushed as a whole, which costs as much as some hundred flushes of files. */
const MANY_FILES = 256;

/** All that was written reaches the disk, folders too. @returns false where the machine has no call for it */
async function flushFileSystems(place: Place): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const roots = [place.storeRoot, place.keystore].filter((root) => lstatSync(root, { throwIfNoEntry: false }));
  try {
    // Loaded here: it brings Node's network modules, which most commands do without.
    const { execFile } = await import('node:child_process');
    // syncfs(2), of coreutils: Node has no call for it.
    await promisify(execFile)('sync', ['-f', '--', ...roots], { env: { ...process.env, LC_ALL: 'C' } });
    return true;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    if (!/input\/output error|no space|quota/i.test(said)) return false;
    throw storeError('ERR_STORE_IO', `what was written did not reach the disk: ${said.trim()}`, {
      hint: 'check the disk',
      cause: error,
    });
  }
}

function flush(file: string): void {
  try {
    const handle = openSync(file, process.platform === 'win32' ? 'r+' : 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}

/** Null where there is nothing; what is no plain file is in the way, and said so by what replaces it. */
function contentOf(file: string): string | null {
  try {
    if (!lstatSync(file, { throwIfNoEntry: false })) return null;
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw ioError(error, 'read', file);
  }
}

/** Half a folder is worse than none for nsc, so empty ones go too. */
function remove(root: string, file: string): void {
  try {
    try {
      unlinkSync(file);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
    removeEmptyFolders(root, path.dirname(file));
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}

function removeEmptyFolders(root: string, folder: string): void {
  try {
    for (let dir = folder; dir !== path.resolve(root); dir = path.dirname(dir)) rmdirSync(dir);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY'].includes(code)) throw ioError(error, 'write', folder);
  }
}

async function takeBack(place: Place, before: FileWrite[], reason: unknown): Promise<void> {
  try {
    await apply(place, before, {});
  } catch (cause) {
    // The journal stays: what cannot be taken back is completed by the next command.
    throw storeError('ERR_STORE_IO', `a change was stopped half-way: ${messageOf(reason)}; and taking it back failed`, {
      hint: 'mend the cause and run any natsctl command on this store: it completes the change first',
      details: { cause: messageOf(cause) },
      cause,
    });
  }
}

async function removeJournal(place: Place): Promise<void> {
  const journal = journalFile(place);
  try {
    await unlink(journal);
    await syncDir(path.dirname(journal));
  } catch (error) {
    throw ioError(error, 'write', journal);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
