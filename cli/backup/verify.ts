import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, OperatorClaims, UserClaims } from '../../claims/types.js';
import { accountKeys, operatorKeys } from '../store/references.js';
import { isCreds } from './collect.js';
import { damaged } from './errors.js';
import type { BackupRecord } from './records.js';

/** A backup of which every token, seed, name and creds text was checked. */
export interface VerifiedBackup {
  operators: Map<string, VerifiedOperator>;
  seeds: Seed[];
  context: { operator: string; account: string | null } | null;
  /** What is as it was, and not as it should be: an issuer that its operator or account does not know. */
  warnings: string[];
}

export interface VerifiedOperator {
  managed: boolean;
  token: string;
  claims: OperatorClaims;
  accounts: Map<
    string,
    { token: string; claims: AccountClaims; users: Map<string, { token: string; claims: UserClaims }> }
  >;
  bases: Map<string, string>;
  creds: { account: string; user: string; text: string }[];
}

/** @throws ERR_BACKUP_DAMAGED for the first thing that is not what it should be */
export function verifyBackup(file: string, records: readonly BackupRecord[]): VerifiedBackup {
  const backup: VerifiedBackup = { operators: new Map(), seeds: [], context: null, warnings: [] };
  for (const [index, record] of records.entries()) {
    try {
      take(backup, record);
    } catch (error) {
      if (!isNatsctlError(error) && !(error instanceof RangeError)) throw error;
      const name = 'name' in record ? ` ${record.name}` : '';
      throw damaged(file, `record ${index + 1}, ${record.kind}${name}: ${error.message}`, error);
    }
  }
  for (const [name, operator] of backup.operators) warnOfIssuers(name, operator, backup.warnings);
  return backup;
}

function take(backup: VerifiedBackup, record: BackupRecord): void {
  switch (record.kind) {
    case 'operator': {
      checkEntityName(record.name, 'operator');
      const { token, claims } = decodeAs('operator', record.token, { allowV1: true });
      once(backup.operators, record.name);
      const { managed } = record;
      backup.operators.set(record.name, { managed, token, claims, accounts: new Map(), bases: new Map(), creds: [] });
      return;
    }
    case 'account': {
      checkEntityName(record.name, 'account');
      const { accounts } = known(backup.operators, record.operator);
      const { token, claims } = decodeAs('account', record.token, { allowV1: true });
      once(accounts, record.name);
      accounts.set(record.name, { token, claims, users: new Map() });
      return;
    }
    case 'user': {
      checkEntityName(record.name, 'user');
      const { users } = known(known(backup.operators, record.operator).accounts, record.account);
      const { token, claims } = decodeAs('user', record.token, { allowV1: true });
      once(users, record.name);
      users.set(record.name, { token, claims });
      return;
    }
    case 'base': {
      const { bases } = known(backup.operators, record.operator);
      const { token, claims } = decodeAs('account', record.token, { allowV1: true });
      if (!isPublicKey(record.account, 'account') || claims.sub !== record.account)
        throw new RangeError('of another account');
      bases.set(record.account, token);
      return;
    }
    case 'seed':
      backup.seeds.push(Seed.parse(record.seed));
      return;
    case 'creds': {
      const { creds } = known(backup.operators, record.operator);
      checkEntityName(record.account, 'account');
      checkEntityName(record.user, 'user');
      if (!isCreds(record.text)) throw new RangeError('these are no creds');
      creds.push({ account: record.account, user: record.user, text: record.text });
      return;
    }
    case 'context':
      backup.context = { operator: record.operator, account: record.account };
  }
}

/** Two names that one file system would take for one are one. */
function once(map: Map<string, unknown>, name: string): void {
  const folded = (text: string) => text.normalize('NFC').toLowerCase();
  const names = foldedNames.get(map) ?? new Set<string>();
  foldedNames.set(map, names);
  if (names.has(folded(name))) throw new RangeError('it is there twice');
  names.add(folded(name));
}

const foldedNames = new WeakMap<Map<string, unknown>, Set<string>>();

function known<T>(map: Map<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new RangeError(`what it belongs to, ${name}, is not there`);
  return found;
}

function warnOfIssuers(name: string, { claims, accounts }: VerifiedOperator, warnings: string[]): void {
  const ofOperator = new Set(operatorKeys(claims));
  for (const [accountName, account] of accounts) {
    const { iss, sub } = account.claims;
    if (!ofOperator.has(iss) && iss !== sub) {
      warnings.push(`account ${accountName} is signed by ${iss}, which is no key of operator ${name}`);
    }
    const ofAccount = new Set(accountKeys(account.claims));
    for (const [userName, user] of account.users) {
      if (ofAccount.has(user.claims.iss)) continue;
      warnings.push(`user ${userName} is signed by ${user.claims.iss}, which is no key of account ${accountName}`);
    }
  }
}
