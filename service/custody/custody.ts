import { timingSafeEqual } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries, Store } from '../store/open.js';
import { type SealedFor, seal, unseal } from './seal.js';

/** What a key in custody is for. */
export type SealedKeyKind = 'operator' | 'account' | 'account-signing' | 'access-token';

/**
 * Private keys, sealed in the database. A key is unsealed for one signature at a time; no function here gives one out.
 * Everything runs on the queries it is handed, so that a key is kept or lost with the change it was made for.
 */
export interface Custody {
  /** Seals a seed for an operator or account. Keeping the same key twice changes nothing. */
  keep(tx: Queries, kind: SealedKeyKind, owner: string, seed: Seed, now: number): Promise<void>;
  /** The signer of a key; null when it is not in custody. */
  signer(tx: Queries, publicKey: string): Promise<Signer | null>;
  /** Public keys held for an operator or account. */
  keysOf(tx: Queries, owner: string): Promise<string[]>;
  /** For the service's own secrets: its token key and the credentials of its links. */
  seal(what: SealedFor, secret: Uint8Array): Uint8Array<ArrayBuffer>;
  unseal(what: SealedFor, blob: Uint8Array): Buffer;
}

const CHECK = { kind: 'check', id: 'master-key' };
const CHECK_META = 'master-key-check';
const CHECK_VALUE = Buffer.from('natsctl master key');

/** Opens custody after making sure that this master key is the one the database was sealed under. */
export async function openCustody(store: Store, masterKey: Uint8Array): Promise<Custody> {
  await checkMasterKey(store, masterKey);
  return {
    async keep(tx, kind, owner, seed, now) {
      const { publicKey } = seed;
      const secret = Buffer.from(seed.reveal(), 'latin1');
      const sealed = seal(masterKey, { kind, id: publicKey }, secret);
      secret.fill(0);
      const data = { publicKey, kind, owner, sealed, createdAt: BigInt(now) };
      await tx.sealedKey.upsert({ where: { publicKey }, create: data, update: {} });
    },
    async signer(tx, publicKey) {
      const row = await tx.sealedKey.findUnique({ where: { publicKey } });
      if (!row) return null;
      return {
        publicKey,
        sign(data) {
          const secret = unseal(masterKey, { kind: row.kind, id: publicKey }, row.sealed);
          const seed = Seed.parse(secret);
          secret.fill(0);
          try {
            return seedSigner(seed).sign(data);
          } finally {
            seed.wipe();
          }
        },
      };
    },
    async keysOf(tx, owner) {
      const rows = await tx.sealedKey.findMany({ where: { owner }, select: { publicKey: true } });
      return rows.map(({ publicKey }) => publicKey);
    },
    seal: (what, secret) => seal(masterKey, what, secret),
    unseal: (what, blob) => unseal(masterKey, what, blob),
  };
}

async function checkMasterKey(store: Store, masterKey: Uint8Array): Promise<void> {
  const row = await store.db.meta.findUnique({ where: { key: CHECK_META } });
  if (!row) {
    await store.db.meta.create({ data: { key: CHECK_META, value: seal(masterKey, CHECK, CHECK_VALUE) } });
    return;
  }
  try {
    const value = unseal(masterKey, CHECK, row.value);
    if (value.length === CHECK_VALUE.length && timingSafeEqual(value, CHECK_VALUE)) return;
  } catch {
    // Told below, in the words of somebody who starts the service.
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_MASTER_KEY_WRONG',
    'this master key is not the one the database was sealed under',
    {
      hint: 'give the one it was made with, by NATSCTL_MASTER_KEY or master.key in the data folder',
    },
  );
}
