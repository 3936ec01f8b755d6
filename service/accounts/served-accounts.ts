import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { Store } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { findAccount } from './find-account.js';

/** An account as the resolver gives it out: read from the database and verified. */
export interface ServedAccount {
  readonly key: string;
  /** Whose account it is. */
  readonly operator: string;
  readonly jwt: string;
  readonly jti: string;
  /** The jti as a header has it. */
  readonly etag: string;
  /** Unix seconds; 0 = never. */
  readonly exp: number;
}

export interface ServedAccounts {
  /**
   * Now, where the account is in memory. Else from the database.
   *
   * @throws ERR_ACCOUNT_UNKNOWN, ERR_KEY_*, ERR_DATABASE for one that is damaged
   */
  get(id: string): ServedAccount | Promise<ServedAccount>;
}

/**
 * Asked for since it was last looked at: then it is kept for another round ("second chance"). To put it at the end of the Map with every GET
 * has the Map made anew all the time, and that is garbage of the kind that stops everything while it is collected.
 */
interface Kept {
  readonly account: ServedAccount;
  asked: boolean;
}

/** Bytes of JWTs kept, some 20,000 ordinary accounts: the others are a query away. */
const MAX_BYTES = 32 * 1024 * 1024;
/** What an entry costs beside its JWT. */
const ENTRY_BYTES = 512;

/**
 * The accounts asked for last, kept in memory. An account leaves it when a transaction that wrote it ends, before that change is
 * acknowledged: nobody who heard of a revocation gets the JWT from before it.
 */
export function serveAccounts(store: Store, maxBytes = MAX_BYTES): ServedAccounts {
  // In the order in which they came, or were given a second chance: a Map gives its keys as they were put in.
  const kept = new Map<string, Kept>();
  const loading = new Map<string, Promise<ServedAccount>>();
  let bytes = 0;

  const drop = (key: string) => {
    const entry = kept.get(key);
    if (entry === undefined) return;
    kept.delete(key);
    bytes -= sizeOf(entry.account);
  };
  const again = (key: string, entry: Kept) => {
    entry.asked = false;
    kept.delete(key);
    kept.set(key, entry);
  };
  const keep = (account: ServedAccount) => {
    drop(account.key);
    kept.set(account.key, { account, asked: false });
    bytes += sizeOf(account);
    for (const [oldest, entry] of kept) {
      if (bytes <= maxBytes) break;
      if (entry.asked) again(oldest, entry);
      else drop(oldest);
    }
  };
  const load = (key: string): Promise<ServedAccount> => {
    const one = read(store, key)
      .then((account) => {
        // One that changed while it was read may be the version from before.
        if (loading.get(key) === one) keep(account);
        return account;
      })
      .finally(() => {
        if (loading.get(key) === one) loading.delete(key);
      });
    loading.set(key, one);
    return one;
  };

  store.onChanged((key) => {
    loading.delete(key);
    drop(key);
  });
  return {
    get(id) {
      const entry = kept.get(id);
      if (entry !== undefined) {
        entry.asked = true;
        return entry.account;
      }
      const key = decodePublicKey(id, 'account').text;
      return loading.get(key) ?? load(key);
    },
  };
}

async function read(store: Store, key: string): Promise<ServedAccount> {
  const row = await findAccount(store.db, key);
  const { claims, token } = readStored('account', row);
  return { key, operator: row.operatorKey, jwt: token, jti: row.jti, etag: `"${row.jti}"`, exp: claims.exp ?? 0 };
}

function sizeOf({ jwt }: ServedAccount): number {
  return jwt.length + ENTRY_BYTES;
}
