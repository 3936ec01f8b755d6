import { existsSync } from 'node:fs';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { keyFile } from '../store/keystore.js';
import type { AccountEntry, Snapshot, StoredCreds } from '../store/snapshot.js';
import type { Findings, Subject } from './finding.js';

/** The private keys of an account and its users that are not in the keystore. */
export function checkAccountKeys(
  keystore: string,
  account: AccountEntry,
  strict: boolean,
  creds: readonly StoredCreds[],
  findings: Findings,
): void {
  const { sub, nats } = account.jwt.claims;
  const at: Subject = { kind: 'account', entity: account.name };
  const plain = [...(strict ? [] : [sub]), ...[...nats.signing_keys].flatMap(([key, scope]) => (scope ? [] : [key]))];
  if (plain.length > 0 && !plain.some((key) => isHeld(keystore, key))) {
    const message = 'none of its private keys is in the keystore, so no plain user can be made here';
    findings.add('ERR_KEY_NOT_HELD', at, message, 'natsctl keys import DIR, with one of its keys');
  }
  for (const [key, scope] of nats.signing_keys) {
    if (scope === null || isHeld(keystore, key)) continue;
    const message = `the private key of its role ${JSON.stringify(scope.role)} is not in the keystore`;
    findings.add('ERR_KEY_NOT_HELD', at, message, `natsctl keys import DIR, with ${key}`, `/nats/signing_keys/${key}`);
  }
  const withCreds = new Set(creds.map(({ user }) => user));
  for (const { name, jwt } of account.users) {
    if (withCreds.has(name) || isHeld(keystore, jwt.claims.sub)) continue;
    const message = 'neither its private key nor its creds are in the keystore';
    const hint = 'nothing, if the user keeps the key';
    findings.add('ERR_USER_KEY_NOT_HELD', { kind: 'user', entity: `${account.name}/${name}` }, message, hint);
  }
}

/** Creds that are no longer what the store says. */
export function checkAccountCreds(account: AccountEntry, creds: readonly StoredCreds[], findings: Findings): void {
  const tokens = new Map(account.users.map(({ name, jwt }) => [name, jwt.token]));
  for (const each of creds) {
    const token = tokens.get(each.user);
    if (token === undefined) addOrphan(each, findings);
    else if (!each.text.includes(token)) {
      const { user, file } = each;
      const message = `${file} holds another JWT than the store`;
      const hint = `natsctl user creds ${user} --account ${account.name} --output ${file} --force`;
      findings.add('ERR_CREDS_STALE', { kind: 'user', entity: `${account.name}/${user}` }, message, hint);
    }
  }
}

/** Creds of no user here. */
export function addOrphan({ account, user, file }: StoredCreds, findings: Findings): void {
  const message = `${file} is of no user in the store; it may still let someone in`;
  const hint = 'revoke its key if it is not wanted, then delete the file';
  findings.add('ERR_CREDS_ORPHANED', { kind: 'user', entity: `${account}/${user}` }, message, hint);
}

/** By the name of its file; no seed is read. */
function isHeld(keystore: string, key: string): boolean {
  return isPublicKey(key) && existsSync(keyFile(keystore, key));
}

export function checkOperatorKeys(keystore: string, { operator }: Snapshot, findings: Findings): void {
  if (operator === null) return;
  const { sub, nats } = operator.jwt.claims;
  const at: Subject = { kind: 'operator', entity: operator.name };
  const strict = nats.strict_signing_key_usage === true;
  const signing = [...(strict ? [] : [sub]), ...nats.signing_keys].filter((key) => isPublicKey(key));
  if (signing.some((key) => isHeld(keystore, key))) return;
  const message = 'none of its private keys that may sign accounts is in the keystore';
  findings.add('ERR_KEY_NOT_HELD', at, message, 'natsctl keys import DIR, with one of its keys');
}
