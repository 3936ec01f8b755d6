/** What the store has and the file has not: left alone, or deleted. */

import { accountSigners } from '../../claims/trust/operators.js';
import type { OperatorClaims } from '../../claims/types.js';
import type { AccountEntry } from '../store/snapshot.js';
import type { Plan, PlannedAccount, PlannedUser, Planning } from './plan.js';
import type { PlannedAccounts } from './plan-accounts.js';
import { scopeOf } from './plan-users.js';

type Deletion = PlannedAccount | PlannedUser;

export function planOthers(
  planning: Planning,
  { wanted, operator: { before } }: PlannedAccounts,
  operator: OperatorClaims,
): { deletions: Deletion[]; leftAlone: Plan['leftAlone'] } {
  const { identified, prune, force, problem, warn } = planning;
  const deletions: Deletion[] = [];
  const leftAlone: Plan['leftAlone'] = [];
  const shutOut = (entity: string, issuer: string) => {
    const message = `it is not in the file, and is signed by ${issuer}, which may not sign it any more`;
    if (force) warn(`${entity}: ${message}`);
    else
      problem(
        'ERR_SIGNING_KEY_USED',
        entity,
        `${message}: put it into the file to have it signed anew, or give --force`,
      );
  };
  const signersBefore = before === null ? [] : accountSigners(before);
  const signers = accountSigners(operator);
  const strict = operator.nats.strict_signing_key_usage === true;
  const wasStrict = before?.nats.strict_signing_key_usage === true;

  for (const account of identified.others) {
    const { claims } = account.jwt;
    if (prune) {
      if (operator.nats.system_account === claims.sub) {
        problem('ERR_ACCOUNT_IN_USE', `account ${account.name}`, 'it is the system account, and is not in the file');
      }
      deletions.push(
        ...account.users.map((user) => userDeletion(account, account.name, user.name)),
        accountDeletion(account),
      );
      continue;
    }
    leftAlone.push({ kind: 'account', name: account.name, account: null });
    if (signersBefore.includes(claims.iss) && !signers.includes(claims.iss))
      shutOut(`account ${account.name}`, claims.iss);
    for (const { name, jwt } of account.users) {
      const { iss } = jwt.claims;
      if (scopeOf(claims, wasStrict, iss) !== undefined && scopeOf(claims, strict, iss) === undefined) {
        shutOut(`user ${account.name}/${name}`, iss);
      }
    }
  }
  for (const { identified: account, claims } of wanted.values()) {
    const { current } = account;
    if (current === null) continue;
    const taken = new Set(account.users.map((one) => one.current?.name));
    for (const { name, jwt } of current.users) {
      if (taken.has(name)) continue;
      if (prune) {
        deletions.push(userDeletion(current, account.name, name));
        continue;
      }
      leftAlone.push({ kind: 'user', name, account: account.name });
      const { iss } = jwt.claims;
      if (scopeOf(current.jwt.claims, wasStrict, iss) !== undefined && scopeOf(claims, strict, iss) === undefined) {
        shutOut(`user ${account.name}/${name}`, iss);
      }
    }
  }
  return { deletions, leftAlone };
}

function accountDeletion({ name, jwt }: AccountEntry): PlannedAccount {
  return {
    kind: 'account',
    action: 'delete',
    name,
    renamedFrom: null,
    key: jwt.claims.sub,
    signer: null,
    before: jwt.claims,
    wanted: null,
    differences: [],
  };
}

function userDeletion(account: AccountEntry, accountName: string, name: string): PlannedUser {
  const claims = account.users.find((one) => one.name === name)?.jwt.claims ?? null;
  return {
    kind: 'user',
    action: 'delete',
    name,
    account: accountName,
    accountFrom: account.name,
    renamedFrom: null,
    key: claims?.sub ?? '',
    signer: null,
    before: claims,
    wanted: null,
    differences: [],
    after: 0,
  };
}
