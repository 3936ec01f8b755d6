import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { readAllCreds, readSnapshot } from '../store/snapshot.js';
import type { Workspace } from '../workspace.js';

export interface Expiration {
  kind: 'operator' | 'account' | 'user' | 'creds' | 'activation';
  /** Name; of a user `account/user`, of creds their file, of an activation `account: subject`. */
  entity: string;
  expires: number;
  state: 'expired' | 'soon' | 'later';
}

/** Whatever ends by itself, the first to end first; what never ends is left out. */
export async function listExpirations(workspace: Workspace, until: number): Promise<Expiration[]> {
  const { store, keystore, now } = workspace;
  const found: Expiration[] = [];
  const add = (kind: Expiration['kind'], entity: string, exp: number | undefined): void => {
    if (!exp) return;
    found.push({ kind, entity, expires: exp, state: exp < now ? 'expired' : exp <= until ? 'soon' : 'later' });
  };
  const snapshot = await readSnapshot(store);
  if (snapshot.operator) add('operator', snapshot.operator.name, snapshot.operator.jwt.claims.exp);
  for (const account of snapshot.accounts) {
    const { exp, nats } = account.jwt.claims;
    add('account', account.name, exp);
    for (const claim of nats.imports) {
      if (claim.token) add('activation', `${account.name}: ${claim.subject}`, activationExpiry(claim.token));
    }
    for (const { name, jwt } of account.users) add('user', `${account.name}/${name}`, jwt.claims.exp);
  }
  for (const { file, text } of await readAllCreds(keystore, store.name)) add('creds', file, credsExpiry(text));
  return found.sort((a, b) => a.expires - b.expires);
}

function activationExpiry(token: string): number | undefined {
  return orNothing(() => decodeAs('activation', token).claims.exp);
}

function credsExpiry(text: string): number | undefined {
  return orNothing(() => {
    const { token, seed } = parseCreds(text);
    seed.wipe();
    return decodeAs('user', token).claims.exp;
  });
}

/** What cannot be read has no expiry; `validate` says what is wrong with it. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return undefined;
  }
}
