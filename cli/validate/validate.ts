import { accountOfUser } from '../../claims/trust/user.js';
import type { Decoded, OperatorClaims, UserClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import {
  type AccountEntry,
  credsFolders,
  readCredsOf,
  readSnapshot,
  realmOf,
  type Snapshot,
} from '../store/snapshot.js';
import { findAccount, isDamaged } from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { RemoteOptions } from '../sync/remote-options.js';
import { readTokens } from '../token/read.js';
import type { Workspace } from '../workspace.js';
import type { AccountCheck } from './account-check.js';
import { checkAccountEntry, checkOperatorEntry, checkUnusedExports } from './account-rules.js';
import { checkAccounts } from './check-pool.js';
import { checkDrift, checkPushed } from './drift.js';
import { collectFindings, type Finding, type Findings, isFailing } from './finding.js';
import { addOrphan, checkOperatorKeys } from './keystore-rules.js';
import { checkUserEntry, checkUsersTogether } from './user-rules.js';

export interface ValidateOptions extends RemoteOptions {
  /** Names or public keys; empty = all. The others are still looked at for what these import. */
  accounts: string[];
  /** Ask the service or the servers what they hold. */
  drift: boolean;
}

export interface ValidateReport {
  /** No blocking and no time issue. */
  ok: boolean;
  checked: { accounts: number; users: number };
  counts: Record<Finding['level'], number>;
  findings: Finding[];
}

/** Everything that can be found wrong with the store, its keystore and, where asked for, the service. */
export async function validateStore(workspace: Workspace, options: ValidateOptions): Promise<ValidateReport> {
  const { store, now } = workspace;
  const chosen = new Set<string>();
  for (const each of options.accounts) chosen.add((await findAccount(store, each)).name);
  const snapshot = await readSnapshot(store, { users: false });
  const entities = chosen.size > 0 ? chosen : new Set(snapshot.accounts.map(({ name }) => name));
  const checks = await checkEach(workspace, snapshot, entities);
  const findings = collectFindings();
  for (const { kind, entity, problem } of snapshot.damaged) {
    if (kind !== 'operator' && chosen.size > 0 && !chosen.has(entity)) continue;
    addDamaged(kind, entity, problem.message, findings);
    if (kind === 'account') await addDamagedUsers(workspace, entity, findings);
  }
  for (const { damaged } of checks.values()) {
    for (const { entity, message } of damaged) addDamaged('user', entity, message, findings);
  }
  const realm = realmOf(snapshot, now);
  checkOperatorEntry(snapshot, now, findings);
  for (const account of snapshot.accounts) {
    const check = checks.get(account.name);
    if (check === undefined) continue;
    checkAccountEntry(account, snapshot, realm, findings);
    findings.list.push(...check.ofUsers);
  }
  checkUnusedExports(snapshot, entities, findings);
  if (!store.managed) checkOperatorKeys(workspace.keystore, snapshot, findings);
  for (const { ofKeystore } of checks.values()) findings.list.push(...ofKeystore);
  if (entities.size === snapshot.accounts.length) await addOtherCreds(workspace, snapshot, findings);
  if (options.drift) await checkDrift(workspace, snapshot, entities, options, findings);
  else await checkPushed(workspace, snapshot, entities, findings);
  const users = [...checks.values()].reduce((sum, check) => sum + check.users, 0);
  return report(findings, { accounts: entities.size, users });
}

async function checkEach(workspace: Workspace, snapshot: Snapshot, entities: ReadonlySet<string>) {
  const { store, keystore, paths, now } = workspace;
  const { cacheDir } = paths;
  const operator = snapshot.operator?.jwt.claims.nats;
  const strict = operator?.strict_signing_key_usage === true;
  const accounts = snapshot.accounts.filter(({ name }) => entities.has(name));
  const checks = await checkAccounts(
    { store, keystore, cacheDir, strict, systemAccount: operator?.system_account, now },
    accounts,
  );
  return new Map(accounts.map(({ name }, at) => [name, checks[at] as AccountCheck]));
}

function addDamaged(kind: 'operator' | 'account' | 'user', entity: string, message: string, findings: Findings): void {
  findings.add('ERR_TOKEN_DAMAGED', { kind, entity }, message, 'restore it from a backup or `natsctl pull`');
}

/** Of an account that cannot be read itself. */
async function addDamagedUsers({ store }: Workspace, account: string, findings: Findings): Promise<void> {
  for (const user of await listUsers(store, account)) {
    if (isDamaged(user)) addDamaged('user', `${account}/${user.name}`, user.problem.message, findings);
  }
}

/** Creds of accounts that are not in the store; where some accounts are looked at only, they are not asked about. */
async function addOtherCreds({ store, keystore }: Workspace, snapshot: Snapshot, findings: Findings): Promise<void> {
  const known = new Set(snapshot.accounts.map(({ name }) => name));
  for (const account of await credsFolders(keystore, store.name)) {
    if (known.has(account)) continue;
    for (const creds of await readCredsOf(keystore, store.name, account)) addOrphan(creds, findings);
  }
}

/** Tokens of a file or stdin, one a line: each alone, and what they say of each other. */
export async function validateFile(source: string, now: number): Promise<ValidateReport> {
  const findings = collectFindings();
  const snapshot: Snapshot = { operator: null, accounts: [], damaged: [] };
  const users: Decoded<UserClaims>[] = [];
  for (const { jwt } of await readTokens(source)) {
    const name = jwt.claims.name || jwt.claims.sub;
    if (jwt.kind === 'operator') snapshot.operator = { name, jwt: jwt as Decoded<OperatorClaims> };
    else if (jwt.kind === 'account') snapshot.accounts.push({ name, jwt: jwt as AccountEntry['jwt'], users: [] });
    else if (jwt.kind === 'user') users.push(jwt as Decoded<UserClaims>);
    else {
      const kind = jwt.kind === 'activation' ? 'activation' : 'token';
      findings.addIssues({ kind, entity: name }, validate(jwt.claims, now));
    }
  }
  for (const jwt of users) {
    const name = jwt.claims.name || jwt.claims.sub;
    const account = snapshot.accounts.find((each) => each.jwt.claims.sub === accountOfUser(jwt));
    if (account) account.users.push({ name, jwt });
    else findings.addIssues({ kind: 'user', entity: name }, validate(jwt.claims, now));
  }
  checkSnapshot(snapshot, new Set(snapshot.accounts.map(({ name }) => name)), now, findings);
  return report(findings, { accounts: snapshot.accounts.length, users: users.length });
}

/** @returns how many users were looked at */
function checkSnapshot(snapshot: Snapshot, entities: ReadonlySet<string>, now: number, findings: Findings): number {
  const realm = realmOf(snapshot, now);
  const operator = snapshot.operator?.jwt.claims.nats;
  const strict = operator?.strict_signing_key_usage === true;
  let users = 0;
  checkOperatorEntry(snapshot, now, findings);
  for (const account of snapshot.accounts) {
    if (!entities.has(account.name)) continue;
    checkAccountEntry(account, snapshot, realm, findings);
    const context = { account, strict, now };
    for (const user of account.users) checkUserEntry(user, context, findings);
    checkUsersTogether(context, account.jwt.claims.sub === operator?.system_account, findings);
    users += account.users.length;
  }
  checkUnusedExports(snapshot, entities, findings);
  return users;
}

const ORDER = ['error', 'time', 'warning', 'note'] as const;

function report({ list }: Findings, checked: ValidateReport['checked']): ValidateReport {
  const findings = [...list].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  const counts = { error: 0, time: 0, warning: 0, note: 0 };
  for (const { level } of list) counts[level]++;
  return { ok: !list.some(isFailing), checked, counts, findings };
}
