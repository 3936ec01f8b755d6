import { isRevoked } from '../../claims/account/revocation.js';
import { allowsEverything } from '../../claims/lint/permission.js';
import { lintUser } from '../../claims/lint/user.js';
import { effectivePermissions } from '../../claims/permission/defaults.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { UserClaims } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { validate } from '../../claims/validate/validate.js';
import type { AccountEntry, NamedJwt } from '../store/snapshot.js';
import type { Findings, Subject } from './finding.js';

export interface UserContext {
  account: AccountEntry;
  /** The operator demands signing keys. */
  strict: boolean;
  now: number;
}

export function checkUserEntry(user: NamedJwt<UserClaims>, context: UserContext, findings: Findings): void {
  const { account, strict, now } = context;
  const { claims } = user.jwt;
  const owner = account.jwt.claims;
  const at: Subject = { kind: 'user', entity: `${account.name}/${user.name}` };
  const again = `issue it again: natsctl user edit ${user.name} --account ${account.name}`;
  findings.addIssues(at, validate(claims, now));
  const named = claims.nats.issuer_account ?? claims.iss;
  const scope = scopeOfKey(claims.iss, { claims: owner, strict });
  if (named !== owner.sub) {
    findings.add('ERR_USER_ISSUER', at, `it is a user of account ${named}, not of this one`, 'move its file', '/iss');
  } else if (scope === undefined) {
    const why =
      claims.iss === owner.sub
        ? 'it is signed by the identity key of the account, where the operator demands signing keys'
        : `it is signed by ${claims.iss}, which is no key of the account (any more)`;
    findings.add('ERR_USER_ISSUER', at, why, again, '/iss');
  } else if (scope !== null) {
    findings.addIssues(at, validateScopedUser(claims, owner, scope));
  } else {
    if (claims.iss === owner.sub && [...owner.nats.signing_keys.values()].includes(null)) {
      const why = 'it is signed by the identity key of the account, though that has signing keys';
      findings.add('ERR_WEAK_IDENTITY_KEY', at, why, again, '/iss');
    }
  }
  // That somebody may do everything is said once, of the account.
  const lints = lintUser(claims, { scope: scope ?? null, length: user.jwt.token.length });
  findings.addLints(
    at,
    lints.filter(({ code }) => code !== 'ERR_WEAK_EVERYTHING_ALLOWED'),
  );
  const bearer = scope ? scope.template.bearer_token : claims.nats.bearer_token;
  if (bearer === true && owner.nats.limits.disallow_bearer) {
    findings.add('ERR_USER_BEARER', at, 'it is a bearer token, which its account does not allow', again);
  }
  if (isRevoked(owner.nats.revocations, claims.sub, claims.iat)) {
    findings.add('ERR_USER_REVOKED', at, 'it is revoked: no server lets it in', `${again}, or delete it`);
  }
}

/** What holds for many users at once is said once, of their account. */
export function checkUsersTogether(context: UserContext, system: boolean, findings: Findings): void {
  const { account, strict } = context;
  const at: Subject = { kind: 'account', entity: account.name };
  const owner = account.jwt.claims;
  const users = account.users.map(({ name, jwt }) => {
    const scope = scopeOfKey(jwt.claims.iss, { claims: owner, strict }) ?? null;
    const own = scope === null ? jwt.claims.nats : scope.template;
    return { name, claims: jwt.claims, permissions: effectivePermissions(own, owner.nats.default_permissions) };
  });
  const forever = users.filter(({ claims }) => !claims.exp);
  if (forever.length > 0) {
    const message = `${shown(forever)} of its ${users.length} users never expire${forever.length === 1 ? 's' : ''}`;
    findings.add('ERR_WEAK_NO_EXPIRY', at, message, 'natsctl user edit NAME --expiry 90d, for those that can renew it');
  }
  // Whoever is in the system account is meant to reach all of it.
  const open = system ? [] : users.filter(({ permissions }) => allowsEverything(permissions));
  if (open.length > 0) {
    const message = `${shown(open)} of its ${users.length} users may publish and subscribe to everything in it`;
    const hint = `give the account default permissions: natsctl account edit ${account.name} --allow-pub ... --allow-sub ...`;
    findings.add('ERR_WEAK_EVERYTHING_ALLOWED', at, message, hint, '/nats/default_permissions');
  }
  const byKey = new Map<string, string>();
  for (const { name, claims } of users) {
    const other = byKey.get(claims.sub);
    if (other === undefined) byKey.set(claims.sub, name);
    else {
      const message = `${other} has the same key, so revoking one revokes both`;
      const hint = 'give one of them a key of its own';
      findings.add('ERR_USER_KEY_TWICE', { kind: 'user', entity: `${account.name}/${name}` }, message, hint, '/sub');
    }
  }
}

function shown(users: { name: string }[]): string {
  const names = users.slice(0, 3).map(({ name }) => name);
  return users.length > 3 ? `${users.length} (${names.join(', ')}, ...)` : `${users.length} (${names.join(', ')})`;
}
