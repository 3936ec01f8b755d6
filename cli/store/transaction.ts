import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { readHeader } from '../sealed/header.js';
import { isCreds, sealWrites } from '../sealed/seal-writes.js';
import { exists, makeNewPrivateDir, makePrivateDir, syncDir } from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';
import { flushFile, flushFileSystems } from './flush.js';
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
import { foldName } from './names.js';
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
  const folders = new Map<string, Set<string> | null>();
  for (const write of writes) {
    if (!isCreds(write)) continue;
    const at = write.path.lastIndexOf('/');
    const folder = write.path.slice(0, at);
    let names = folders.get(folder);
    if (names === undefined) {
      names = foldedNamesIn(path.join(place.keystore, folder));
      folders.set(folder, names);
    }
    if (names !== null && !names.has(foldName(write.path.slice(at + 1)))) continue;
    if (!existsSync(fileOf(place, write))) continue;
    const next = seedOfCreds(write.content as string);
    await keepReplacedSeed(place.keystore, fileOf(place, write), next?.publicKey ?? '');
    next?.wipe();
  }
}

/** Null where the folder cannot be listed. */
function foldedNamesIn(folder: string): Set<string> | null {
  try {
    return new Set(readdirSync(folder).map(foldName));
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? new Set() : null;
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
  return path.join(rootOf(place, write), write.path);
}

function rootOf(place: Place, write: FileWrite): string {
  return write.in === 'store' ? place.storeRoot : place.keystore;
}

/** A rename replaces a link and does not follow it, so the folders are what must be looked at, each once. */
async function checkFolders(place: Place, writes: readonly FileWrite[]): Promise<void> {
  const folders = new Set<string>();
  for (const write of writes) {
    if (write.in === 'keystore') folders.add(write.path.slice(0, Math.max(0, write.path.lastIndexOf('/'))));
  }
  for (const below of folders) if (below !== '') await refuseLinks(place.keystore, path.join(place.keystore, below));
}

interface ApplyOptions extends CommitOptions {
  /** Told what stood where a file was replaced. */
  replaced?: (before: FileWrite) => void;
}

async function apply(place: Place, writes: readonly FileWrite[], { onFile, replaced }: ApplyOptions): Promise<void> {
  const many = writes.length > MANY_FILES;
  const folders = new Map<string, Folder>();
  // Where a file is named twice, what is last holds.
  const last = new Map(writes.map((write) => [fileOf(place, write), write]));
  for (const [file, write] of last) {
    if (write.content === null) {
      const before = replaced ? contentOf(file) : null;
      remove(rootOf(place, write), file);
      replaced?.({ ...write, content: before });
      onFile?.();
      continue;
    }
    const dir = path.dirname(file);
    let folder = folders.get(dir);
    if (folder === undefined) {
      folder = { names: await prepareFolder(dir, many), replacements: [] };
      folders.set(dir, folder);
    }
    const before = replaced && folder.names.has(path.basename(file)) ? contentOf(file) : null;
    folder.replacements.push({ file, content: write.content, write, before });
  }
  const replacements = folderByFolder([...folders.values()]);
  const { done, failed } = await replaceFiles(replacements, { flush: !many, onFile });
  for (const one of done) {
    const { write, before } = one as (typeof replacements)[number];
    replaced?.({ ...write, content: before });
  }
  if (failed) throw ioError(failed.error, 'write', failed.file);
  if (many) {
    if (await flushFileSystems([place.storeRoot, place.keystore])) return;
    for (const { file } of replacements) flushFile(file);
  }
  const above = many ? [...folders.keys()].flatMap((folder) => foldersAbove(place, folder)) : [];
  for (const folder of new Set([...folders.keys(), ...above])) {
    await syncDir(folder).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw ioError(error, 'write', folder);
    });
  }
}

interface Folder {
  /** What is in it. */
  names: Set<string>;
  replacements: (Replacement & { write: FileWrite; before: string | null })[];
}

async function prepareFolder(dir: string, many: boolean): Promise<Set<string>> {
  if (many && makeNewPrivateDir(dir)) return new Set();
  await makePrivateDir(dir, { flush: !many });
  return new Set(readdirSync(dir));
}

/** The two largest folders first and last: two threads that make files in one folder wait for each other (replace.ts). */
function folderByFolder(folders: readonly Folder[]): Folder['replacements'] {
  const [first, last, ...others] = folders.toSorted((a, b) => b.replacements.length - a.replacements.length);
  return [first, ...others, last].flatMap((folder) => folder?.replacements ?? []);
}

/** From here on the file system is flushed as a whole, which costs as much as some hundred flushes of files. */
const MANY_FILES = 256;

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
