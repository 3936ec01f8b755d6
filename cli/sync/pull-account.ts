import { droppedRevocations } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { checkEntityName } from '../../claims/names.js';
import { verifyAccount } from '../../claims/trust/account.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { differences } from '../change/difference.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { readBase, readGoneToken, setGone, writeBase } from '../store/base.js';
import { renameCreds } from '../store/keystore.js';
import {
  addAccount,
  readAccount,
  readOperator,
  refuseTakenAccount,
  refuseTakenAccountBut,
  renameAccount,
  type StoredAccount,
  setAsideDamaged,
  withoutDamaged,
  writeAccount,
} from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { Workspace } from '../workspace.js';
import type { LearnedRevocation, PullOptions, PullRow } from './pull-row.js';
import { reconcile } from './reconcile.js';

export interface Wanted {
  /** Null where the local token cannot be read, so that its account is not known. */
  key: string | null;
  name: string | null;
}

/** What a pull needs to know of all accounts alike. */
export interface Pulling extends Pick<PullOptions, 'prefer' | 'force' | 'dryRun'> {
  trusted: TrustedOperators;
  /** `the service` or `the servers`. */
  where: string;
}

/** Applies what is held of one account to what the store holds now. @param token as it came; null = it is not there */
export async function pullAccount(
  workspace: Workspace,
  { key, name }: Wanted,
  token: string | null,
  pulling: Pulling,
): Promise<PullRow> {
  const { store } = workspace;
  // Reading it again says what is wrong with a damaged one.
  const local = name === null ? null : await readAccount(store, name);
  const account = key ?? (local as StoredAccount).jwt.claims.sub;
  if (token === null) return absent(workspace, account, name, pulling);
  const theirs = verified(workspace, account, token, pulling);
  return local === null ? added(workspace, theirs, pulling) : joined(workspace, local, theirs, pulling);
}

async function added(
  workspace: Workspace,
  theirs: Decoded<AccountClaims>,
  { dryRun = false }: Pulling,
): Promise<PullRow> {
  const { store } = workspace;
  const { claims } = theirs;
  const wanted = claims.name ?? claims.sub;
  const row = { account: claims.sub, name: wanted, revoked: [] };
  const preview = dryRun ? { differences: differences('account', null, claims) } : {};
  if (!dryRun && (await setAsideDamaged(store, wanted))) {
    await writeAccount(store, wanted, theirs.token);
    await writeBase(store, claims.sub, theirs.token);
    return { ...row, result: 'updated', message: 'it was damaged here; what was left of it is in .natsctl/damaged' };
  }
  // Two accounts may have one name: each has its own folder here, and neither is written over.
  const free = await freeName(wanted, (name) => refuseTakenAccount(store, name), claims.sub);
  if (!dryRun) {
    await addAccount(store, free, theirs.token);
    await writeBase(store, claims.sub, theirs.token);
  }
  const message = free === wanted ? {} : { message: `another account is named ${wanted} here: it is filed as ${free}` };
  return { ...row, name: free, result: 'added', ...preview, ...message };
}

async function joined(
  workspace: Workspace,
  local: StoredAccount,
  theirs: Decoded<AccountClaims>,
  { prefer, force = false, dryRun = false, where }: Pulling,
): Promise<PullRow> {
  const { store } = workspace;
  const ours = local.jwt;
  const account = ours.claims.sub;
  const base = await readBase(store, account);
  const row = { account, name: local.name, revoked: await learned(workspace, local, theirs.claims) };
  const preview = (after: AccountClaims) => (dryRun ? { differences: differences('account', ours.claims, after) } : {});
  const seen = async () => {
    if (!dryRun && base?.token !== theirs.token) await writeBase(store, account, theirs.token);
  };
  const reconciled =
    force && ours.token !== theirs.token ? { action: 'take' as const } : reconcile(base, ours, theirs, prefer);
  switch (reconciled.action) {
    case 'none':
      await seen();
      return { ...row, result: 'unchanged' };
    case 'keep': {
      await seen();
      const older = `${where} an older JWT than before: run \`natsctl push\` to bring it up to date`;
      const message = reconciled.reason === 'older' ? older : 'there are local changes: run `natsctl push`';
      return { ...row, revoked: [], result: 'kept', message };
    }
    case 'take': {
      const lost = droppedRevocations(ours.claims.nats.revocations, theirs.claims.nats.revocations);
      const message =
        lost.length === 0
          ? {}
          : {
              message: `revoked here${force ? ' only' : ''}, and now no longer: ${lost.map((one) => one.user).join(', ')}`,
            };
      const filed = dryRun ? { name: local.name } : await file(workspace, local, theirs);
      await seen();
      return { ...row, ...message, ...filed, result: 'updated', ...preview(theirs.claims) };
    }
    case 'merge': {
      const message = 'both sides had changed: run `natsctl push`';
      if (dryRun) return { ...row, result: 'merged', message, ...preview(reconciled.claims as AccountClaims) };
      const operator = (await readOperator(store)).claims;
      const signer = await operatorSigner(workspace, operator, { previous: ours.claims.iss, own: ours });
      const after = Math.max(ours.claims.iat, theirs.claims.iat);
      const merged = await signChecked<AccountClaims>(reconciled.claims, signer, { now: workspace.now, after });
      const filed = await file(workspace, local, merged);
      await seen();
      return { ...row, message, ...filed, result: 'merged' };
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

async function absent(
  { store }: Workspace,
  account: string,
  name: string | null,
  { dryRun = false, where }: Pulling,
): Promise<PullRow> {
  if (name === null) {
    throw cliError('ERR_SERVICE_ANSWER', `${where} no account ${account}`, {
      hint: 'check the key, and that this is the right address (--service)',
      details: { account },
    });
  }
  const row = { account, name, revoked: [], result: 'absent' as const };
  const known = (await readBase(store, account)) !== null;
  if (!known && (await readGoneToken(store, account)) === null) return { ...row, message: 'never pushed' };
  // So that the next push creates it there again, and a prune finds it.
  if (known && !dryRun) await setGone(store, account);
  return {
    ...row,
    message: `${where} it no longer: run \`natsctl push\` to put it back, or \`natsctl pull --prune\` to remove it here`,
  };
}

/** Nobody is believed: the token must be of this account, signed by this operator, and within the rules. */
function verified(
  { now, store }: Workspace,
  account: string,
  token: string,
  { trusted, where }: Pulling,
): Decoded<AccountClaims> {
  try {
    verifyAccount(token, trusted, { now, subject: account, allowExpired: true });
    return decodeAs('account', token);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw cliError('ERR_PULL_UNTRUSTED', `${where} for ${account} what is not to be trusted: ${error.message}`, {
      hint: `check that it is that of operator ${store.name}`,
      details: { account, code: error.code },
      cause: error,
    });
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

/** Writes the account's token; where its name was changed on the other side, under that name if it is free here. */
async function file(
  workspace: Workspace,
  local: StoredAccount,
  jwt: Decoded<AccountClaims>,
): Promise<{ name: string; message?: string }> {
  const { store, keystore } = workspace;
  const renamed = jwt.claims.name;
  if (renamed === undefined || renamed === local.jwt.claims.name || renamed === local.name) {
    await writeAccount(store, local.name, jwt.token);
    return { name: local.name };
  }
  try {
    await refuseTakenAccountBut(store, local.name, renamed);
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_ACCOUNT_NAME_TAKEN', 'ERR_NAME_INVALID')) throw error;
    await writeAccount(store, local.name, jwt.token);
    return {
      name: local.name,
      message: `it is named ${renamed} there, which cannot be used here: it stays ${local.name}`,
    };
  }
  await renameAccount(store, local.name, renamed, jwt.token);
  await renameCreds(keystore, store.name, local.name, renamed);
  return { name: renamed };
}

/** The name, or with a part of the key behind it where it is taken. */
async function freeName(wanted: string, refuse: (name: string) => Promise<void>, key: string): Promise<string> {
  checkEntityName(wanted, 'account');
  try {
    await refuse(wanted);
    return wanted;
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_ACCOUNT_NAME_TAKEN')) throw error;
    const own = `${wanted}-${key.slice(0, 8)}`;
    await refuse(own);
    return own;
  }
}
