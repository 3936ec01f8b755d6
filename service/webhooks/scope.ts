import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { accountUnknown } from '../accounts/find-account.js';
import { type Caller, hasRight, requireRight, type Scope } from '../auth/rights.js';
import type { ServiceErrorCode } from '../errors.js';
import { operatorUnknown } from '../operators/served-operator.js';
import type { Database } from '../store/open.js';

/** Which part of the service a new hook is told of. Nobody has told another what he does not manage himself. */
export async function scopeOfWebhook(
  db: Database,
  caller: Caller,
  { operator, account }: { operator?: string; account?: string },
): Promise<Scope> {
  const known = (scope: Scope | null, unknown: () => NatsctlError): Scope => {
    if (!scope || !hasRight(caller, 'read', scope)) throw unknown();
    requireRight(caller, 'manage', scope);
    return scope;
  };
  if (operator !== undefined && account !== undefined) {
    throw new NatsctlError<ServiceErrorCode>('ERR_WEBHOOK_SCOPE', 'a webhook is for an operator or for an account', {
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
