import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { cliError } from '../errors.js';
import { exists, PRIVATE_FILE_MODE, syncDir, TEMPORARY_SUFFIX } from '../store/atomic.js';
import { ioError, systemCode } from '../store/errors.js';
import { CHUNK_BYTES, contentKey, headerLines, sealChunk } from './container.js';
import { newBackupHeader, type Recipients } from './header.js';
import type { BackupRecord } from './records.js';

export interface WriteOptions {
  /** Null: plain text. */
  recipients: Recipients | null;
  /** Replace a file that is there. */
  force: boolean;
  /** Unix seconds. */
  now: number;
}

/** Writes a backup, private, whole or not at all. No more than a chunk of it is encrypted at once. @returns its size */
export async function writeBackup(
  file: string,
  records: Iterable<BackupRecord>,
  options: WriteOptions,
): Promise<number> {
  await refuseTaken(file, options.force);
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`,
  );
  try {
    const handle = await open(temporary, 'wx', PRIVATE_FILE_MODE);
    let size: number;
    try {
      await handle.chmod(PRIVATE_FILE_MODE);
      size = await writeContent(handle, records, options);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A hard link fails where the name was taken meanwhile, which rename would not.
    if (options.force) await rename(temporary, file);
    else await link(temporary, file);
    await syncDir(path.dirname(file));
    return size;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken(file);
    throw ioError(error, 'write', file);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function writeContent(
  handle: FileHandle,
  records: Iterable<BackupRecord>,
  options: WriteOptions,
): Promise<number> {
  const { header, fileKey } = await newBackupHeader(options.recipients, options.now);
  const key = fileKey === null ? null : contentKey(fileKey, JSON.stringify(header));
  fileKey?.fill(0);
  let size = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    await handle.writeFile(bytes);
    size += bytes.length;
  };
  await put(Buffer.from(headerLines(header)));
  let index = 0;
  let pending: Buffer[] = [];
  let length = 0;
  const flush = async (chunk: Buffer, last: boolean): Promise<void> => {
    await put(key === null ? chunk : sealChunk(key, index, last, chunk));
    index += 1;
  };
  for (const line of linesOf(records)) {
    pending.push(Buffer.from(line));
    length += Buffer.byteLength(line);
    // One byte more than a chunk: the last one is never empty, and is known as the last.
    if (length <= CHUNK_BYTES) continue;
    let rest = Buffer.concat(pending);
    for (; rest.length > CHUNK_BYTES; rest = rest.subarray(CHUNK_BYTES)) {
      await flush(rest.subarray(0, CHUNK_BYTES), false);
    }
    pending = [rest];
    length = rest.length;
  }
  await flush(Buffer.concat(pending), true);
  key?.fill(0);
  return size;
}

function* linesOf(records: Iterable<BackupRecord>): Generator<string> {
  const hash = createHash('sha256');
  let count = 0;
  for (const record of records) {
    const line = `${JSON.stringify(record)}\n`;
    hash.update(line);
    count += 1;
    yield line;
  }
  yield `${JSON.stringify({ kind: 'end', records: count, sha256: hash.digest('hex') })}\n`;
}

export async function refuseTaken(file: string, force: boolean): Promise<void> {
  if (!force && (await exists(file))) throw taken(file);
}

function taken(file: string): Error {
  return cliError('ERR_FILE_EXISTS', `${file} exists`, { hint: 'add --force to replace it', details: { file } });
}
