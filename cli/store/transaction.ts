import { createHash } from 'node:crypto';
import { readFile, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import {
  exists,
  makePrivateDir,
  readTextFile,
  syncDir,
  TEMPORARY_SUFFIX,
  writeFileAtomic,
  writeNew,
} from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';
import { refuseLinks } from './links.js';

/**
 * A change of several files, of which all are made or none, whatever stops it: a redo journal. What is to be written is first
 * written into one file, flushed to the disk; from then on the change is decided. Each file is then replaced in its turn, and
 * the journal goes. Who finds a journal under the lock completes it before anything else (`completeUnfinished`); a reader that
 * finds one waits for the lock and does the same (cli/workspace.ts). A fault on the way (a full disk, a folder that is not
 * ours) takes back what was already replaced.
 *
 * The journal holds seeds, and it decides what is written: so it lives in the keystore, which is private, and not in the store,
 * which teams keep in repositories.
 */

/** The two roots that a change may touch. */
export interface Place {
  readonly storeRoot: string;
  readonly keystore: string;
}

export interface FileWrite {
  readonly in: 'store' | 'keystore';
  /** Below that root, with `/` between the parts. */
  readonly path: string;
  /** Null: the file goes, and with it the folders that it leaves empty. */
  readonly content: string | null;
}

export interface CommitOptions {
  /** Called once for every file that is in its place. */
  onFile?: (() => void) | undefined;
}

/** Makes a change under the store's lock (`changing`). Files that exist are replaced; callers refuse what must not be. */
export async function commitFiles(
  place: Place,
  writes: readonly FileWrite[],
  options: CommitOptions = {},
): Promise<void> {
  if (writes.length === 0) return;
  for (const write of writes) checkPath(write.path);
  await checkFolders(place, writes);
  await makePrivateDir(place.keystore);
  const journal = journalFile(place);
  await writeFileAtomic(
    journal,
    JSON.stringify({ version: VERSION, storeRoot: path.resolve(place.storeRoot), writes }),
  );
  const undone: FileWrite[] = [];
  try {
    await apply(place, writes, { ...options, replaced: (before) => undone.push(before) });
  } catch (error) {
    await takeBack(place, undone.reverse(), error);
    await removeJournal(journal);
    throw error;
  }
  await removeJournal(journal);
}

/** Completes what a process that died had decided. Under the store's lock. @returns whether there was such a change */
export async function completeUnfinished(place: Place): Promise<boolean> {
  const journal = journalFile(place);
  const writes = await readJournal(journal);
  if (writes === null) return false;
  await checkFolders(place, writes);
  await apply(place, writes, {});
  await removeJournal(journal);
  return true;
}

export async function hasUnfinished(place: Place): Promise<boolean> {
  return exists(journalFile(place));
}

const VERSION = 1;

/** One for each store root that this keystore serves. Its ending is in the keystore's `.gitignore`. */
function journalFile({ storeRoot, keystore }: Place): string {
  const name = createHash('sha256').update(path.resolve(storeRoot)).digest('hex').slice(0, 16);
  return path.join(keystore, `unfinished-${name}${TEMPORARY_SUFFIX}`);
}

async function readJournal(file: string): Promise<FileWrite[] | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw ioError(error, 'read', file);
  }
  try {
    const { version, writes } = JSON.parse(text) as { version: unknown; writes: FileWrite[] };
    if (version !== VERSION) throw new Error(`version ${String(version)}`);
    for (const write of writes) checkPath(write.path);
    return writes;
  } catch (cause) {
    throw storeError('ERR_STORE_DAMAGED', `${file}, a change that was not completed, cannot be read`, {
      hint: 'another version of natsctl may have written it: complete it with that one, or move the file away',
      details: { file },
      cause,
    });
  }
}

/** A path of ours is below its root, in plain steps. */
function checkPath(relative: string): void {
  const plain = relative
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  if (!plain) throw new Error(`not a path below a root: ${JSON.stringify(relative)}`);
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
  const folders = new Set<string>();
  for (const write of writes) {
    const file = fileOf(place, write);
    const before = replaced && (await readTextFile(file));
    if (write.content === null) await remove(rootOf(place, write), file);
    else {
      await makePrivateDir(path.dirname(file));
      await replace(file, write.content);
      folders.add(path.dirname(file));
    }
    replaced?.({ ...write, content: before ?? null });
    onFile?.();
  }
  for (const folder of folders) {
    await syncDir(folder).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw ioError(error, 'write', folder);
    });
  }
}

/** Temporary names are the same in each attempt, so that a second one leaves nothing of the first behind. */
async function replace(file: string, content: string): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}${TEMPORARY_SUFFIX}`);
  try {
    await unlink(temporary).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    await writeNew(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw ioError(error, 'write', file);
  }
}

/** Half a folder is worse than none for nsc, so empty ones go too. */
async function remove(root: string, file: string): Promise<void> {
  try {
    await unlink(file).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    for (let dir = path.dirname(file); dir !== path.resolve(root); dir = path.dirname(dir)) {
      await rmdir(dir);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return;
    throw ioError(error, 'write', file);
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

async function removeJournal(journal: string): Promise<void> {
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
