import { decodePublicKey, isPublicKey, type KeyKind } from '../../claims/keys/nkey.js';
import type { Snapshot } from '../store/snapshot.js';
import { storedKeys } from './stored.js';

/** What a key is to an entity. */
export interface Reference {
  operator: string;
  entity: 'operator' | 'account' | 'user';
  /** Name; of a user `account/user`. */
  name: string;
  as: 'identity key' | 'signing key' | 'role' | 'auth callout key' | 'auth callout user';
  /** Name of the role. */
  role?: string;
}

export interface ListedKey {
  key: string;
  kind: KeyKind;
  /** Its seed is in the keystore. */
  stored: boolean;
  /** Empty: orphaned, no operator of this store root has a use for it. */
  references: Reference[];
}

/** Every key the operators know, and every key in the keystore, with what refers to what. */
export async function listKeys(operators: readonly Snapshot[], keystore: string): Promise<ListedKey[]> {
  const stored = await storedKeys(keystore);
  const keys = new Map<string, Reference[]>();
  for (const key of stored) keys.set(key, []);
  const refer = (key: string, reference: Reference): void => {
    if (!isPublicKey(key)) return;
    keys.set(key, [...(keys.get(key) ?? []), reference]);
  };
  for (const snapshot of operators) collect(snapshot, refer);
  return [...keys]
    .map(([key, references]) => ({ key, kind: decodePublicKey(key).kind, stored: stored.has(key), references }))
    .sort((a, b) => order(a) - order(b) || compare(sortName(a), sortName(b)) || compare(a.key, b.key));
}

function collect({ operator, accounts }: Snapshot, refer: (key: string, reference: Reference) => void): void {
  if (operator === null) return;
  const under = operator.name;
  const { claims } = operator.jwt;
  const ofOperator = { operator: under, entity: 'operator' as const, name: under };
  refer(claims.sub, { ...ofOperator, as: 'identity key' });
  for (const key of claims.nats.signing_keys) refer(key, { ...ofOperator, as: 'signing key' });
  for (const { name, jwt, users } of accounts) {
    const { sub, nats } = jwt.claims;
    const ofAccount = { operator: under, entity: 'account' as const, name };
    refer(sub, { ...ofAccount, as: 'identity key' });
    for (const [key, scope] of nats.signing_keys) {
      refer(key, scope === null ? { ...ofAccount, as: 'signing key' } : { ...ofAccount, as: 'role', role: scope.role });
    }
    if (nats.authorization.xkey) refer(nats.authorization.xkey, { ...ofAccount, as: 'auth callout key' });
    for (const key of nats.authorization.auth_users) refer(key, { ...ofAccount, as: 'auth callout user' });
    for (const user of users) {
      const named = { operator: under, entity: 'user' as const, name: `${name}/${user.name}` };
      refer(user.jwt.claims.sub, { ...named, as: 'identity key' });
    }
  }
}

const KINDS: KeyKind[] = ['operator', 'account', 'user', 'curve', 'server', 'cluster'];

function order({ kind }: ListedKey): number {
  return KINDS.indexOf(kind);
}

/** Orphans last. */
function sortName({ references }: ListedKey): string {
  const [first] = references;
  return first === undefined ? '\uffff' : `${first.operator}/${first.name} ${first.as}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
