import type { AccountClaims, Decoded, OperatorClaims } from '../../claims/types.js';
import { type Batch, commitBatch, type EntityChange, newBatch, putAccount, putUser } from '../change/batch.js';
import { cliError } from '../errors.js';
import { shellWord } from '../output/shell-word.js';
import { refuseDroppedRevocations } from '../revocation/refuse-dropped.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { findSeed } from '../store/keystore.js';
import { accountKeys } from '../store/references.js';
import { findAccountByKey, listAccountNames, readAccount, readOperator, refuseTakenAccount } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import type { MigrationSource, MovingAccount } from './source.js';

export interface Migrated {
  from: string;
  operator: string;
  accounts: { name: string; publicKey: string; issuer: string; users: number; replaced: boolean }[];
  skipped: { account: string; reason: string }[];
  changes: EntityChange[];
  warnings: string[];
  changed: boolean;
  dryRun: boolean;
}

/**
 * Puts accounts of another operator under this one: signed by it, with their users as they are and creds for those whose seeds
 * are here. Where they come from nothing changes.
 */
export function migrate(
  workspace: Workspace,
  source: MigrationSource,
  wanted: { force: boolean; key?: string | undefined; dryRun?: boolean | undefined },
): Promise<Migrated> {
  return changing(workspace, async () => {
    const operator = (await readOperator(workspace.store)).claims;
    const batch = newBatch();
    const accounts: Migrated['accounts'] = [];
    for (const account of source.accounts) {
      refuseStrict(workspace, operator, account);
      const before = await replacedAccount(workspace, account, wanted.force);
      const jwt = await signedBy(workspace, operator, account, before, wanted.key);
      putAccount(batch, workspace.store, account.name, before, jwt);
      await putUsers(batch, workspace, account);
      accounts.push({
        name: account.name,
        publicKey: jwt.claims.sub,
        issuer: jwt.claims.iss,
        users: account.users.length,
        replaced: before !== null,
      });
    }
    await commitBatch(workspace, batch, { dryRun: wanted.dryRun });
    return {
      from: source.from,
      operator: workspace.store.name,
      accounts,
      skipped: source.skipped,
      changes: batch.changes,
      warnings: await warningsOf(workspace, source.accounts),
      changed: batch.changes.length > 0,
      dryRun: wanted.dryRun === true,
    };
  });
}

/** A name is that of one account: with `force` the same account is replaced, never another one. */
async function replacedAccount(
  { store }: Workspace,
  { name, jwt }: MovingAccount,
  force: boolean,
): Promise<AccountClaims | null> {
  const { sub } = jwt.claims;
  const sameKey = await findAccountByKey(store, sub);
  if (sameKey && sameKey.name !== name) {
    throw cliError('ERR_ACCOUNT_EXISTS', `account ${name} is here already, by the name ${sameKey.name}`, {
      hint: `rename it first: \`natsctl account rename ${shellWord(sameKey.name)} ${shellWord(name)}\``,
      details: { account: sub },
    });
  }
  if (!(await listAccountNames(store)).includes(name)) {
    await refuseTakenAccount(store, name);
    return null;
  }
  const held = (await readAccount(store, name)).jwt.claims;
  if (held.sub !== sub) await refuseTakenAccount(store, name);
  if (force) {
    refuseDroppedRevocations(name, held, jwt.claims);
    return held;
  }
  throw cliError('ERR_ACCOUNT_EXISTS', `account ${name} is under operator ${store.name} already`, {
    hint: 'add --force to replace it by the one that is migrated',
    details: { account: sub },
  });
}

async function signedBy(
  workspace: Workspace,
  operator: OperatorClaims,
  { name, jwt }: MovingAccount,
  before: AccountClaims | null,
  key: string | undefined,
): Promise<Decoded<AccountClaims>> {
  const { keystore, now } = workspace;
  const { claims } = jwt;
  const held = await Promise.all(accountKeys(claims).map((one) => findSeed(keystore, one)));
  if (!held.some(Boolean)) {
    throw cliError('ERR_SIGNER_MISSING', `no private key of account ${name} is in the keystore ${keystore}`, {
      hint: `whoever migrates an account must own it: import one of ${accountKeys(claims).join(', ')}`,
      details: { account: claims.sub },
    });
  }
  const signer = await operatorSigner(workspace, operator, { key, own: { claims } });
  const after = Math.max(claims.iat, before?.iat ?? 0);
  return signChecked<AccountClaims>({ ...claims, name }, signer, { now, after });
}

async function putUsers(batch: Batch, workspace: Workspace, { name, users }: MovingAccount): Promise<void> {
  for (const user of users) {
    await putUser(batch, workspace, { account: name, user: user.name }, null, user.jwt);
  }
}

/** A strict operator's servers refuse users that an account's identity signed. */
function refuseStrict({ store }: Workspace, operator: OperatorClaims, { name, jwt, users }: MovingAccount): void {
  if (operator.nats.strict_signing_key_usage !== true) return;
  const signed = users.filter((user) => user.jwt.claims.iss === jwt.claims.sub).map((user) => user.name);
  if (signed.length === 0) return;
  throw cliError(
    'ERR_IDENTITY_KEY_USED',
    `operator ${store.name} requires signing keys, and the identity key of account ${name} signed: ${signed.join(', ')}`,
    {
      hint: 'sign them with a signing key where they are: `natsctl user edit NAME -a ACCOUNT -K A...`',
      details: { account: name, users: signed },
    },
  );
}

/** Imports of accounts that servers of this operator do not know. */
async function warningsOf({ store }: Workspace, accounts: MovingAccount[]): Promise<string[]> {
  const moved = new Set(accounts.map(({ jwt }) => jwt.claims.sub));
  const warnings: string[] = [];
  for (const { name, jwt } of accounts) {
    for (const { account, subject } of jwt.claims.nats.imports) {
      if (moved.has(account) || (await findAccountByKey(store, account))) continue;
      warnings.push(`account ${name} imports ${subject} of ${account}, which is not under operator ${store.name}`);
    }
  }
  return warnings;
}
