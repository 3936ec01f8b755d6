/** A user about to be signed by a scoped key: will the account's template take it? Asked before signing; `verifyUser` asks again. */
import { isNatsctlError } from '../errors.js';
import { expandTemplate } from '../scope/template.js';
import { hasNothingOfItsOwn } from '../trust/user.js';
import type { AccountClaims, UserClaims, UserScope } from '../types.js';
import { collect, type Issue, quote } from './issues.js';
import { limitIssues } from './user.js';

/**
 * @example
 * const issues = validateScopedUser(newScopedUser(key, 'ann', account.sub), account, scope);
 */
export function validateScopedUser(
  user: Pick<UserClaims, 'sub' | 'name' | 'nats'>,
  account: Pick<AccountClaims, 'sub' | 'name' | 'nats'>,
  scope: UserScope,
): Issue[] {
  const { issues, report } = collect();
  if (!hasNothingOfItsOwn(user.nats)) {
    report(
      'ERR_USER_NOT_EMPTY',
      ['nats'],
      `a user of the role ${quote(scope.role)} has no permissions or limits of its own`,
    );
  }
  try {
    const context = {
      user: { name: user.name ?? '', key: user.sub, tags: user.nats.tags ?? [] },
      account: { name: account.name ?? '', key: account.sub, tags: account.nats.tags ?? [] },
    };
    const filled = expandTemplate(scope.template, context);
    // An entry with functions is looked at alone, for others of its list may fill in for it.
    const isKept = (entry: string, side: 'pub' | 'sub'): boolean => {
      if (!entry.includes('{{')) return filled[side].allow.includes(entry);
      const alone = { ...scope.template, [side]: { allow: [entry], deny: [] } };
      return expandTemplate(alone, context)[side].allow.length > 0;
    };
    for (const issue of limitIssues(filled)) {
      if (issue.level === 'error')
        report(
          'ERR_USER_TEMPLATE',
          ['nats'],
          `the role ${quote(scope.role)} would give what is not valid: ${issue.message}`,
        );
    }
    for (const side of ['pub', 'sub'] as const) {
      for (const entry of scope.template[side].allow) {
        if (isKept(entry, side)) continue;
        report(
          'ERR_USER_TEMPLATE_DROPPED',
          ['nats'],
          `the role ${quote(scope.role)} does not give this user ${quote(entry)}: a name or tag it needs is missing or cannot stand in a subject`,
        );
      }
    }
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    report(
      'ERR_USER_TEMPLATE',
      ['nats'],
      `the role ${quote(scope.role)} cannot be given to this user: ${error.message}`,
    );
  }
  return issues;
}
