import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { entryHash, FIRST } from '../../claims/audit/chain.js';
import { type Checkpoint, checkpointStatement, parseCheckpoint } from '../../claims/audit/checkpoint.js';
import type { Custody } from '../custody/custody.js';
import { ownKey } from '../custody/own-key.js';
import type { Queries, Store } from '../store/open.js';
import { type AuditEnd, endOfAudit } from './audit.js';

export interface AuditSigner {
  readonly publicKey: string;
  /** Of the newest entry; null while there is none. */
  checkpoint(queries: Queries): Promise<Checkpoint | null>;
}

export const HEAD_META = 'audit-head';

/**
 * Signs the end of the audit in every transaction that wrote to it. A chain of hashes alone shows what was changed or taken out,
 * not what was cut off its end; whoever can write the database but has no master key cannot make this signature.
 */
export async function openAudit(store: Store, custody: Custody): Promise<AuditSigner> {
  const privateKey = await ownKey(store, custody, 'audit', 'audit-key');
  await chainEarlier(store);
  const publicKey = rawPublicKey(privateKey);
  const signed = (last: AuditEnd): Checkpoint => {
    const signature = sign(null, checkpointStatement(last), privateKey).toString('base64url');
    return { ...last, publicKey, signature };
  };
  const checkpoint = async (queries: Queries): Promise<Checkpoint | null> => {
    const last = await queries.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true, hash: true } });
    return last && signed(last);
  };
  store.beforeCommit(async (tx) => {
    const last = endOfAudit(tx);
    if (last === null) return;
    const value = Buffer.from(JSON.stringify(signed(last)));
    await tx.meta.upsert({ where: { key: HEAD_META }, create: { key: HEAD_META, value }, update: { value } });
  });
  return { publicKey, checkpoint };
}

/** The signed end that the last change left; null in a database that has none. */
export async function storedCheckpoint(queries: Queries): Promise<Checkpoint | null> {
  const row = await queries.meta.findUnique({ where: { key: HEAD_META } });
  if (!row) return null;
  return parseCheckpoint(Buffer.from(row.value).toString('utf8'));
}

/** Entries written before there was a chain are chained as they are found. */
async function chainEarlier(store: Store): Promise<void> {
  if ((await store.db.auditEntry.count({ where: { hash: '' } })) === 0) return;
  await store.transaction(async (tx) => {
    let hash = FIRST;
    for (const entry of await tx.auditEntry.findMany({ orderBy: { seq: 'asc' } })) {
      hash = entryHash(entry, hash);
      await tx.auditEntry.update({ where: { seq: entry.seq }, data: { hash } });
    }
  });
}

function rawPublicKey(privateKey: KeyObject): string {
  return String(createPublicKey(privateKey).export({ format: 'jwk' }).x);
}
