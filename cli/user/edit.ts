import { isRevoked } from '../../claims/account/revocation.js';
import { lintUser } from '../../claims/lint/user.js';
import type { UserClaims, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { type Change, type ChangeOptions, changeUser } from '../change/change.js';
import { editTags, hasEdits, type ListEdit } from '../change/list.js';
import { editValidity, type ValidityEdit } from '../change/validity.js';
import { cliError, usageError } from '../errors.js';
import { openedLists } from '../permission/edit.js';
import { exists } from '../store/atomic.js';
import { credsFile, keepsCreds } from '../store/keystore.js';
import type { Workspace } from '../workspace.js';
import { editLimits, type LimitEdit } from './limits.js';

export interface UserEdit extends ValidityEdit {
  limits: LimitEdit;
  tags: ListEdit;
}

export interface EditedUser extends Change<UserClaims> {
  name: string;
  account: string;
  role: string | null;
  /** Path of the creds file, where there is one. */
  creds: string | null;
  warnings: string[];
}

export async function editUser(
  workspace: Workspace,
  wanted: { user: string; account?: string | undefined },
  edit: UserEdit,
  options: ChangeOptions = {},
): Promise<EditedUser> {
  if (!hasEdits(edit) && options.key === undefined) throw usageError('nothing to edit is given', 'see --help');
  let names = { name: '', account: '', role: null as string | null };
  let scopeOfSigner: UserScope | null = null;
  const warnings: string[] = [];
  const change = await changeUser(workspace, wanted, options, (claims, { name, account, accountClaims, scope }) => {
    names = { name, account, role: scope?.role ?? null };
    scopeOfSigner = scope;
    if (scope && hasEdits(edit.limits)) throw scopedPermissions(scope.role);
    const nats = editTags(editLimits(claims.nats, edit.limits), edit.tags);
    const edited = editValidity({ ...claims, nats }, edit);
    const bearer = scope ? scope.template.bearer_token : nats.bearer_token;
    if (bearer && accountClaims.nats.limits.disallow_bearer) throw bearerDisallowed(account, scope);
    if (!scope) warnings.push(...openedLists(claims.nats, nats));
    if (scope) warnings.push(...validateScopedUser(edited, accountClaims, scope).map(({ message }) => message));
    if (isRevoked(accountClaims.nats.revocations, claims.sub, claims.iat)) {
      warnings.push(`user ${name} was revoked with everyone; its new JWT is valid again`);
    }
    return edited;
  });
  const lintsOf = (claims: UserClaims) => lintUser(claims, { scope: scopeOfSigner }).map(({ message }) => message);
  const known = new Set(lintsOf(change.before));
  warnings.push(...lintsOf(change.after).filter((message) => !known.has(message)));
  const creds = credsFile(workspace.keystore, workspace.store.name, names.account, names.name);
  // Where none are kept, one that is left is of before.
  const isThere = (await keepsCreds(workspace.keystore)) && (await exists(creds));
  return { ...change, ...names, creds: isThere ? creds : null, warnings };
}

/** A user of a scoped key may hold nothing of its own: servers refuse it (jwt v2 `ValidateScopedSigner`). */
export function scopedPermissions(role: string): Error {
  return cliError(
    'ERR_SCOPED_PERMISSIONS',
    `the role ${role} says what its users may do; they can hold nothing of their own`,
    {
      hint: 'leave the flags of permissions and limits out, change the role, or sign with another key',
      details: { role },
    },
  );
}

export function bearerDisallowed(account: string, scope: UserScope | null): Error {
  return cliError('ERR_BEARER_DISALLOWED', `account ${account} allows no bearer tokens`, {
    hint: scope ? 'sign with another key or role' : 'leave --bearer out, or take it away with --no-bearer',
  });
}
