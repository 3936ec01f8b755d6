import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { accountUnknown } from '../accounts/find-account.js';
import type { ServiceErrorCode } from '../errors.js';
import { operatorUnknown } from '../operators/served-operator.js';
import type { Queries } from '../store/open.js';
import { type Caller, hasRight, requireRight, type Scope } from './rights.js';

/**
 * The part of the service that something (a token, a webhook) is made for, which its body names: nobody gives away, or has told,
 * what he does not manage himself. What he may not read does not exist.
 */
export async function managedScope(
  db: Queries,
  caller: Caller,
  { operator, account }: { operator?: string; account?: string },
  both: { code: ServiceErrorCode; what: string },
): Promise<Scope> {
  const known = (scope: Scope | null, unknown: () => NatsctlError): Scope => {
    if (!scope || !hasRight(caller, 'read', scope)) throw unknown();
    requireRight(caller, 'manage', scope);
    return scope;
  };
  if (operator !== undefined && account !== undefined) {
    throw new NatsctlError(both.code, `a ${both.what} is for an operator or for an account, not for both`, {
      hint: 'leave the operator out: an account has one only',
    });
  }
  if (account !== undefined) {
    const key = decodePublicKey(account, 'account').text;
    const row = await db.account.findUnique({ where: { key }, select: { operatorKey: true } });
    return known(row && { operator: row.operatorKey, account: key }, () => accountUnknown(key));
  }
  if (operator !== undefined) {
    const key = decodePublicKey(operator, 'operator').text;
    const row = await db.operator.findUnique({ where: { key }, select: { key: true } });
    return known(row && { operator: key }, () => operatorUnknown(key));
  }
  requireRight(caller, 'manage', {});
  return {};
}
