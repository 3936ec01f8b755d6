import { noLimits } from '../../claims/jwt/new.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, UserPermissionLimits, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { validate } from '../../claims/validate/validate.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import { hasEdits } from '../change/list.js';
import { type ChangeResult, changeResult } from '../change/show.js';
import { cliError, usageError } from '../errors.js';
import { shellWord } from '../output/shell-word.js';
import { openedLists } from '../permission/edit.js';
import { givenKey } from '../signer.js';
import { holdsSeed, keyFile } from '../store/keystore.js';
import { listAccounts, withoutDamaged } from '../store/store.js';
import { listUsers, type StoredUser } from '../store/users.js';
import { bearerDisallowed } from '../user/edit.js';
import { editLimits, type LimitEdit } from '../user/limits.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { activationsSignedBy, type SignedActivation } from './signed-activations.js';

export interface AccountSigningKey {
  key: string;
  role: string | null;
  description: string;
  /** Whether its private half is in this keystore. */
  stored: boolean;
  /** Names of the users it signed. */
  users: string[];
  /** What users of the role may do. */
  template: UserPermissionLimits | null;
}

export async function listAccountSigningKeys(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const users = withoutDamaged(await listUsers(workspace.store, account.name));
  const described = async (key: string, scope: UserScope | null): Promise<AccountSigningKey> => ({
    key,
    role: scope?.role ?? null,
    description: scope?.description ?? '',
    stored: await holdsSeed(workspace.keystore, key),
    users: signedBy(users, key).map(({ name }) => name),
    template: scope?.template ?? null,
  });
  return {
    account: account.name,
    identity: await described(claims.sub, null),
    signingKeys: await Promise.all([...claims.nats.signing_keys].map(([key, scope]) => described(key, scope))),
  };
}

export interface RoleEdit {
  /** Makes the key a role's, or gives the role another name. */
  role?: string | undefined;
  description?: string | undefined;
  /** Of the template. */
  limits: LimitEdit;
}

export interface ChangedSigningKey extends ChangeResult {
  account: string;
  key: string;
  role: string | null;
  /** File of the private key, where it is (or would be) kept here. */
  file: string | null;
  warnings: string[];
}

/** @param given a public key, seed or file; undefined to make one */
export async function addAccountSigningKey(
  workspace: Workspace,
  nameOrKey: string | undefined,
  wanted: RoleEdit & { key?: string | undefined },
  options: ChangeOptions = {},
): Promise<ChangedSigningKey> {
  const { key: given, ...edit } = wanted;
  if (edit.role === undefined && hasEdits(edit)) {
    throw usageError('--role is missing', 'what a key gives its users belongs to a role');
  }
  const { publicKey, seed } = await givenKey(given, 'account');
  let account = '';
  const change = await changeAccount(workspace, nameOrKey, { ...options, seeds: [seed] }, (claims, { name }) => {
    account = name;
    if (publicKey === claims.sub || claims.nats.signing_keys.has(publicKey)) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${publicKey} is a key of account ${name} already`, {
        hint: 'change it with `natsctl account signing-key edit`',
        details: { key: publicKey },
      });
    }
    const scope = edit.role === undefined ? null : editScope(name, claims, newScope(publicKey), edit);
    return checked(workspace, withKey(claims, publicKey, scope), publicKey);
  });
  const role = edit.role ?? null;
  const file = await keptIn(workspace, publicKey, seed !== null);
  return { account, key: publicKey, role, file, ...changeResult(change), warnings: [] };
}

export async function editAccountSigningKey(
  workspace: Workspace,
  nameOrKey: string | undefined,
  keyOrRole: string,
  edit: RoleEdit,
  options: ChangeOptions = {},
): Promise<ChangedSigningKey> {
  if (!hasEdits(edit)) throw usageError('nothing to edit is given', 'see --help');
  let named = { account: '', key: '', role: null as string | null };
  let warnings: string[] = [];
  const change = await changeAccount(workspace, nameOrKey, options, async (claims, { name }) => {
    const { key, scope } = findSigningKey(claims, name, keyOrRole);
    const users = signedBy(withoutDamaged(await listUsers(workspace.store, name)), key);
    if (scope === null) refusePlain(name, key, users, edit);
    const edited = editScope(name, claims, scope ?? newScope(key), edit);
    named = { account: name, key, role: edited.role };
    const account = checked(workspace, withKey(claims, key, edited), key);
    warnings = [
      ...(scope ? openedLists(scope.template, edited.template) : []),
      ...users.flatMap((user) =>
        validateScopedUser(user.jwt.claims, account, edited).map(({ message }) => `user ${user.name}: ${message}`),
      ),
    ];
    return account;
  });
  return { ...named, file: await keptIn(workspace, named.key, false), ...changeResult(change), warnings };
}

export interface RemovedAccountKey extends ChangeResult {
  account: string;
  key: string;
  role: string | null;
  /** Users it signed, who cannot connect any more once the account is pushed. */
  users: string[];
  /** Imports of accounts of this store whose activations it signed, which end then too. */
  activations: SignedActivation[];
}

/** @param wanted.force also where it signed users or activations */
export async function removeAccountSigningKey(
  workspace: Workspace,
  nameOrKey: string | undefined,
  wanted: { key: string; force: boolean },
  options: ChangeOptions = {},
): Promise<RemovedAccountKey> {
  let removed = {
    account: '',
    key: '',
    role: null as string | null,
    users: [] as string[],
    activations: [] as SignedActivation[],
  };
  const change = await changeAccount(workspace, nameOrKey, options, async (claims, { name }) => {
    const { key, scope } = findSigningKey(claims, name, wanted.key);
    const users = signedBy(withoutDamaged(await listUsers(workspace.store, name)), key).map((user) => user.name);
    const activations = activationsSignedBy(withoutDamaged(await listAccounts(workspace.store)), key);
    removed = { account: name, key, role: scope?.role ?? null, users, activations };
    if (users.length + activations.length > 0 && !wanted.force) {
      const signed = [
        ...(users.length > 0 ? [`users ${users.join(', ')}`] : []),
        ...activations.map((one) => `the activation of ${one.subject} for account ${one.account}`),
      ];
      throw cliError('ERR_SIGNING_KEY_USED', `${wanted.key} of account ${name} signed ${signed.join(', ')}`, {
        hint: 'replace it with `natsctl account signing-key rotate`, or add --force to shut them out',
        details: { key, users, activations },
      });
    }
    const signing_keys = new Map([...claims.nats.signing_keys].filter(([one]) => one !== key));
    return { ...claims, nats: { ...claims.nats, signing_keys } };
  });
  return { ...removed, ...changeResult(change) };
}

/** By public key, or by role where one key has it. */
export function findSigningKey(
  claims: AccountClaims,
  account: string,
  keyOrRole: string,
): { key: string; scope: UserScope | null } {
  const keys = claims.nats.signing_keys;
  const scope = keys.get(keyOrRole);
  if (scope !== undefined) return { key: keyOrRole, scope };
  const ofRole = [...keys].filter(([, one]) => one?.role === keyOrRole);
  const [first] = ofRole;
  if (first && ofRole.length === 1) return { key: first[0], scope: first[1] };
  const known = [...keys].map(([key, one]) => (one?.role ? `${one.role} (${key})` : key));
  throw cliError(
    'ERR_SIGNING_KEY_UNKNOWN',
    first
      ? `several signing keys of account ${account} have the role ${keyOrRole}`
      : `account ${account} has no signing key ${keyOrRole}`,
    {
      hint: first
        ? `name one by its key: ${ofRole.map(([key]) => key).join(', ')}`
        : `it has: ${known.join(', ') || 'none'}`,
      details: { account, key: keyOrRole },
    },
  );
}

export function withKey(claims: AccountClaims, key: string, scope: UserScope | null): AccountClaims {
  return { ...claims, nats: { ...claims.nats, signing_keys: new Map([...claims.nats.signing_keys, [key, scope]]) } };
}

export function signedBy(users: StoredUser[], key: string): StoredUser[] {
  return users.filter(({ jwt }) => jwt.claims.iss === key);
}

function newScope(key: string): UserScope {
  return { kind: 'user_scope', key, role: '', template: noLimits(), description: '' };
}

function editScope(account: string, claims: AccountClaims, scope: UserScope, edit: RoleEdit): UserScope {
  const role = edit.role ?? scope.role;
  if (role !== scope.role) refuseTakenRole(account, claims, role);
  const template = editLimits(scope.template, edit.limits);
  const edited = { ...scope, role, template, description: edit.description ?? scope.description };
  if (template.bearer_token && claims.nats.limits.disallow_bearer) throw bearerDisallowed(account, null);
  return edited;
}

/** nsc lets keys share a role and takes the first it finds; whoever signs with a role must know which one. */
function refuseTakenRole(account: string, claims: AccountClaims, role: string): void {
  checkEntityName(role, 'role');
  if (isPublicKey(role)) throw usageError('--role is a public key', 'give the role a name');
  if (![...claims.nats.signing_keys.values()].some((scope) => scope?.role === role)) return;
  throw cliError('ERR_ROLE_TAKEN', `account ${account} has a role ${role} already`, {
    hint: `change it with \`natsctl account signing-key edit ${shellWord(role)}\`, or choose another name`,
    details: { account, role },
  });
}

/** Users of a plain key hold permissions of their own, which users of a role may not. */
function refusePlain(account: string, key: string, users: StoredUser[], edit: RoleEdit): void {
  if (edit.role === undefined) {
    throw usageError(`${key} is a plain signing key: it gives its users nothing`, 'add --role to make it a role’s');
  }
  if (users.length === 0) return;
  const names = users.map(({ name }) => name);
  throw cliError('ERR_SIGNING_KEY_USED', `${key} signed users of account ${account}: ${names.join(', ')}`, {
    hint: 'make a new key for the role with `natsctl account signing-key add --role`',
    details: { key, users: names },
  });
}

/** What is wrong with a template is no fault of the account to a server, but of the role to whoever makes it. */
function checked({ now }: Workspace, claims: AccountClaims, key: string): AccountClaims {
  const [fault, ...more] = validate(claims, now).filter(
    ({ code, path }) => code === 'ERR_ACCOUNT_SCOPE_TEMPLATE' && path.startsWith(`/nats/signing_keys/${key}/`),
  );
  if (!fault) return claims;
  throw cliError('ERR_CLAIMS_INVALID', `users would be refused: ${fault.message}`, {
    details: { issues: [fault, ...more] },
  });
}

async function keptIn({ keystore }: Workspace, key: string, given: boolean): Promise<string | null> {
  return given || (await holdsSeed(keystore, key)) ? keyFile(keystore, key) : null;
}
