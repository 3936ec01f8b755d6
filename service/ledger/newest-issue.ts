import { EVERYONE } from '../../claims/account/revocation.js';
import type { Queries } from '../store/open.js';
import { userEntity } from './record-issued.js';

/**
 * The latest `iat` of a user of an account, or of all of them (`*`); 0 where there is none. It can be ahead of the clock, as each JWT is
 * later than what it replaces and than a revocation of everyone: what is revoked until now alone would leave it good. Credentials in no
 * list are in the ledger only; what was issued in this same transaction is there at its end only.
 */
export async function newestIssue(tx: Queries, accountKey: string, user: string): Promise<number> {
  const everyone = user === EVERYONE;
  const listed = everyone ? { accountKey } : { accountKey, key: user };
  const issued = everyone ? { accountKey, kind: 'user' } : { entity: userEntity(accountKey, user) };
  const newest = [
    await tx.user.aggregate({ where: listed, _max: { iat: true } }),
    await tx.issuedJwt.aggregate({ where: issued, _max: { iat: true } }),
  ];
  return Math.max(...newest.map(({ _max }) => Number(_max.iat ?? 0)));
}
