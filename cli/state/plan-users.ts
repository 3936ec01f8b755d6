import { isNatsctlError } from '../../claims/errors.js';
import { newScopedUser, newUser } from '../../claims/jwt/new.js';
import type { AccountClaims, UserClaims, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { validate } from '../../claims/validate/validate.js';
import { differencesByEntry } from '../change/difference.js';
import { afterRevocations, refuseRevokedKey, refuseRevokedUser } from '../user/revoked.js';
import type { IdentifiedUser } from './identify.js';
import type { PlannedUser, Planning } from './plan.js';
import type { PlannedAccounts, WantedAccount } from './plan-accounts.js';
import { preferring, refuseIssues, whole } from './plan-operator.js';
import { userClaims } from './to-claims.js';

/** An account of the users being planned, as it is to be and as it was. */
interface Owner {
  account: WantedAccount;
  claims: AccountClaims;
  before: AccountClaims | null;
  strict: boolean;
  wasStrict: boolean;
  /** Keys of roles, by the role's name. */
  roles: Map<string, string[]>;
}

export async function planUsers(planning: Planning, accounts: PlannedAccounts): Promise<PlannedUser[]> {
  const { before, after } = accounts.operator;
  const changes: PlannedUser[] = [];
  for (const account of accounts.wanted.values()) {
    const roles = new Map<string, string[]>();
    for (const [key, scope] of account.claims.nats.signing_keys) {
      if (scope !== null) roles.set(scope.role, [...(roles.get(scope.role) ?? []), key]);
    }
    const owner: Owner = {
      account,
      claims: whole<AccountClaims>(account.claims, after.sub),
      before: account.identified.current?.jwt.claims ?? null,
      strict: after.nats.strict_signing_key_usage === true,
      wasStrict: before?.nats.strict_signing_key_usage === true,
      roles,
    };
    for (const user of account.identified.users) {
      const change = await planUser(planning, owner, user);
      if (change !== null) changes.push(change);
    }
  }
  return changes;
}

/** The scope of a key that may sign users, null for a plain one, undefined where it may not. */
export function scopeOf(
  account: Pick<AccountClaims, 'sub' | 'nats'>,
  strict: boolean,
  key: string,
): UserScope | null | undefined {
  return key === account.sub && !strict ? null : account.nats.signing_keys.get(key);
}

interface Choice {
  /** In this order, the first that is held signs. */
  keys: string[];
  /** The JWT that is there is to be signed by another key. */
  anew: boolean;
}

function chooseSigner({ problem }: Planning, owner: Owner, user: IdentifiedUser, entity: string): Choice | null {
  const { claims, strict } = owner;
  const previous = user.current?.jwt.claims.iss;
  const { role, signer } = user.draft;
  if (role !== undefined || signer !== undefined) {
    const keys = signer !== undefined ? [signer] : (owner.roles.get(role as string) ?? []);
    const known = keys.filter((key) => scopeOf(claims, strict, key) !== undefined);
    if (known.length === 0) {
      const roles = [...owner.roles.keys()].filter((one) => one !== '').join(', ') || 'none';
      const what = signer !== undefined ? `the signer ${signer} is no key of its account` : `there is no role ${role}`;
      problem('ERR_STATE_REFERENCE', entity, `${what}; roles of the account: ${roles}`);
      return null;
    }
    return { keys: preferring(previous, known), anew: previous !== undefined && !known.includes(previous) };
  }
  const plain = [...claims.nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
  const keys = [...plain, ...(strict ? [] : [claims.sub])];
  return { keys: preferring(previous, keys), anew: previous !== undefined && !keys.includes(previous) };
}

/** A user whose key was taken out of the account before is shut out, and an unrelated change does not let it in. */
function isLost({ before, wasStrict }: Owner, { current, draft }: IdentifiedUser): boolean {
  if (current === null || before === null || draft.role !== undefined || draft.signer !== undefined) return false;
  return scopeOf(before, wasStrict, current.jwt.claims.iss) === undefined;
}

async function planUser(planning: Planning, owner: Owner, user: IdentifiedUser): Promise<PlannedUser | null> {
  const { keyring, problem, warn } = planning;
  const { claims, strict } = owner;
  const { name: accountName, current: accountNow } = owner.account.identified;
  const { name, key, current } = user;
  const entity = `user ${accountName}/${name}`;
  const before = current?.jwt.claims ?? null;
  const choice = chooseSigner(planning, owner, user, entity);
  if (choice === null) return null;
  const { keys, anew } = choice;
  const ask = (signer: string) =>
    userClaims(user, { account: claims.sub, signer, scope: scopeOf(claims, strict, signer) ?? null });
  const differing = (signer: string) => {
    const asked = ask(signer);
    // An identity key may have signed for the account it is: that is not for the file to say.
    if (before !== null && signer === before.iss && before.nats.issuer_account !== undefined) {
      asked.nats.issuer_account = before.nats.issuer_account;
    }
    const scope = scopeOf(claims, strict, signer);
    const blank = scope
      ? newScopedUser(key, name, claims.sub)
      : newUser(key, name, signer === claims.sub ? {} : { issuerAccount: claims.sub });
    return {
      wanted: asked,
      found: differencesByEntry('user', before ?? whole<UserClaims>(blank, ''), whole<UserClaims>(asked, '')),
    };
  };
  const lost = isLost(owner, user);
  const first = differing(lost ? (before?.iss as string) : (keys[0] ?? claims.sub));
  const renamedFrom = current !== null && current.name !== name ? current.name : null;
  if (before !== null && first.found.length === 0 && renamedFrom === null) {
    if (lost) warn(`${entity} is signed by ${before.iss}, which is no key of its account any more: it stays shut out`);
    else if (!anew) checkHeld(planning, owner, user, entity);
    if (lost || !anew) return null;
  }
  if (lost) {
    problem(
      'ERR_SIGNER_UNTRUSTED',
      entity,
      `it is signed by ${before?.iss}, which is no key of its account any more: name its role or signer in the file`,
    );
    return null;
  }
  const signer = (await keyring.signer(keys))?.publicKey ?? null;
  if (signer === null) {
    const which =
      keys.length === 0
        ? 'its account has no key that may sign it: write `signingKeys: [generate]`'
        : `no private key that may sign it is in the keystore: ${keys.join(', ')}`;
    problem('ERR_SIGNER_MISSING', entity, which);
  }
  const { wanted, found } = signer === null ? first : differing(signer);
  if (before !== null && anew && signer !== null) found.unshift({ path: '/iss', before: before.iss, after: signer });
  checkUser(planning, owner, { entity, before, wanted: whole<UserClaims>(wanted, signer ?? claims.sub), key });
  return {
    kind: 'user',
    action: before === null ? 'create' : 'change',
    name,
    account: accountName,
    accountFrom: accountNow?.name ?? accountName,
    renamedFrom,
    key,
    signer,
    before,
    wanted,
    differences: found,
    after: afterRevocations(claims, before?.iat),
  };

  function checkHeld(planning: Planning, owner: Owner, user: IdentifiedUser, entity: string): void {
    if (!owner.account.changed || user.current === null) return;
    const held = user.current.jwt.claims;
    const scope = scopeOf(claims, strict, held.iss);
    const scopeBefore = owner.before?.nats.signing_keys.get(held.iss);
    if (scope && JSON.stringify(scope) !== JSON.stringify(scopeBefore)) {
      refuseIssues(planning, entity, validateScopedUser(held, claims, scope));
    }
    refuseBearer(owner, held, entity, planning, owner.before?.nats.limits.disallow_bearer === true);
  }
}

function checkUser(
  planning: Planning,
  owner: Owner,
  { entity, before, wanted, key }: { entity: string; before: UserClaims | null; wanted: UserClaims; key: string },
): void {
  const { claims, strict, account } = owner;
  refuseIssues(planning, entity, validate(wanted, planning.now));
  const scope = scopeOf(claims, strict, wanted.iss);
  if (scope) refuseIssues(planning, entity, validateScopedUser(wanted, claims, scope));
  refuseBearer(owner, wanted, entity, planning, false);
  try {
    if (before === null) refuseRevokedKey(claims, account.identified.name, key, planning.now);
    else refuseRevokedUser(claims, account.identified.name, before, planning.now);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    planning.problem(error.code, entity, error.message);
  }
}

function refuseBearer(
  { claims, strict }: Owner,
  user: UserClaims,
  entity: string,
  { problem }: Planning,
  wasSo: boolean,
): void {
  if (!claims.nats.limits.disallow_bearer || wasSo) return;
  const limits = scopeOf(claims, strict, user.iss)?.template ?? user.nats;
  if (limits.bearer_token)
    problem('ERR_BEARER_DISALLOWED', entity, 'it is a bearer user, which its account does not allow');
}
