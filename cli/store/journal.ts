import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PRIVATE_FILE_MODE, readDir, syncDir, TEMPORARY_SUFFIX } from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';

/** One file of a change. */
export interface FileWrite {
  readonly in: 'store' | 'keystore';
  /** Below that root, with `/` between the parts. */
  readonly path: string;
  /** Null: the file goes, and with it the folders that it leaves empty. */
  readonly content: string | null;
}

/** The two roots that a change may touch. */
export interface Place {
  readonly storeRoot: string;
  readonly keystore: string;
}

/**
 * The journal of a change (transaction.ts): a line of JSON that says how many files it has, then a line for each. It appears
 * under its name when all of it is on the disk, so it is never read half-written.
 */
const VERSION = 1;

/** Lines are gathered up to this size, so that tens of thousands of them are some hundred writes. */
const CHUNK_CHARACTERS = 256 * 1024;

/** One for each store root that this keystore serves. Its ending is in the keystore's `.gitignore`. */
export function journalFile({ storeRoot, keystore }: Place): string {
  const name = createHash('sha256').update(path.resolve(storeRoot)).digest('hex').slice(0, 16);
  return path.join(keystore, `unfinished-${name}${TEMPORARY_SUFFIX}`);
}

/** The same name each time, under the store's lock: what a process that died half-way leaves holds seeds, and goes with the next. */
function freshFile(place: Place): string {
  return path.join(place.keystore, `.${path.basename(journalFile(place))}`);
}

/** Changes of any store that are not completed: they hold seeds, as the keystore wanted them when they were decided. */
export async function journalsIn(keystore: string): Promise<string[]> {
  const names = (await readDir(keystore)).map(({ name }) => name);
  const journals = names.filter((name) => /^\.?unfinished-/.test(name) && name.endsWith(TEMPORARY_SUFFIX));
  return journals.map((name) => path.join(keystore, name));
}

/** What was never decided. Under the store's lock. */
export function removeHalfWritten(place: Place): void {
  removeQuietly(freshFile(place));
}

/** Once this returns, the change is decided. */
export async function writeJournal(place: Place, writes: readonly FileWrite[]): Promise<void> {
  const file = journalFile(place);
  const fresh = freshFile(place);
  removeQuietly(fresh);
  try {
    const handle = openSync(fresh, 'wx', PRIVATE_FILE_MODE);
    try {
      const head = { version: VERSION, storeRoot: path.resolve(place.storeRoot), files: writes.length };
      let lines = `${JSON.stringify(head)}\n`;
      for (const write of writes) {
        lines += `${JSON.stringify([write.in, write.path, write.content])}\n`;
        if (lines.length < CHUNK_CHARACTERS) continue;
        writeWhole(handle, lines);
        lines = '';
      }
      writeWhole(handle, lines);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
    await syncDir(place.keystore);
  } catch (error) {
    removeQuietly(fresh);
    throw ioError(error, 'write', file);
  }
}

/** The change that was not completed, or null where there is none. */
export async function readJournal(place: Place): Promise<FileWrite[] | null> {
  const file = journalFile(place);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw ioError(error, 'read', file);
  }
  try {
    return parse(bytes);
  } catch (cause) {
    throw storeError('ERR_STORE_DAMAGED', `${file}, a change that was not completed, cannot be read`, {
      hint: 'another version of natsctl may have written it: complete it with that one, or move the file away',
      details: { file },
      cause,
    });
  }
}

function parse(bytes: Buffer): FileWrite[] {
  let at = 0;
  const next = (): unknown => {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1) throw new Error('it ends too early');
    const line = bytes.toString('utf8', at, end);
    at = end + 1;
    return JSON.parse(line);
  };
  const { version, files } = next() as { version: unknown; files: unknown };
  if (version !== VERSION || typeof files !== 'number') throw new Error(`version ${String(version)}`);
  const writes: FileWrite[] = [];
  for (let count = 0; count < files; count++) writes.push(fileWrite(next()));
  if (at !== bytes.length) throw new Error('it goes on after its end');
  return writes;
}

function fileWrite(line: unknown): FileWrite {
  const [root, relative, content] = Array.isArray(line) ? (line as unknown[]) : [];
  if (root !== 'store' && root !== 'keystore') throw new Error('a root that is none');
  if (typeof relative !== 'string' || (content !== null && typeof content !== 'string')) throw new Error('no file');
  checkPath(relative);
  return { in: root, path: relative, content };
}

/** A path of ours is below its root, in plain steps. */
export function checkPath(relative: string): void {
  const plain = relative
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  if (!plain) throw new Error(`not a path below a root: ${JSON.stringify(relative)}`);
}

/** `writeSync` may write less than it was given (a nearly full disk, a network file system). */
function writeWhole(handle: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

function removeQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It was never made, or is gone.
  }
}
