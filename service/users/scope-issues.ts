import type { Unsigned } from '../../claims/jwt/encode.js';
import type { AccountClaims, UserClaims, UserScope } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';

/**
 * Why a role cannot be given to a user. The role gives all permissions and limits, so a server refuses a user that has some of
 * its own (nats-io/jwt, `HasEmptyPermissions`): each of them is named.
 */
export function scopeIssues(user: Unsigned<UserClaims>, account: AccountClaims, scope: UserScope): Issue[] {
  const own = Object.entries(givenOf(user)).filter(([, value]) => isGiven(value));
  const issues = validateScopedUser(user, account, scope).filter(({ code }) => code !== NOT_EMPTY);
  return [
    ...own.map(([field]): Issue => {
      const message = `the role ${JSON.stringify(scope.role)} gives permissions and limits; a user of it has none of its own`;
      return { code: NOT_EMPTY, level: 'error', path: `/nats/${field}`, message };
    }),
    ...issues,
  ];
}

const NOT_EMPTY = 'ERR_USER_NOT_EMPTY';

function givenOf({ nats }: Unsigned<UserClaims>): Record<string, unknown> {
  const { type: _type, version: _version, issuer_account: _account, tags: _tags, pub, sub, ...rest } = nats;
  const { allow: pubAllow, deny: pubDeny } = pub;
  const { allow: subAllow, deny: subDeny } = sub;
  return { 'pub/allow': pubAllow, 'pub/deny': pubDeny, 'sub/allow': subAllow, 'sub/deny': subDeny, ...rest };
}

/** Absent and empty are the same to a server, and so are absent limits and 0. */
function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
