import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Custody } from '../custody/custody.js';
import { ownKey } from '../custody/own-key.js';
import type { Queries, Store } from '../store/open.js';
import { wasAudited } from './audit.js';
import { entryHash, FIRST } from './chain.js';

/** How long the audit was and what its last entry hashed to, signed by the service: proof to keep elsewhere. */
export interface Checkpoint {
  seq: number;
  hash: string;
  /** Base64url of the raw Ed25519 key. */
  publicKey: string;
  /** Base64url. */
  signature: string;
}

export interface AuditSigner {
  readonly publicKey: string;
  /** Of the newest entry; null while there is none. */
  checkpoint(queries: Queries): Promise<Checkpoint | null>;
}

const HEAD_META = 'audit-head';

/**
 * Signs the end of the audit in every transaction that wrote to it. A chain of hashes alone shows what was changed or taken out,
 * not what was cut off its end; whoever can write the database but has no master key cannot make this signature.
 */
export async function openAudit(store: Store, custody: Custody): Promise<AuditSigner> {
  const privateKey = await ownKey(store, custody, 'audit', 'audit-key');
  await chainEarlier(store);
  const publicKey = rawPublicKey(privateKey);
  const checkpoint = async (queries: Queries): Promise<Checkpoint | null> => {
    const last = await queries.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true, hash: true } });
    if (!last) return null;
    const signature = sign(null, statement(last), privateKey).toString('base64url');
    return { ...last, publicKey, signature };
  };
  store.beforeCommit(async (tx) => {
    if (!wasAudited(tx)) return;
    const value = Buffer.from(JSON.stringify(await checkpoint(tx)));
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

/** A checkpoint as it was handed out; null for anything else. */
export function parseCheckpoint(text: string): Checkpoint | null {
  try {
    const { seq, hash, publicKey, signature } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(seq) || typeof hash !== 'string') return null;
    if (typeof publicKey !== 'string' || typeof signature !== 'string') return null;
    return { seq: seq as number, hash, publicKey, signature };
  } catch {
    return null;
  }
}

export function isSignedBy(checkpoint: Checkpoint, publicKey: string): boolean {
  if (checkpoint.publicKey !== publicKey) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, statement(checkpoint), key, Buffer.from(checkpoint.signature, 'base64url'));
  } catch {
    return false;
  }
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

function statement({ seq, hash }: Pick<Checkpoint, 'seq' | 'hash'>): Buffer {
  return Buffer.from(`natsctl audit 1\n${seq}\n${hash}\n`);
}

function rawPublicKey(privateKey: KeyObject): string {
  return String(createPublicKey(privateKey).export({ format: 'jwk' }).x);
}
