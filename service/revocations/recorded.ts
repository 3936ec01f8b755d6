import { EVERYONE, type Revocation } from '../../claims/account/revocation.js';
import { putAppended } from '../store/appended.js';
import type { Queries } from '../store/open.js';

/**
 * The revocations of single users that the audit knows and that nobody took back: also those that an account's JWT no longer
 * names because a revocation of everyone covers them. With that one gone they must hold again.
 */
export async function recordedRevocations(tx: Queries, accountKey: string): Promise<Map<string, number>> {
  const recorded = new Map<string, number>();
  const add = ({ user, at }: Revocation) => {
    if (user !== EVERYONE) recorded.set(user, Math.max(at, recorded.get(user) ?? at));
  };
  await putAppended(tx);
  const entries = await tx.auditEntry.findMany({
    where: { entity: accountKey, action: { in: ['account.create', 'account.update', 'revocation.add', REMOVE] } },
    orderBy: { seq: 'asc' },
    select: { action: true, detail: true },
  });
  for (const { action, detail } of entries) {
    const { user, at, revoked = [], restored = [] } = JSON.parse(detail) as Detail;
    if (user !== undefined && action === REMOVE) recorded.delete(user);
    else if (user !== undefined && at !== undefined) add({ user, at });
    for (const one of restored) recorded.delete(one.user);
    for (const one of revoked) add(one);
  }
  return recorded;
}

const REMOVE = 'revocation.remove';

/** As service/push and service/revocations write it. */
interface Detail {
  user?: string;
  at?: number;
  revoked?: Revocation[];
  restored?: Revocation[];
}
