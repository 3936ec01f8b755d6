import { isNatsctlError } from '../../claims/errors.js';
import type { Store } from '../store/open.js';
import type { MasterKey } from './master-key.js';
import { keyIdOf, resealFormat1, rewrapBlob } from './seal.js';
import { isFormat1 } from './seal-1.js';
import { CHECK_META, SEALED_COLUMNS, type SealedColumn, type SealedRow } from './sealed-columns.js';

export interface RewrapProgress {
  /** The master key that everything is to be under. */
  keyId: string;
  total: number;
  seen: number;
  rewrapped: number;
  /** Rows that no master key given opens; their ids, the first of them. The old keys are needed as long as there are any. */
  unopened: number;
  unopenedIds: string[];
  /** Everything is under `keyId`: older master keys need not be given any more. */
  complete: boolean;
}

export interface RewrapOptions {
  onProgress?: (progress: RewrapProgress) => void;
  signal?: AbortSignal;
}

/** Rows of one transaction, and requests to a master key held elsewhere at one time. */
const PAGE = 96;
const AT_ONCE = 8;
const MAX_IDS = 20;

/**
 * Puts every sealed row under the newest master key while the service goes on: what is written meanwhile is under it already, and a
 * row that changed since it was read is left as it is. Stopped half-way, it is done again from the start; rows that are done are skipped.
 */
export async function rewrap(
  store: Store,
  masterKey: MasterKey,
  { onProgress, signal }: RewrapOptions = {},
): Promise<RewrapProgress> {
  const progress: RewrapProgress = {
    keyId: await masterKey.currentId(),
    total: 0,
    seen: 0,
    rewrapped: 0,
    unopened: 0,
    unopenedIds: [],
    complete: false,
  };
  for (const column of Object.values(SEALED_COLUMNS)) progress.total += await column.count(store.db);
  for (const column of Object.values(SEALED_COLUMNS)) {
    for (let after: string | undefined; ; ) {
      signal?.throwIfAborted();
      const rows = await column.page(store.db, after, PAGE);
      await rewrapPage(store, masterKey, column, rows, progress);
      onProgress?.(progress);
      after = rows.at(-1)?.id;
      if (rows.length < PAGE) break;
    }
  }
  if (progress.unopened > 0) return progress;
  await rewrapCheck(store, masterKey, progress.keyId);
  progress.complete = true;
  onProgress?.(progress);
  return progress;
}

async function rewrapPage(
  store: Store,
  masterKey: MasterKey,
  column: SealedColumn,
  rows: SealedRow[],
  progress: RewrapProgress,
): Promise<void> {
  progress.seen += rows.length;
  const due = rows.filter((row) => isDue(row, progress.keyId));
  const fresh: { row: SealedRow; blob: Uint8Array<ArrayBuffer> }[] = [];
  for (let at = 0; at < due.length; at += AT_ONCE) {
    const some = due.slice(at, at + AT_ONCE);
    const blobs = await Promise.all(some.map((row) => rewrapped(masterKey, row)));
    for (const [index, row] of some.entries()) {
      const blob = blobs[index];
      if (blob) fresh.push({ row, blob });
      else {
        progress.unopened++;
        if (progress.unopenedIds.length < MAX_IDS) progress.unopenedIds.push(row.id);
      }
    }
  }
  if (fresh.length === 0) return;
  await store.transaction(async (tx) => {
    for (const { row, blob } of fresh) await column.replace(tx, row, blob);
  });
  progress.rewrapped += fresh.length;
}

function isDue({ blob, format1 }: SealedRow, keyId: string): boolean {
  const held = keyIdOf(blob);
  return held === null ? format1 !== null && isFormat1(blob) : held !== keyId;
}

/** Null where no master key given opens it. One that cannot be asked now ends the whole run. */
async function rewrapped(masterKey: MasterKey, row: SealedRow): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    if (row.format1 && isFormat1(row.blob)) return await resealFormat1(masterKey, row.format1, row.blob);
    return await rewrapBlob(masterKey, row.blob);
  } catch (error) {
    if (isNatsctlError(error) && error.code !== 'ERR_SEALED_KEY') throw error;
    return null;
  }
}

async function rewrapCheck(store: Store, masterKey: MasterKey, keyId: string): Promise<void> {
  const row = await store.db.meta.findUnique({ where: { key: CHECK_META } });
  if (!row || keyIdOf(row.value) === keyId) return;
  const value = isFormat1(row.value)
    ? await resealFormat1(masterKey, CHECK, row.value)
    : await rewrapBlob(masterKey, row.value);
  await store.db.meta.updateMany({ where: { key: CHECK_META, value: row.value }, data: { value } });
}

export const CHECK = { kind: 'check', id: 'master-key' };
