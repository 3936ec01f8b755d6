import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import { MAX_TOKEN_BYTES } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { MAX_PARALLEL_READS } from '../limits.js';
import { codeOf, type Logger } from '../log.js';
import type { BrokerErrorCode } from '../options.js';
import { unixNow } from '../timer.js';
import { xorInto } from './hash.js';
import type { AccountStore } from './source.js';
import { syncFolder, UNFINISHED, writeDurably } from './write-file.js';

export interface DirectoryOptions {
  dir: string;
  /** Most accounts; 0 = any number. */
  limit: number;
  /** At the limit, the account that was not used for longest gives way (a cache), instead of nothing more being taken. */
  evicts: boolean;
  /** Seconds an account stays without being used; 0 = for good. */
  ttl: number;
  /** Accounts go when an operator key asks: not at all, their file renamed, or removed. */
  deletes: 'never' | 'renames' | 'removes';
  log: Logger;
}

interface Entry {
  /** SHA-256 of the JWT. */
  hash: Buffer;
  /** Unix seconds; 0 = never. */
  exp: number;
  /** Unix seconds. */
  used: number;
}

const SUFFIX = '.jwt';

/**
 * A folder of `<account>.jwt` files, as nats-server's full and cache resolvers keep them (server/dirstore.go): either program goes on with
 * what the other left. A file is believed when it is read: whoever takes it into use verifies it. What is damaged or expired stays where
 * it is and is not served.
 */
export async function openDirectory(
  options: DirectoryOptions,
): Promise<AccountStore & { expire(): Promise<string[]> }> {
  const { dir, limit, evicts, ttl, deletes, log } = options;
  const fileOf = (id: string): string => path.join(dir, `${id}${SUFFIX}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  /** In order of use, the latest last. */
  let entries = new Map<string, Entry>();
  /** One change of a file at a time: what is written last is what is indexed. */
  let changes: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = changes.then(work);
    changes = done.catch(() => {});
    return done;
  };

  const scan = async (): Promise<Map<string, Entry>> => {
    const found = new Map<string, Entry>();
    const ids: string[] = [];
    for (const name of await readdir(dir)) {
      if (name.endsWith(UNFINISHED)) await unlink(path.join(dir, name)).catch(() => {});
      const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
      if (isPublicKey(id, 'account')) ids.push(id);
    }
    const next = ids.values();
    const reader = async (): Promise<void> => {
      for (const id of next) {
        const token = await readToken(fileOf(id), log);
        if (token !== null) found.set(id, entryOf(token));
      }
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL_READS }, reader));
    return found;
  };
  entries = await scan();

  const isCurrent = ({ exp }: Entry, now: number): boolean => exp === 0 || exp > now;
  const touch = (id: string, entry: Entry): void => {
    entry.used = unixNow();
    entries.delete(id);
    entries.set(id, entry);
  };
  const remove = async (id: string, renames: boolean): Promise<void> => {
    entries.delete(id);
    const file = fileOf(id);
    await (renames ? rename(file, `${file}.deleted`) : unlink(file)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    await syncFolder(dir);
  };

  const checkDelete = (): void => {
    if (deletes !== 'never') return;
    throw new NatsctlError<BrokerErrorCode>('ERR_ACCOUNT_DELETE_DISABLED', 'delete must be enabled in server config', {
      hint: 'set allow_delete of the resolver',
    });
  };
  return {
    async read(id) {
      const entry = entries.get(id);
      if (entry === undefined) return null;
      const token = await readToken(fileOf(id), log);
      if (token === null) {
        entries.delete(id);
        return null;
      }
      touch(id, entry);
      return token;
    },
    keep: (id, token) =>
      inOrder(async () => {
        if (limit > 0 && entries.size >= limit && !entries.has(id)) {
          const [oldest] = entries.keys();
          if (!evicts || oldest === undefined) {
            throw new NatsctlError<BrokerErrorCode>('ERR_ACCOUNT_STORE_FULL', 'jwt store is full', {
              hint: 'raise limit of the resolver, or delete accounts',
            });
          }
          await remove(oldest, false);
        }
        await writeDurably(fileOf(id), token);
        touch(id, entryOf(token));
      }),
    drop: (id) =>
      inOrder(async () => {
        checkDelete();
        await remove(id, deletes === 'renames');
      }),
    checkDelete,
    ids: (now) => [...entries].filter(([, entry]) => isCurrent(entry, now)).map(([id]) => id),
    hash(now) {
      const all = Buffer.alloc(32);
      for (const entry of entries.values()) if (isCurrent(entry, now)) xorInto(all, entry.hash);
      return all;
    },
    rescan: () =>
      inOrder(async () => {
        const before = entries;
        entries = await scan();
        const changed = [...entries].filter(([id, { hash }]) => !before.get(id)?.hash.equals(hash)).map(([id]) => id);
        for (const id of before.keys()) if (!entries.has(id)) changed.push(id);
        return changed;
      }),
    expire: () =>
      inOrder(async () => {
        if (ttl === 0) return [];
        const oldest = unixNow() - ttl;
        const gone = [...entries].filter(([, { used }]) => used <= oldest).map(([id]) => id);
        for (const id of gone) await remove(id, false);
        return gone;
      }),
  };
}

/** Null for a file that is not there or cannot be a JWT, which is told. */
async function readToken(file: string, log: Logger): Promise<string | null> {
  try {
    const stat = await lstat(file);
    if (!stat.isFile()) throw new Error('no regular file');
    if (stat.size === 0 || stat.size > MAX_TOKEN_BYTES) throw new Error(`${stat.size} bytes`);
    const handle = await open(file, 'r');
    try {
      const token = (await handle.readFile('latin1')).trim();
      entryOf(token);
      return token;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') log.error({ file, code: codeOf(error) }, 'a damaged account JWT is left out');
    return null;
  }
}

/** Without a look at its signature: only what says whether it is worth sending. @throws for what has no claims */
function entryOf(token: string): Entry {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? Number(claims.exp) : 0;
  return { hash: createHash('sha256').update(token).digest(), exp: Number.isFinite(exp) ? exp : 0, used: unixNow() };
}
