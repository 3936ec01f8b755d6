import type { Database, Queries } from '../store/open.js';
import type { SealedFor } from './seal.js';

/** A row that may hold a sealed blob. */
export interface SealedRow {
  id: string;
  blob: Uint8Array<ArrayBuffer>;
  /** What a blob of format 1 belongs to. Format 2 came with the list below: whatever it seals is found without. */
  format1: SealedFor | null;
}

export interface SealedColumn {
  count(db: Database): Promise<number>;
  /** The rows after this id, in the order of their ids, at most `take`. */
  page(db: Database, after: string | undefined, take: number): Promise<SealedRow[]>;
  /** Unless it was changed since: what took its place is newer. */
  replace(tx: Queries, row: SealedRow, blob: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** The proof of the master key (custody.ts). It is rewrapped after everything else: until then the old key is needed. */
export const CHECK_META = 'master-key-check';

/** The service's own keys that were ever sealed in format 1, and their kinds. */
const META_OF_FORMAT_1 = new Map([
  ['access-token-key', 'access-token'],
  ['audit-key', 'audit'],
]);

/** Every column of bytes in prisma/schema.prisma that may hold a sealed blob: what is missing here would be lost with the old key. */
export const SEALED_COLUMNS: Readonly<Record<string, SealedColumn>> = {
  'SealedKey.sealed': {
    count: (db) => db.sealedKey.count(),
    async page(db, after, take) {
      const where = after === undefined ? {} : { publicKey: { gt: after } };
      const rows = await db.sealedKey.findMany({ where, orderBy: { publicKey: 'asc' }, take });
      return rows.map(({ publicKey: id, kind, owner, sealed: blob }) => ({ id, blob, format1: { kind, id, owner } }));
    },
    async replace(tx, { id, blob }, sealed) {
      await tx.sealedKey.updateMany({ where: { publicKey: id, sealed: blob }, data: { sealed } });
    },
  },
  'Link.sealedCreds': {
    count: (db) => db.link.count({ where: { sealedCreds: { not: null } } }),
    async page(db, after, take) {
      const where = { sealedCreds: { not: null }, ...(after !== undefined && { id: { gt: after } }) };
      const rows = await db.link.findMany({ where, orderBy: { id: 'asc' }, take });
      return rows.flatMap(({ id, sealedCreds: blob }) =>
        blob === null ? [] : [{ id, blob, format1: { kind: 'link-creds', id } }],
      );
    },
    async replace(tx, { id, blob }, sealedCreds) {
      await tx.link.updateMany({ where: { id, sealedCreds: blob }, data: { sealedCreds } });
    },
  },
  'Webhook.sealedKeys': {
    count: (db) => db.webhook.count(),
    async page(db, after, take) {
      const where = after === undefined ? {} : { id: { gt: after } };
      const rows = await db.webhook.findMany({ where, orderBy: { id: 'asc' }, take });
      return rows.map(({ id, sealedKeys: blob }) => ({ id, blob, format1: null }));
    },
    async replace(tx, { id, blob }, sealedKeys) {
      await tx.webhook.updateMany({ where: { id, sealedKeys: blob }, data: { sealedKeys } });
    },
  },
  'Meta.value': {
    count: (db) => db.meta.count({ where: { key: { not: CHECK_META } } }),
    async page(db, after, take) {
      const where = { key: { not: CHECK_META, ...(after !== undefined && { gt: after }) } };
      const rows = await db.meta.findMany({ where, orderBy: { key: 'asc' }, take });
      return rows.map(({ key: id, value: blob }) => {
        const kind = META_OF_FORMAT_1.get(id);
        return { id, blob, format1: kind === undefined ? null : { kind, id } };
      });
    },
    async replace(tx, { id, blob }, value) {
      await tx.meta.updateMany({ where: { key: id, value: blob }, data: { value } });
    },
  },
};
