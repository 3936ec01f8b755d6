import { decodeAs } from '../../claims/jwt/decode.js';
import type { StoredAccount } from '../store/store.js';

/** An import of another account of this store, whose activation the key signed: it ends with the key. */
export interface SignedActivation {
  account: string;
  subject: string;
}

export function activationsSignedBy(accounts: StoredAccount[], key: string): SignedActivation[] {
  return accounts.flatMap(({ name, jwt }) =>
    jwt.claims.nats.imports
      .filter(({ token }) => activationSigner(token) === key)
      .map(({ subject }) => ({ account: name, subject })),
  );
}

/** Null where it is no activation that can be read: `validate` tells of those. */
export function activationSigner(token: string | undefined): string | null {
  if (token === undefined) return null;
  try {
    return decodeAs('activation', token).claims.iss;
  } catch {
    return null;
  }
}
