import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarEntry, tar } from '../../archive/tar.js';
import { cliError } from '../../errors.js';
import {
  exists,
  makePrivateDir,
  PRIVATE_DIR_MODE,
  PRIVATE_FILE_MODE,
  readDir,
  syncDir,
  TEMPORARY_SUFFIX,
} from '../../store/atomic.js';
import { ioError } from '../../store/errors.js';

/** Where the creds of many users go. */
export type CredsPlace =
  | { kind: 'keystore' }
  | { kind: 'none' }
  /** One file a user, `<account>/<user>.creds`, in a folder that is made. */
  | { kind: 'folder'; path: string }
  /** The same in one file: `.tar`, `.tar.gz` or `.tgz`. */
  | { kind: 'archive'; path: string };

/** Before anything is made: nothing that is there is written over. */
export async function checkPlace(place: CredsPlace): Promise<void> {
  if (place.kind === 'archive') {
    if (!/\.(tar|tar\.gz|tgz)$/i.test(place.path)) {
      throw cliError('ERR_USAGE', `an archive is a .tar, .tar.gz or .tgz: ${place.path}`, { hint: 'name it so' });
    }
    if (await exists(place.path)) throw inTheWay(place.path, 'exists');
  }
  if (place.kind === 'folder' && (await exists(place.path))) {
    // A folder takes the place of an empty folder, but neither that of a link nor that of a mount.
    const here = await lstat(place.path);
    const mounted = here.isDirectory() && here.dev !== (await lstat(path.dirname(place.path))).dev;
    if (!here.isDirectory() || mounted) throw inTheWay(place.path, mounted ? 'is a mount' : 'is no folder');
    if ((await readDir(place.path)).length > 0) throw inTheWay(place.path, 'is not an empty folder');
  }
}

function inTheWay(file: string, what: string): Error {
  return cliError('ERR_FILE_EXISTS', `${file} ${what}`, { hint: 'name another', details: { file } });
}

/** What waits under a temporary name until its users are made. */
export interface Prepared {
  /** Gives it its name. */
  finish(): Promise<void>;
  discard(): void;
}

/** Writes the creds beside where they are to be, flushed to the disk. */
export async function prepareCreds(
  place: { kind: 'folder' | 'archive'; path: string },
  creds: readonly TarEntry[],
  now: number,
): Promise<Prepared> {
  const parent = path.dirname(place.path);
  const fresh = path.join(parent, `.${path.basename(place.path)}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`);
  const discard = () => rmSync(fresh, { recursive: true, force: true });
  try {
    await makePrivateDir(parent);
    if (place.kind === 'archive') {
      const archive = tar(creds, now);
      writePrivate(fresh, /\.tar$/i.test(place.path) ? archive : gzipSync(archive, { level: 1 }));
    } else writeFolder(fresh, creds);
  } catch (error) {
    discard();
    throw ioError(error, 'write', place.path);
  }
  return {
    discard,
    async finish() {
      try {
        renameSync(fresh, place.path);
        await syncDir(parent);
      } catch (error) {
        throw leftUnder(fresh, ioError(error, 'write', place.path));
      }
    },
  };
}

/** The users are made by then: this is no refusal, and what was made for them is not thrown away. */
function leftUnder(fresh: string, cause: Error): Error {
  return cliError('ERR_CREDS_LEFT', `the users are created, but ${cause.message}: their creds are in ${fresh}`, {
    hint: 'move them to where they belong; do not run the command again',
    details: { file: fresh },
    cause,
  });
}

function writeFolder(folder: string, creds: readonly TarEntry[]): void {
  const made = new Set<string>();
  for (const { path: name, content } of creds) {
    const file = path.join(folder, ...name.split('/'));
    const inside = path.dirname(file);
    if (!made.has(inside)) mkdirSync(inside, { recursive: true, mode: PRIVATE_DIR_MODE });
    made.add(inside);
    writePrivate(file, content);
  }
}

function writePrivate(file: string, data: string | Uint8Array): void {
  const handle = openSync(file, 'wx', PRIVATE_FILE_MODE);
  try {
    chmodSync(file, PRIVATE_FILE_MODE);
    writeFileSync(handle, data);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
