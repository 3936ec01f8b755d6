import { droppedRevocations } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { fetchAccount } from '../../resolver/http.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { readBase, removeBase, writeBase } from '../store/base.js';
import { renameCreds } from '../store/keystore.js';
import {
  addAccount,
  findAccount,
  findAccountByKey,
  isDamaged,
  listAccounts,
  readAccount,
  readOperator,
  renameAccount,
  type StoredAccount,
  setAsideDamaged,
  withoutDamaged,
  writeAccount,
} from '../store/store.js';
import { listUsers } from '../store/users.js';
import { changing, type Workspace } from '../workspace.js';
import { mapBounded } from './parallel.js';
import { type PulledOperator, pullOperator } from './pull-operator.js';
import { type Preference, reconcile } from './reconcile.js';
import { chooseService, mustAnswer, serviceFault } from './service-url.js';

export interface LearnedRevocation {
  /** User key or `*`. */
  user: string;
  /** Where this store has the user. */
  name: string | null;
  revokedAt: number;
}

export interface PullRow {
  account: string | null;
  name: string;
  /**
   * `kept`: there are local changes to push; `merged`: both had changed, and the result is to be pushed; `absent`: the service
   * does not hold it; `conflict` and `refused`: nothing was changed.
   */
  result: 'unchanged' | 'updated' | 'added' | 'merged' | 'kept' | 'absent' | 'conflict' | 'refused';
  /** Users revoked on the other side since. */
  revoked: LearnedRevocation[];
  conflicts?: { path: string; ours: unknown; theirs: unknown }[];
  code?: string;
  message?: string;
  hint?: string;
}

export interface PullReport {
  service: string;
  operator: PulledOperator;
  accounts: PullRow[];
}

export interface PullOptions {
  service?: string | undefined;
  /** Names or public keys; keys may be new to this store. None = every local account. */
  accounts?: string[] | undefined;
  prefer?: Preference;
}

/** Brings the service's tokens into the store. Each is verified against the operator's keys as known here before it counts. */
export async function pull(workspace: Workspace, options: PullOptions): Promise<PullReport> {
  const { store } = workspace;
  const service = chooseService(options.service, (await readOperator(store)).claims);
  const wanted = await wantedAccounts(workspace, options.accounts ?? []);
  await mustAnswer(service);
  const operator = await pullOperator(workspace, service);
  const fetched = await mapBounded(wanted, async (one) => ({ one, ...(await fetchOne(service, one.key)) }));
  // The network is done with; what was fetched is applied to what the store holds now.
  return changing(workspace, async () => {
    const trusted = trustOperators([(await readOperator(store)).claims]);
    const accounts: PullRow[] = [];
    for (const { one, held, problem } of fetched) {
      accounts.push(
        await orRefused(one, async () => {
          if (problem !== undefined) throw problem;
          return apply(workspace, one, held ?? null, trusted, options.prefer);
        }),
      );
    }
    return { service, operator, accounts };
  });
}

export function needsAttention(report: PullReport): boolean {
  return report.accounts.some((row) => row.result === 'conflict' || row.result === 'refused');
}

interface Wanted {
  /** Null where the local token cannot be read, so that its account is not known. */
  key: string | null;
  name: string | null;
}

async function wantedAccounts({ store }: Workspace, given: string[]): Promise<Wanted[]> {
  if (given.length === 0) {
    const accounts = await listAccounts(store);
    return accounts.map((one) => ({ key: isDamaged(one) ? null : one.jwt.claims.sub, name: one.name }));
  }
  return Promise.all(
    given.map(async (nameOrKey) => {
      if (!isPublicKey(nameOrKey, 'account')) {
        const account = await findAccount(store, nameOrKey);
        return { key: account.jwt.claims.sub, name: account.name };
      }
      return { key: nameOrKey, name: (await findAccountByKey(store, nameOrKey))?.name ?? null };
    }),
  );
}

async function fetchOne(service: string, key: string | null): Promise<{ held?: string | null; problem?: unknown }> {
  if (key === null) return {};
  try {
    return { held: (await fetchAccount(service, key))?.token ?? null };
  } catch (error) {
    return { problem: serviceFault(error) };
  }
}

async function orRefused(wanted: Wanted, run: () => Promise<PullRow>): Promise<PullRow> {
  try {
    return await run();
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return {
      account: wanted.key,
      name: wanted.name ?? wanted.key ?? '',
      result: 'refused',
      revoked: [],
      code: error.code,
      message: error.message,
      ...(error.hint && { hint: error.hint }),
    };
  }
}

async function apply(
  workspace: Workspace,
  { key, name }: Wanted,
  token: string | null,
  trusted: TrustedOperators,
  prefer: Preference,
): Promise<PullRow> {
  const { store } = workspace;
  // Reading it again says what is wrong with a damaged one.
  const local = name === null ? null : await readAccount(store, name);
  const account = key ?? (local as StoredAccount).jwt.claims.sub;
  if (token === null) return absent(workspace, account, name);
  const theirs = verified(workspace, account, token, trusted);
  if (local === null) {
    const row = { account, name: theirs.claims.name ?? account, revoked: [] };
    if (await setAsideDamaged(store, row.name)) {
      await writeAccount(store, row.name, theirs.token);
      await writeBase(store, account, theirs.token);
      return { ...row, result: 'updated', message: 'it was damaged here; what was left of it is in .natsctl/damaged' };
    }
    await addAccount(store, row.name, theirs.token);
    await writeBase(store, account, theirs.token);
    return { ...row, result: 'added' };
  }

  const base = await readBase(store, account);
  const ours = local.jwt;
  const row = { account, name: local.name, revoked: await learned(workspace, local, theirs.claims) };
  const reconciled = reconcile(base, ours, theirs, prefer);
  switch (reconciled.action) {
    case 'none':
      await writeBase(store, account, theirs.token);
      return { ...row, result: 'unchanged' };
    case 'keep': {
      await writeBase(store, account, theirs.token);
      const older = 'the service holds an older JWT than before: run `natsctl push` to bring it up to date';
      const message = reconciled.reason === 'older' ? older : 'there are local changes: run `natsctl push`';
      return { ...row, revoked: [], result: 'kept', message };
    }
    case 'take': {
      const filed = await file(workspace, local, theirs);
      await writeBase(store, account, theirs.token);
      return { ...row, name: filed, result: 'updated' };
    }
    case 'merge': {
      const operator = (await readOperator(store)).claims;
      const signer = await operatorSigner(workspace, operator, { previous: ours.claims.iss, own: ours });
      const after = Math.max(ours.claims.iat, theirs.claims.iat);
      const merged = await signChecked<AccountClaims>(reconciled.claims, signer, { now: workspace.now, after });
      const filed = await file(workspace, local, merged);
      await writeBase(store, account, theirs.token);
      return { ...row, name: filed, result: 'merged', message: 'both sides had changed: run `natsctl push`' };
    }
    case 'conflict': {
      const paths = reconciled.conflicts.map((one) => one.path);
      return {
        ...row,
        revoked: [],
        result: 'conflict',
        conflicts: reconciled.conflicts,
        code: 'ERR_PULL_CONFLICT',
        message: `changed here and there: ${paths.join(', ')}`,
        hint: 'decide with --ours or --theirs',
      };
    }
  }
}

async function absent({ store }: Workspace, account: string, name: string | null): Promise<PullRow> {
  if (name === null) {
    throw cliError('ERR_SERVICE_ANSWER', `the service holds no account ${account}`, {
      hint: 'check the key, and that this is the right service (--service)',
      details: { account },
    });
  }
  const row = { account, name, revoked: [], result: 'absent' as const };
  if ((await readBase(store, account)) === null) return { ...row, message: 'never pushed' };
  // So that the next push creates it there again.
  await removeBase(store, account);
  return { ...row, message: 'the service no longer holds it: run `natsctl push` to put it back' };
}

/** A service is not believed: the token must be of this account, signed by this operator, and within the rules. */
function verified(
  { now, store }: Workspace,
  account: string,
  token: string,
  trusted: TrustedOperators,
): Decoded<AccountClaims> {
  try {
    verifyAccount(token, trusted, { now, subject: account, allowExpired: true });
    return decodeAs('account', token);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw cliError(
      'ERR_PULL_UNTRUSTED',
      `what the service gave for ${account} is not to be trusted: ${error.message}`,
      {
        hint: `check that the service is the one of operator ${store.name}`,
        details: { account, code: error.code },
        cause: error,
      },
    );
  }
}

async function learned(
  { store }: Workspace,
  local: StoredAccount,
  theirs: AccountClaims,
): Promise<LearnedRevocation[]> {
  const fresh = droppedRevocations(theirs.nats.revocations, local.jwt.claims.nats.revocations);
  if (fresh.length === 0) return [];
  const users = withoutDamaged(await listUsers(store, local.name));
  return fresh.map(({ user, at }) => ({
    user,
    name: users.find((one) => one.jwt.claims.sub === user)?.name ?? null,
    revokedAt: at,
  }));
}

/** Writes the account's token; where its name was changed on the other side, under that name. @returns its name here */
async function file(workspace: Workspace, local: StoredAccount, jwt: Decoded<AccountClaims>): Promise<string> {
  const { store, keystore } = workspace;
  const renamed = jwt.claims.name;
  if (renamed === undefined || renamed === local.jwt.claims.name || renamed === local.name) {
    await writeAccount(store, local.name, jwt.token);
    return local.name;
  }
  await renameAccount(store, local.name, renamed, jwt.token);
  await renameCreds(keystore, store.name, local.name, renamed);
  return renamed;
}
