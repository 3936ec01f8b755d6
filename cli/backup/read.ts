import { createHash } from 'node:crypto';
import { readInput } from '../source.js';
import { CHUNK_BYTES, contentKey, MAGIC, openChunk, TAG_BYTES } from './container.js';
import { backupError, damaged } from './errors.js';
import { type Opener, openFileKey, parseBackupHeader } from './header.js';
import { isNatsAuthBackup, readNatsAuthBackup } from './nats-auth.js';
import { type BackupRecord, type EndRecord, parseRecord } from './records.js';

/** A store of 200,000 users with creds; it is held in memory until all of it is verified. */
const MAX_BACKUP_BYTES = 1024 * 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;

export interface ReadBackup {
  format: 'natsctl' | 'nats auth';
  /** Unix seconds; null where the file does not say. */
  created: number | null;
  encrypted: boolean;
  records: BackupRecord[];
}

/** Reads a backup of ours or of `nats auth operator backup`, whole or not at all. */
export async function readBackup(file: string, opener: Opener): Promise<ReadBackup> {
  const data = await readInput(file, { maxBytes: MAX_BACKUP_BYTES });
  if (isNatsAuthBackup(data)) return readNatsAuthBackup(file, data, opener);
  const first = lineAt(data, 0);
  const second = first === null ? null : lineAt(data, first.end);
  const header = second === null ? null : parseBackupHeader(second.text);
  if (first?.text !== MAGIC || second === null || header === null) {
    throw backupError('ERR_BACKUP_INVALID', `${file} is no backup that can be read`, {
      hint: 'give a file of `natsctl backup` or of `nats auth operator backup`',
      details: { file },
    });
  }
  const body = data.subarray(second.end);
  if (header.encryption === 'none') {
    return { format: 'natsctl', created: header.created, encrypted: false, records: recordsOf(file, body) };
  }
  const fileKey = await openFileKey(file, header, opener);
  const content = openContent(file, contentKey(fileKey, second.text), body);
  fileKey.fill(0);
  try {
    return { format: 'natsctl', created: header.created, encrypted: true, records: recordsOf(file, content) };
  } finally {
    content.fill(0);
  }
}

function lineAt(data: Buffer, start: number): { text: string; end: number } | null {
  const end = data.subarray(0, start + MAX_HEADER_BYTES).indexOf(10, start);
  return end === -1 ? null : { text: data.toString('utf8', start, end), end: end + 1 };
}

function openContent(file: string, key: Buffer, body: Buffer): Buffer {
  const size = CHUNK_BYTES + TAG_BYTES;
  const count = Math.max(1, Math.ceil(body.length / size));
  const chunks: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const sealed = body.subarray(index * size, (index + 1) * size);
    const plain = openChunk(key, index, index === count - 1, sealed);
    if (plain === null) throw damaged(file, 'it was cut off or changed');
    chunks.push(plain);
  }
  key.fill(0);
  return Buffer.concat(chunks);
}

function recordsOf(file: string, content: Buffer): BackupRecord[] {
  const records: BackupRecord[] = [];
  const hash = createHash('sha256');
  let end: EndRecord | null = null;
  for (let at = 0; at < content.length; ) {
    const stop = content.indexOf(10, at);
    if (stop === -1 || end !== null) throw damaged(file, 'it was cut off or changed');
    const record = parseRecord(content.toString('utf8', at, stop));
    if (record === null) throw damaged(file, `line ${records.length + 1} of its content is no record`);
    if (record.kind === 'end') end = record;
    else {
      records.push(record);
      hash.update(content.subarray(at, stop + 1));
    }
    at = stop + 1;
  }
  if (end === null || end.records !== records.length || end.sha256 !== hash.digest('hex')) {
    throw damaged(file, 'it was cut off or changed');
  }
  return records;
}
