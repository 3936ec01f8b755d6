import { isPublicKey } from '../../claims/keys/nkey.js';
import { storedKeys } from '../keys/stored.js';
import { readAllCreds, type Snapshot } from '../store/snapshot.js';
import type { Workspace } from '../workspace.js';
import type { Findings, Subject } from './finding.js';

/** What the keystore lacks, and what in it is no longer what the store says. */
export async function checkKeystore(
  { keystore, store }: Workspace,
  snapshot: Snapshot,
  entities: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  const held = await storedKeys(keystore);
  const creds = await readAllCreds(keystore, store.name);
  if (!store.managed) checkOperatorKeys(snapshot, held, findings);
  const strict = snapshot.operator?.jwt.claims.nats.strict_signing_key_usage === true;
  const tokens = new Map<string, string>();
  const withCreds = new Set(creds.map(({ account, user }) => `${account}/${user}`));
  for (const account of snapshot.accounts) {
    for (const { name, jwt } of account.users) tokens.set(`${account.name}/${name}`, jwt.token);
    if (!entities.has(account.name)) continue;
    const { sub, nats } = account.jwt.claims;
    const at: Subject = { kind: 'account', entity: account.name };
    const plain = [...(strict ? [] : [sub]), ...[...nats.signing_keys].flatMap(([key, scope]) => (scope ? [] : [key]))];
    if (plain.length > 0 && !plain.some((key) => held.has(key))) {
      const message = 'none of its private keys is in the keystore, so no plain user can be made here';
      findings.add('ERR_KEY_NOT_HELD', at, message, 'natsctl keys import DIR, with one of its keys');
    }
    for (const [key, scope] of nats.signing_keys) {
      if (scope === null || held.has(key)) continue;
      const message = `the private key of its role ${JSON.stringify(scope.role)} is not in the keystore`;
      findings.add(
        'ERR_KEY_NOT_HELD',
        at,
        message,
        `natsctl keys import DIR, with ${key}`,
        `/nats/signing_keys/${key}`,
      );
    }
    for (const { name, jwt } of account.users) {
      const entity = `${account.name}/${name}`;
      if (held.has(jwt.claims.sub) || withCreds.has(entity)) continue;
      const message = 'neither its private key nor its creds are in the keystore';
      findings.add('ERR_USER_KEY_NOT_HELD', { kind: 'user', entity }, message, 'nothing, if the user keeps the key');
    }
  }
  const limited = entities.size < snapshot.accounts.length;
  for (const { account, user, file, text } of creds) {
    // Where some accounts are looked at only, what is of none of them is not asked about.
    if (!entities.has(account) && (limited || snapshot.accounts.some(({ name }) => name === account))) continue;
    const entity = `${account}/${user}`;
    const token = tokens.get(entity);
    const at: Subject = { kind: 'user', entity };
    if (token === undefined) {
      const message = `${file} is of no user in the store; it may still let someone in`;
      findings.add('ERR_CREDS_ORPHANED', at, message, 'revoke its key if it is not wanted, then delete the file');
    } else if (!text.includes(token)) {
      const message = `${file} holds another JWT than the store`;
      const hint = `natsctl user creds ${user} --account ${account} --output ${file} --force`;
      findings.add('ERR_CREDS_STALE', at, message, hint);
    }
  }
}

function checkOperatorKeys({ operator }: Snapshot, held: ReadonlySet<string>, findings: Findings): void {
  if (operator === null) return;
  const { sub, nats } = operator.jwt.claims;
  const at: Subject = { kind: 'operator', entity: operator.name };
  const strict = nats.strict_signing_key_usage === true;
  const signing = [...(strict ? [] : [sub]), ...nats.signing_keys].filter((key) => isPublicKey(key));
  if (signing.some((key) => held.has(key))) return;
  const message = 'none of its private keys that may sign accounts is in the keystore';
  findings.add('ERR_KEY_NOT_HELD', at, message, 'natsctl keys import DIR, with one of its keys');
}
