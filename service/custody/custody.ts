import { timingSafeEqual } from 'node:crypto';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries, Store } from '../store/open.js';
import { exportKey, type SealedExport } from './export-key.js';
import type { MasterKey } from './master-key.js';
import { requireMayKeep } from './modes.js';
import { CHECK, type RewrapOptions, type RewrapProgress, rewrap } from './rewrap.js';
import { type SealedFor, seal, unseal } from './seal.js';
import { CHECK_META } from './sealed-columns.js';
import { checkReference, type TransitReference, transitPublicKey, transitSigner } from './vault/transit-signer.js';
import type { Vault } from './vault/vault.js';

/** What a key in custody is for. */
export type SealedKeyKind = 'operator' | 'account' | 'account-signing' | 'access-token';
export type RemoteKeyKind = Exclude<SealedKeyKind, 'access-token'>;

/** A key of a Transit engine that was asked and has proved itself. Only `findRemote` makes one. */
export interface RemoteKey {
  readonly kind: RemoteKeyKind;
  readonly publicKey: string;
  readonly reference: TransitReference;
}

/** A key in custody, as far as it is told. */
export interface HeldKey {
  publicKey: string;
  kind: SealedKeyKind;
  /** Where it signs. */
  held: 'local' | 'transit';
  /** Unix seconds. */
  keptAt: number;
}

/**
 * Private keys, sealed in the database, and references to keys held elsewhere. A key is unsealed for one signature at a time; only
 * `exportTo` gives one out, sealed to whom it is for. What is kept must be in the operator's mode (modes.ts). Everything runs on
 * the queries it is handed, so that a key is kept or lost with the change it was made for.
 */
export interface Custody {
  /** Seals a seed for an operator or account. Keeping the same key twice changes nothing. */
  keep(tx: Queries, kind: SealedKeyKind, owner: string, seed: Seed, now: number): Promise<void>;
  /** Asks for a key held elsewhere: its nkey, and a signature that proves it. Outside any transaction. */
  findRemote(kind: RemoteKeyKind, reference: TransitReference): Promise<RemoteKey>;
  /** Keeps where the key is, sealed as seeds are: who can write to the database cannot point it elsewhere. */
  keepRemote(tx: Queries, owner: string, key: RemoteKey, now: number): Promise<void>;
  /**
   * The signer of a key; null when it is not in custody for this owner: a JWT may name keys of others, which are not its to sign with.
   * That of a remote key answers within seconds, or refuses.
   */
  signer(tx: Queries, owner: string, publicKey: string): Promise<Signer | null>;
  /** Public keys held for an operator or account. */
  keysOf(tx: Queries, owner: string): Promise<string[]>;
  /** All that is held for an operator or account, in the order of the public keys. */
  heldFor(tx: Queries, owner: string): Promise<HeldKey[]>;
  /** Lets a key go, for good. @returns whether it was held for this owner */
  forget(tx: Queries, owner: string, publicKey: string): Promise<boolean>;
  /** The seed of a key held here for this owner, sealed to a curve key. @throws NatsctlError ERR_KEY_REMOTE, ERR_KEY_UNKNOWN */
  exportTo(tx: Queries, owner: string, publicKey: string, recipient: string): Promise<SealedExport>;
  /** For the service's own secrets: its token key and the credentials of its links. */
  seal(what: SealedFor, secret: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  unseal(what: SealedFor, blob: Uint8Array): Promise<Buffer>;
  /** The id of the newest master key. */
  masterKeyId(): Promise<string>;
  /** Puts everything under the newest master key; after a complete run the older ones are not needed. */
  rewrap(options?: RewrapOptions): Promise<RewrapProgress>;
  /** How far the last run of `rewrap` is; null before the first. */
  rewrapProgress(): RewrapProgress | null;
}

/** Before the kind of a remote key, in its row and in its seal: a reference is never taken for a seed. */
const REMOTE = 'remote:';
const CHECK_VALUE = Buffer.from('natsctl master key');

/** Opens custody after making sure that this master key is the one the database was sealed under. */
export async function openCustody(store: Store, masterKey: MasterKey, vault: () => Vault): Promise<Custody> {
  await checkMasterKey(store, masterKey);
  let progress: RewrapProgress | null = null;

  const keepSecret = async (
    tx: Queries,
    { kind, id: publicKey, owner }: Required<SealedFor>,
    secret: Buffer,
    now: number,
  ): Promise<void> => {
    await requireMayKeep(tx, kindOf(kind), owner);
    const held = await tx.sealedKey.findUnique({ where: { publicKey }, select: { owner: true } });
    if (held?.owner === owner) return;
    if (held) throw heldForAnother(publicKey);
    const sealed = await seal(masterKey, { kind, id: publicKey, owner }, secret).finally(() => secret.fill(0));
    await tx.sealedKey.create({ data: { publicKey, kind, owner, sealed, createdAt: BigInt(now) } });
  };

  return {
    keep: (tx, kind, owner, seed, now) =>
      keepSecret(tx, { kind, id: seed.publicKey, owner }, Buffer.from(seed.reveal(), 'latin1'), now),
    async findRemote(kind, given) {
      const reference = checkReference(given);
      const publicKey = await transitPublicKey(vault(), kind === 'operator' ? 'operator' : 'account', reference);
      return { kind, publicKey, reference };
    },
    keepRemote: (tx, owner, { kind, publicKey, reference }, now) =>
      keepSecret(tx, { kind: REMOTE + kind, id: publicKey, owner }, Buffer.from(JSON.stringify(reference)), now),
    async signer(tx, owner, publicKey) {
      const row = await tx.sealedKey.findUnique({ where: { publicKey } });
      if (row?.owner !== owner) return null;
      return {
        publicKey,
        async sign(data) {
          const secret = await unseal(masterKey, { kind: row.kind, id: publicKey, owner: row.owner }, row.sealed);
          if (row.kind.startsWith(REMOTE)) {
            const reference = checkReference(JSON.parse(secret.toString('utf8')));
            return transitSigner(vault(), publicKey, reference).sign(data);
          }
          return signOnce(secret, data);
        },
      };
    },
    async keysOf(tx, owner) {
      const rows = await tx.sealedKey.findMany({ where: { owner }, select: { publicKey: true } });
      return rows.map(({ publicKey }) => publicKey);
    },
    async heldFor(tx, owner) {
      const select = { publicKey: true, kind: true, createdAt: true };
      const rows = await tx.sealedKey.findMany({ where: { owner }, orderBy: { publicKey: 'asc' }, select });
      return rows.map(({ publicKey, kind, createdAt }) => ({
        publicKey,
        kind: kindOf(kind),
        held: kind.startsWith(REMOTE) ? 'transit' : 'local',
        keptAt: Number(createdAt),
      }));
    },
    async forget(tx, owner, publicKey) {
      const { count } = await tx.sealedKey.deleteMany({ where: { owner, publicKey } });
      return count > 0;
    },
    async exportTo(tx, owner, publicKey, recipient) {
      const row = await tx.sealedKey.findFirst({ where: { owner, publicKey } });
      if (!row) throw keyUnknown(publicKey);
      if (row.kind.startsWith(REMOTE)) {
        throw new NatsctlError<ServiceErrorCode>('ERR_KEY_REMOTE', `${publicKey} is in Transit and never came here`, {
          hint: 'export it there, where that is allowed',
        });
      }
      return exportKey(await unseal(masterKey, { kind: row.kind, id: publicKey, owner }, row.sealed), recipient);
    },
    seal: (what, secret) => seal(masterKey, what, secret),
    unseal: (what, blob) => unseal(masterKey, what, blob),
    masterKeyId: () => masterKey.currentId(),
    rewrap: (options = {}) =>
      rewrap(store, masterKey, {
        ...options,
        onProgress: (now) => {
          progress = { ...now };
          options.onProgress?.(now);
        },
      }),
    rewrapProgress: () => progress,
  };
}

function kindOf(kind: string): SealedKeyKind {
  return (kind.startsWith(REMOTE) ? kind.slice(REMOTE.length) : kind) as SealedKeyKind;
}

function heldForAnother(publicKey: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_KEY_FOREIGN', `${publicKey} is kept here for another operator or account`, {
    hint: 'give each of them keys of its own',
    details: { key: publicKey },
  });
}

export function keyUnknown(publicKey: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_KEY_UNKNOWN', `the key ${publicKey} is not in custody here`);
}

function signOnce(secret: Buffer, data: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const seed = Seed.parse(secret);
  secret.fill(0);
  try {
    return seedSigner(seed).sign(data);
  } finally {
    seed.wipe();
  }
}

async function checkMasterKey(store: Store, masterKey: MasterKey): Promise<void> {
  const row = await store.db.meta.findUnique({ where: { key: CHECK_META } });
  if (!row) {
    await store.db.meta.create({ data: { key: CHECK_META, value: await seal(masterKey, CHECK, CHECK_VALUE) } });
    return;
  }
  try {
    const value = await unseal(masterKey, CHECK, row.value);
    if (value.length === CHECK_VALUE.length && timingSafeEqual(value, CHECK_VALUE)) return;
  } catch (error) {
    // One that cannot be asked may well be the right one. What does not open is told below, in the words of somebody who starts the service.
    if (!isNatsctlError(error, 'ERR_SEALED_KEY')) throw error;
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_MASTER_KEY_WRONG',
    'this master key is not the one the database was sealed under',
    {
      hint: 'give the one it was made with, by NATSCTL_MASTER_KEY or master.key in the data folder; beside a new one, until all is rewrapped',
    },
  );
}
